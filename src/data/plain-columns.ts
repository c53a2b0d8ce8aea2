import { ColumnsBySeries } from '../storage/ingest/columns-by-series.js';
import { type SeriesOfMetadata, type SeriesRef } from '../storage/registry/series-store.js';
import { type PlainBulk } from './plain-bulk.js';

/** The points of a plain bulk body by series, and how many numbers lost a fraction. */
export interface PlainColumns {
  readonly points: ColumnsBySeries;
  readonly cut: number;
}

/**
 * Makes the columns to store of a plain bulk body, without an object for each point. `undefined` where there is more to
 * find out or to tell: an event type that is not registered, or has other values, a stream, a point that retention
 * would drop, an integer that a double does not hold.
 */
export function plainColumns(
  { eventTypes, micros, types, values }: PlainBulk,
  series: SeriesOfMetadata | undefined,
): PlainColumns | undefined {
  const refs: SeriesRef[] = [];
  for (const eventType of eventTypes) {
    const ref = series?.get(eventType);
    if (!ref || ref.isStream || ref.cutOff !== null || (ref.dataType !== 'integer' && ref.dataType !== 'float'))
      return undefined;
    refs.push(ref);
  }
  const points = new ColumnsBySeries();
  const columns = refs.map((ref) => points.open(ref));
  let cut = 0;
  for (let index = 0; index < micros.length; index++) {
    const ofSeries = columns[types[index] ?? 0];
    if (!ofSeries) return undefined;
    const posted = values[index] ?? 0;
    let value = posted;
    if (ofSeries.series.dataType === 'integer') {
      value = Math.trunc(posted) + 0; // no −0
      if (!Number.isSafeInteger(value)) return undefined;
      if (value !== posted) cut++;
    }
    points.addNumber(ofSeries, micros[index] ?? 0, value);
  }
  return { points, cut };
}
