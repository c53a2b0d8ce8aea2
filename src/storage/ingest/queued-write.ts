import { type WriteOutcome, type WriteRequest } from './write-request.js';

/** A request in the queue, with the two ways to answer it. */
export interface QueuedWrite {
  readonly request: WriteRequest;
  /** The ids of its series. */
  readonly series: readonly number[];
  /** The memory that its points hold, roughly. */
  readonly bytes: number;
  answer(outcome: WriteOutcome): void;
  fail(error: unknown): void;
}
