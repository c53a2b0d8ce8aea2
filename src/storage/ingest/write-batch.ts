import { comparePlaces, findPlace, placeAt } from '../points/place-order.js';
import { NO_POINTS, OpenColumns, pick, type PointColumns } from '../points/point-columns.js';
import { type SeriesPoints } from '../points/write-plan.js';
import { type SeriesRef } from '../registry/series-store.js';
import { type RequestColumns } from './columns-by-series.js';
import { type StreamColumns } from './stream-columns.js';
import { seriesOf, type WriteRequest } from './write-request.js';

/** Points that a request brings to a stream. */
export interface OfferedToStream {
  readonly request: WriteRequest;
  readonly columns: StreamColumns;
}

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
   * The indexes of the points that were not stored, for each request in ascending order. A point that another one of the
   * batch replaced counts as stored.
   * @param stored by series, the columns of the points that were.
   */
  conflicts(stored: ReadonlyMap<number, PointColumns>): number[][] {
    const seen = new Map<number, Set<number>>();
    return this.requests.map(({ columns }) => {
      const skipped: number[] = [];
      for (const ofSeries of columns) {
        const { series, onConflict, indexes } = ofSeries;
        if (onConflict === 'replace') continue;
        const places = stored.get(series.id) ?? NO_POINTS;
        const before = seen.get(series.id) ?? new Set<number>();
        seen.set(series.id, before);
        indexes.forEach((index, position) => {
          const place = findPlace(places, placeAt(ofSeries, position));
          // Of several points at a stored place, the first one is the stored one.
          if (place === undefined || before.has(place)) skipped.push(index);
          else before.add(place);
        });
      }
      return skipped.sort((a, b) => a - b);
    });
  }
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
