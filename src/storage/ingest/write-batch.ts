import { comparePlaces, findPlace, placeAt } from '../points/place-order.js';
import { isSameValue, NO_POINTS, OpenColumns, pick, type PointColumns, valueAt } from '../points/point-columns.js';
import { type SeriesPlan, type SeriesPoints } from '../points/write-plan.js';
import { type SeriesRef } from '../registry/series-store.js';
import { type RequestColumns } from './columns-by-series.js';
import { type StreamColumns } from './stream-columns.js';
import { seriesOf, type WriteRequest } from './write-request.js';

/** Points that a request brings to a stream. */
export interface OfferedToStream {
  readonly request: WriteRequest;
  readonly columns: StreamColumns;
}

/** The points of a request that were not stored, because their places were taken. Their indexes ascend. */
interface Skipped {
  readonly indexes: readonly number[];
  /** Those of them that are a conflict for the request. */
  readonly conflicts: readonly number[];
}

const NOTHING_SKIPPED: Skipped = { indexes: [], conflicts: [] };

/**
 * The points of several requests, by series: each place (series, time, nanoseconds) once, in that order. Of several
 * points at one place the first one counts where conflicts are skipped, the last one where points are replaced.
 */
export class WriteBatch {
  /** The points to store in series that are no streams, in the order of the series' ids. */
  readonly points: readonly SeriesPoints[];
  /** The points for streams, in the order of their arrival. */
  readonly streams: readonly OfferedToStream[];
  /** The series of all points. One that changed between two look-ups is there twice, with different versions. */
  readonly series: ReadonlySet<SeriesRef>;
  /** The number of points in all requests, without those for streams. */
  readonly size: number;

  /** @param requests in the order of their arrival. */
  constructor(readonly requests: readonly WriteRequest[]) {
    const byId = new Map<number, RequestColumns[]>();
    for (const { columns } of requests)
      for (const ofSeries of columns) {
        const known = byId.get(ofSeries.series.id);
        if (known) known.push(ofSeries);
        else byId.set(ofSeries.series.id, [ofSeries]);
      }
    this.series = new Set(requests.flatMap((request) => seriesOf(request)));
    this.size = requests.reduce((sum, { columns }) => sum + sizeOf(columns), 0);
    this.streams = requests.flatMap((request) => (request.streams ?? []).map((columns) => ({ request, columns })));
    this.points = [...byId.values()].map(combine).sort((a, b) => a.series.id - b.series.id);
  }

  /** All points that may be stored, a stream once for each request. */
  get offered(): readonly Pick<SeriesPoints, 'series' | 'columns'>[] {
    if (this.streams.length === 0) return this.points;
    return [...this.points, ...this.streams.map(({ columns }) => ({ series: columns.series, columns }))];
  }

  /** Their number. */
  get places(): number {
    return sizeOf(this.offered.map(({ columns }) => columns));
  }

  /**
   * What was not stored of each request. A point that another one of the batch replaced counts as stored.
   * @param plans of all series of the batch that are no streams.
   */
  skipped(plans: readonly SeriesPlan[]): readonly Skipped[] {
    const bySeries = new Map(plans.map((plan) => [plan.series.id, plan]));
    const seen = new Map<number, Set<number>>();
    return this.requests.map(({ columns, takesRepeats = false }) => {
      const indexes: number[] = [];
      const conflicts: number[] = [];
      for (const ofSeries of columns) {
        if (ofSeries.onConflict === 'replace') continue;
        const { id } = ofSeries.series;
        const { stored = NO_POINTS, repeated = NO_POINTS } = bySeries.get(id) ?? {};
        const before = seen.get(id) ?? new Set<number>();
        seen.set(id, before);
        ofSeries.indexes.forEach((index, position) => {
          const place = findPlace(stored, placeAt(ofSeries, position));
          // Of several points at a stored place, the first one is the stored one.
          if (place !== undefined && !before.has(place)) {
            before.add(place);
            return;
          }
          indexes.push(index);
          if (!takesRepeats || !(isAmong(stored, ofSeries, position) || isAmong(repeated, ofSeries, position)))
            conflicts.push(index);
        });
      }
      if (indexes.length === 0) return NOTHING_SKIPPED;
      return { indexes: indexes.sort(ascending), conflicts: conflicts.sort(ascending) };
    });
  }
}

/** Whether columns have the point at a position of others, with the same value. */
function isAmong(columns: PointColumns, others: PointColumns, position: number): boolean {
  const place = findPlace(columns, placeAt(others, position));
  return place !== undefined && isSameValue(valueAt(columns, place), valueAt(others, position));
}

function ascending(a: number, b: number): number {
  return a - b;
}

/** The number of points in columns. */
export function sizeOf(columns: readonly Pick<PointColumns, 'micros'>[]): number {
  return columns.reduce((sum, { micros }) => sum + micros.length, 0);
}

/** The points of one series in several requests, in the order of their arrival, as one. */
function combine(requests: readonly RequestColumns[]): SeriesPoints {
  const [first, ...others] = requests as readonly [RequestColumns, ...RequestColumns[]];
  const { series, onConflict } = first;
  if (others.length === 0) return { series, onConflict, columns: inOrder(first, onConflict === 'skip') };
  const all = new OpenColumns();
  for (const columns of requests) all.append(columns);
  return { series, onConflict, columns: inOrder(all, onConflict === 'skip') };
}

/** Orders points by their places and keeps the first, or the last, of those at the same one. */
function inOrder(columns: PointColumns, keepsFirst: boolean): PointColumns {
  const { micros } = columns;
  const compare = comparePlaces(columns);
  if (micros.every((_, index) => index === 0 || compare(index - 1, index) < 0)) return columns;
  // Stable: points at one place stay in the order of their arrival.
  const order = micros.map((_, index) => index).sort(compare);
  const isKept = (index: number, position: number): boolean => {
    const other = order[keepsFirst ? position - 1 : position + 1];
    return other === undefined || compare(index, other) !== 0;
  };
  return pick(columns, order.filter(isKept));
}
