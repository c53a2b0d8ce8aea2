import { type Actor } from '../access/audit-store.js';
import { type SeriesPoint } from '../points/point-store.js';
import { type KeyClaim } from './idempotency-store.js';

/** Points to store together: all that can be stored of them, or none. */
export interface WriteRequest {
  /** In any order, several of them at one place perhaps. */
  readonly points: readonly SeriesPoint[];
  readonly by: Actor;
  readonly idempotency?: Idempotency | undefined;
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
  /** The indexes of the points that were skipped because their place was taken; ascending. */
  readonly conflicts: readonly number[];
}
