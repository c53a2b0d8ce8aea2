import { MICROS_PER_SECOND } from '../../common/time.js';
import { type Companion } from '../../postgres/companion.js';
import { type Actor } from '../access/audit-store.js';
import { type SeriesRef } from '../registry/series-store.js';
import { type RequestColumns } from './columns-by-series.js';
import { type KeyClaim } from './idempotency-store.js';
import { type StreamColumns, type StreamOutcome } from './stream-columns.js';

/** Points to store together: all that can be stored of them, or none. */
export interface WriteRequest {
  /** The points, one entry for each series that is no stream. */
  readonly columns: readonly RequestColumns[];
  /** The points of streams, each stream at most once. */
  readonly streams?: readonly StreamColumns[];
  /** Whether streams of sessions that have ended take points, too. */
  readonly allowsClosed?: boolean;
  /** The number of all points. */
  readonly size: number;
  readonly by: Actor;
  /** Whether a point whose place has the same value already is no conflict. */
  readonly takesRepeats?: boolean | undefined;
  /** The indexes of points whose places must be free: if one is not, nothing is stored, and it fails with `PlaceTaken`. */
  readonly mustBeNew?: ReadonlySet<number> | undefined;
  readonly idempotency?: Idempotency | undefined;
  /** What else is stored in the transaction of the points. */
  readonly companion?: Companion | undefined;
}

/** Idempotency data of a retryable request. */
export interface Idempotency {
  readonly claim: KeyClaim;
  /** The answer to keep under the key, as JSON; `null` for a plain success. */
  readonly answerOf: (outcome: WriteOutcome) => string | null;
}

/** What became of the points of a request. */
export interface WriteOutcome {
  /** The number of points inserted or replaced. */
  readonly stored: number;
  /** The indexes of the points that were skipped because their place was taken, but for repeats; ascending. */
  readonly conflicts: readonly number[];
  /** What became of the points of each stream, in the order of the request. */
  readonly streams: readonly StreamOutcome[];
}

/** The series that a request has points of. */
export function seriesOf({ columns, streams = [] }: WriteRequest): SeriesRef[] {
  const all = columns.map(({ series }) => series);
  for (const { series } of streams) all.push(series);
  return all;
}

const HOUR = 3600 * MICROS_PER_SECOND;

/** A time (micros) in each hour that the points of a request fall into; an hour may come several times. */
export function* hoursOf({ columns, streams = [] }: WriteRequest): Generator<number, void, undefined> {
  for (const { micros, series } of streams.length > 0 ? [...columns, ...streams] : columns) {
    // Only streams are sent points that have expired.
    const cutOff = series.isStream ? (series.cutOff ?? -Infinity) : -Infinity;
    let hour: number | undefined;
    for (const time of micros) {
      const next = Math.floor(time / HOUR);
      if (next === hour || time < cutOff) continue;
      hour = next;
      yield time;
    }
  }
}
