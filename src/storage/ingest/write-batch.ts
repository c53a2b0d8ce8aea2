import { type SeriesPoint } from '../points/point-store.js';
import { type SeriesRef } from '../registry/series-store.js';
import { type WriteRequest } from './write-request.js';

/**
 * The points of several requests as one set of rows: each (series, time) once, in that order. Of several points at one
 * place the first one counts where conflicts are skipped, the last one where points are replaced.
 */
export class WriteBatch {
  /** The rows to store, in (series, time) order. */
  readonly rows: readonly SeriesPoint[];
  /** The series of all points. One that changed between two look-ups is there twice, with different versions. */
  readonly series: ReadonlySet<SeriesRef>;
  /** The number of points in all requests. */
  readonly size: number;

  /** @param requests in the order of their arrival. */
  constructor(readonly requests: readonly WriteRequest[]) {
    const series = new Set<SeriesRef>();
    const byId = new Map<number, SeriesPoint[]>();
    let last: SeriesRef | undefined;
    let ofSeries: SeriesPoint[] = [];
    let size = 0;
    for (const { points } of requests) {
      size += points.length;
      for (const point of points) {
        // In most requests, consecutive points belong to the same series.
        if (point.series !== last) {
          last = point.series;
          series.add(last);
          ofSeries = byId.get(last.id) ?? [];
          byId.set(last.id, ofSeries);
        }
        ofSeries.push(point);
      }
    }
    this.series = series;
    this.size = size;
    this.rows = [...byId.keys()].sort((a, b) => a - b).flatMap((id) => reduce(byId.get(id) ?? []));
  }
}

/** Orders the points of one series by time and keeps one for each time. They come in the order of their arrival. */
function reduce(points: SeriesPoint[]): SeriesPoint[] {
  const isAscending = points.every((point, index) => index === 0 || (points[index - 1]?.micros ?? 0) < point.micros);
  if (isAscending) return points;
  points.sort((a, b) => a.micros - b.micros); // stable: equal times stay in the order of their arrival
  return points.filter(({ onConflict, micros }, index) => {
    const rival = points[onConflict === 'skip' ? index - 1 : index + 1];
    return rival?.micros !== micros;
  });
}
