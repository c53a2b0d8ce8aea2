import { type Sql } from '../../../postgres/sql.js';
import { type IfHeld, type SeriesLock } from '../../registry/series-store.js';
import { type WriteOutcome } from '../write-request.js';

/** The transaction of one attempt to store a batch. */
export interface BatchTransaction {
  readonly sql: Sql;
  /** What to do about rows that others hold. */
  readonly ifHeld: IfHeld;
  /** What the locks of the series of the batch have shown. */
  readonly locked: Omit<SeriesLock, 'transactionId'>;
  /**
   * Whether to look at each place and key, since some may be taken. Without that, a taken one fails the transaction
   * with SQLSTATE 23505: plain inserts cost half as much.
   */
  readonly expectsConflicts: boolean;
}

/** The outcome of a request while the parts complete it. */
export type OpenOutcome = { -readonly [Field in keyof WriteOutcome]: WriteOutcome[Field] };

/**
 * One concern of one batch, such as its points or its idempotency keys. An attempt to store the batch runs `prepare` of
 * all parts, then in one transaction `lock` of all, `write` of all and `answer` of all. A failed attempt is followed by
 * another one, in which every method starts anew.
 */
export interface BatchPart {
  /** Makes what must exist before the transaction begins, such as chunks. */
  prepare?(): Promise<void>;

  /**
   * Takes the locks of this part and finds out what the batch will change; resolves when that is known. The series of
   * the batch are locked already.
   */
  lock?(transaction: BatchTransaction): Promise<void>;

  /**
   * Sends the statements that store this part, all of them before it returns; returns the results to come. COMMIT is
   * sent right behind, so no result can be waited for.
   */
  write?(transaction: BatchTransaction): Promise<unknown>[];

  /**
   * Completes the outcomes, one for each request in the order of the batch, and sends what must be stored about them,
   * as `write` does. No outcome reaches a client before the commit.
   */
  answer?(transaction: BatchTransaction, outcomes: readonly OpenOutcome[]): Promise<unknown>[];
}
