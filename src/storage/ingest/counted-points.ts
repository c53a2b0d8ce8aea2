import { type CountedPoint } from '../../evaluation/run.js';
import { numberOf } from '../../event-types/data-types.js';
import { findPlace, placeAt } from '../points/place-order.js';
import { type PointColumns, valueAt } from '../points/point-columns.js';
import { type SeriesPlan } from '../points/write-plan.js';
import { type RequestColumns } from './columns-by-series.js';

/**
 * The points of one series that are inserted, in the order of their arrival. Those that replace a stored point, repeat it
 * or contradict it are none.
 * @param requests the points of the series as they came.
 */
export function inOrderOfArrival(plan: SeriesPlan, requests: readonly RequestColumns[]): CountedPoint[] {
  const { added } = plan;
  // Most often they are all new and came in order: then the batch has stored the columns of the request as they are.
  if (requests.length === 1 && requests[0] === added) return inOrderOfTime(plan);
  const places = new Map<number, CountedPoint>();
  for (const columns of requests)
    for (let index = 0; index < columns.micros.length; index++) {
      const place = findPlace(added, placeAt(columns, index));
      if (place === undefined) continue;
      // Of several points at one place one is stored: the last one where points are replaced, the first one elsewhere.
      if (columns.onConflict === 'replace') places.delete(place);
      else if (places.has(place)) continue;
      places.set(place, pointAt(columns, index));
    }
  return [...places.values()];
}

/** The same points in the order of their times. */
export function inOrderOfTime({ added }: SeriesPlan): CountedPoint[] {
  return added.micros.map((_, index) => pointAt(added, index));
}

function pointAt(columns: PointColumns, index: number): CountedPoint {
  return { micros: columns.micros[index] ?? 0, value: numberOf(valueAt(columns, index)) };
}
