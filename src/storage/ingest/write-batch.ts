import { type KeyClaim } from './idempotency-store.js';
import { type SeriesPoint } from '../points/point-store.js';
import { type SeriesRef } from '../registry/series-store.js';

/** What became of one request's points. */
export interface WriteOutcome {
  /** Points inserted or replaced. */
  readonly stored: number;
  /** Indexes of the request's points that were skipped, because an additive point was there already; ascending. */
  readonly conflicts: readonly number[];
}

/** What makes that a request may be sent again. */
export interface Repeatable {
  readonly claim: KeyClaim;
  /** What else than success is answered, as JSON; `null` for success. */
  answer(outcome: WriteOutcome): string | null;
}

/** One request's points in the queue, with the two ways to answer it. */
export interface WriteRequest {
  readonly points: readonly SeriesPoint[];
  /** A fair guess at the memory that the points hold. */
  readonly bytes: number;
  readonly repeatable?: Repeatable | undefined;
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
  /** The series of all points, each as often as it was looked up: the same one may come in two versions. */
  readonly series: ReadonlySet<SeriesRef>;
  /** The keys of the requests that have one. */
  readonly claims: readonly KeyClaim[];
  private readonly size: number;

  constructor(readonly requests: readonly WriteRequest[]) {
    const series = new Set<SeriesRef>();
    const byId = new Map<number, SeriesPoint[]>();
    let last: SeriesRef | undefined;
    let places: SeriesPoint[] = [];
    const claims: KeyClaim[] = [];
    for (const { points, repeatable } of requests) {
      if (repeatable) claims.push(repeatable.claim);
      for (const point of points) {
        // Most requests go on with the series of the point before.
        if (point.series !== last) {
          last = point.series;
          series.add(last);
          places = byId.get(last.id) ?? [];
          byId.set(last.id, places);
        }
        places.push(point);
      }
    }
    this.series = series;
    this.claims = claims;
    this.rows = [...byId.keys()].sort((a, b) => a - b).flatMap((id) => reduce(byId.get(id) ?? []));
    this.size = requests.reduce((sum, { points }) => sum + points.length, 0);
  }

  /** What to answer each request once the transaction that stored `stored` (all rows, or some of them) is committed. */
  outcomes(stored: readonly SeriesPoint[]): WriteOutcome[] {
    if (stored.length === this.size)
      return this.requests.map(({ points }) => ({ stored: points.length, conflicts: [] }));
    const kept = new Set(stored);
    return this.requests.map(({ points }) => {
      const conflicts: number[] = [];
      points.forEach((point, index) => {
        // A document that another one of the batch replaced was stored too, if only for no time at all.
        if (point.additive && !kept.has(point)) conflicts.push(index);
      });
      return { stored: points.length - conflicts.length, conflicts };
    });
  }

  /** What else than success will be answered to requests with a key, as JSON, once the transaction is committed. */
  answers(stored: readonly SeriesPoint[]): [claim: KeyClaim, answer: string][] {
    if (this.claims.length === 0) return [];
    const outcomes = this.outcomes(stored);
    return this.requests.flatMap(({ repeatable }, index) => {
      const outcome = outcomes[index];
      if (!repeatable || !outcome) return [];
      const answer = repeatable.answer(outcome);
      return answer === null ? [] : [[repeatable.claim, answer]];
    });
  }
}

/** The points of one series, which come in the order of their arrival, in the order of time and each time once. */
function reduce(points: SeriesPoint[]): SeriesPoint[] {
  const isAscending = points.every((point, index) => index === 0 || (points[index - 1]?.micros ?? 0) < point.micros);
  if (isAscending) return points;
  points.sort((a, b) => a.micros - b.micros); // stable: equal times stay in the order of their arrival
  return points.filter(({ additive, micros }, index) => points[index + (additive ? -1 : 1)]?.micros !== micros);
}
