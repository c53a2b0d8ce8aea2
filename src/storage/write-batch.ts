import { type SeriesPoint } from './point-store.js';

/** What became of one request's points. */
export interface WriteOutcome {
  /** Points inserted or replaced. */
  readonly stored: number;
  /** Indexes of the request's points that were skipped, because an additive point was there already; ascending. */
  readonly conflicts: readonly number[];
}

/** One request's points in the queue, with the two ways to answer it. */
export interface WriteRequest {
  readonly points: readonly SeriesPoint[];
  /** A fair guess at the memory that the points hold. */
  readonly bytes: number;
  answer(outcome: WriteOutcome): void;
  fail(error: unknown): void;
}

/**
 * The points of several requests as one set of rows to store: each (series, time) once, in that order.
 * Of several points at one place the first counts if they are additive, the last if they are documents.
 */
export class WriteBatch {
  /** The rows to store, in (series, time) order. */
  readonly rows: readonly SeriesPoint[];
  private readonly winners: ReadonlySet<SeriesPoint>;

  constructor(readonly requests: readonly WriteRequest[]) {
    const places = new Map<number, Map<number, SeriesPoint>>();
    for (const { points } of requests)
      for (const point of points) {
        const { id } = point.series;
        let series = places.get(id);
        if (!series) places.set(id, (series = new Map<number, SeriesPoint>()));
        if (!point.additive || !series.has(point.micros)) series.set(point.micros, point);
      }
    const ids = [...places.keys()].sort((a, b) => a - b);
    this.rows = ids.flatMap((id) => [...(places.get(id)?.values() ?? [])].sort((a, b) => a.micros - b.micros));
    this.winners = new Set(this.rows);
  }

  /** What to answer each request once the transaction that stored `stored` (all rows, or some of them) is committed. */
  outcomes(stored: readonly SeriesPoint[]): WriteOutcome[] {
    const kept = stored === this.rows ? this.winners : new Set(stored);
    return this.requests.map(({ points }) => {
      const conflicts: number[] = [];
      points.forEach((point, index) => {
        // A document that another one of the batch replaced was stored too, if only for no time at all.
        if (point.additive && !kept.has(point)) conflicts.push(index);
      });
      return { stored: points.length - conflicts.length, conflicts };
    });
  }
}
