import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { PipelinedPool } from '../../postgres/pipelined-pool.js';
import { retry, type RetryPolicy } from '../../postgres/retry.js';
import { classify } from '../../postgres/sql-errors.js';
import { type Sql } from '../../postgres/sql.js';
import { CommitUnknown, ConnectionLost, Contention } from '../../postgres/unavailable.js';
import { Chunks, MISSING_CHUNK } from '../hypertables/chunks.js';
import { type IfHeld, type SeriesLock, SeriesStore } from '../registry/series-store.js';
import { CommitFeed } from './commit-feed.js';
import { type BatchTransaction, type OpenOutcome } from './parts/batch-part.js';
import { BatchParts, type PartOptions, type PartsOfBatch } from './parts/batch-parts.js';
import { WriteBatch } from './write-batch.js';
import { hoursOf, type WriteOutcome, type WriteRequest } from './write-request.js';

/** Attempts of a batch that other transactions get in the way of, or whose chunks another process drops. */
const ATTEMPTS = 5;

/** How a batch is stored. */
export interface BatchOptions extends PartOptions {
  /** Whether to wait for series that others hold, 4 seconds in each attempt, or to throw `BusySeries`. */
  readonly ifHeld: IfHeld;
  /** Attempts of a transaction that hits a serialization failure, deadlock or lock timeout; 5 unless given. */
  readonly lockAttempts?: number;
  /** Whether to start over when the connection breaks before COMMIT. */
  readonly retriesBrokenConnections?: boolean;
}

/** Stores batches, each in one transaction over all its parts, and publishes them to the commit feed. */
@Injectable()
export class BatchWriter {
  constructor(
    private readonly db: Database,
    private readonly pool: PipelinedPool,
    private readonly series: SeriesStore,
    private readonly chunks: Chunks,
    private readonly parts: BatchParts,
    private readonly feed: CommitFeed,
  ) {}

  /**
   * Stores the points of requests, all that can be stored of them or none; resolves after the commit with the outcome
   * of each request, in their order. The chunks of the points exist.
   * Throws, with nothing stored: `StaleSeries` where series have changed since they were looked up; `BusySeries`;
   * `KnownKeys` where requests took place before; `RefusedRequests` where streams don't take the points of some; the
   * error of PostgreSQL where it refuses a value; `Unavailable`.
   * Throws `CommitUnknown` where it can't be found out whether the transaction took place.
   */
  async write(requests: readonly WriteRequest[], options: BatchOptions): Promise<readonly WriteOutcome[]> {
    const batch = new WriteBatch(requests);
    const parts = this.parts.of(batch, options);
    const outcomes = requests.map((): OpenOutcome => ({ stored: 0, conflicts: [], streams: [] }));
    await this.commit(batch, parts, outcomes, options);
    this.feed.publish({
      writes: requests.map(({ by }, index) => ({
        by,
        stored: outcomes[index]?.stored ?? 0,
        conflicts: outcomes[index]?.conflicts.length ?? 0,
      })),
      rows: parts.plans.stored,
      replaced: parts.plans.planned.reduce((sum, { former }) => sum + former.micros.length, 0),
      series: parts.extents.written,
    });
    return outcomes;
  }

  /** Begins with plain inserts; only after a conflict goes the slow way, which looks at each place and key. */
  private async commit(
    batch: WriteBatch,
    parts: PartsOfBatch,
    outcomes: readonly OpenOutcome[],
    options: BatchOptions,
  ): Promise<void> {
    let expectsConflicts = false;
    const policy: RetryPolicy = {
      isWorthRetrying: (error, attempt) => {
        if (isDuplicate(error)) return !expectsConflicts;
        if (isInTheWay(error, options)) return attempt < (options.lockAttempts ?? ATTEMPTS);
        return MISSING_CHUNK.isWorthRetrying(error, attempt) && attempt < ATTEMPTS;
      },
    };
    const beforeNext = async (error: unknown): Promise<void> => {
      if (isDuplicate(error)) expectsConflicts = true;
      else if (!isInTheWay(error, options)) await this.renewChunks(batch);
    };
    const attempt = (): Promise<void> => this.attempt(batch, parts, outcomes, options.ifHeld, expectsConflicts);
    await retry(policy, attempt, { beforeNext });
  }

  private async attempt(
    batch: WriteBatch,
    parts: PartsOfBatch,
    outcomes: readonly OpenOutcome[],
    ifHeld: IfHeld,
    expectsConflicts: boolean,
  ): Promise<void> {
    for (const part of parts.inOrder) await part.prepare?.();
    let locked: SeriesLock = { transactionId: '', lastPoints: new Map(), ruleGeneration: 0 };
    const inTransaction = (sql: Sql): BatchTransaction => ({ sql, ifHeld, locked, expectsConflicts });
    try {
      await this.pool.transaction(
        async (sql) => {
          locked = await this.series.lock(sql, batch.series, ifHeld);
          for (const part of parts.inOrder) await part.lock?.(inTransaction(sql));
        },
        (sql) => [
          ...parts.inOrder.flatMap((part) => part.write?.(inTransaction(sql)) ?? []),
          ...parts.inOrder.toReversed().flatMap((part) => part.answer?.(inTransaction(sql), outcomes) ?? []),
        ],
      );
    } catch (error) {
      if (!(error instanceof CommitUnknown)) throw error;
      // Now it is known, and the next attempt may store it.
      if (!(await this.tookPlace(locked.transactionId, parts))) throw new Contention({ cause: error });
    }
  }

  /** Whether a transaction took place whose COMMIT was not answered. */
  private async tookPlace(transactionId: string, { plans }: PartsOfBatch): Promise<boolean> {
    return (await this.db.wasCommitted(transactionId)) && (await plans.isStoredBy(transactionId));
  }

  private async renewChunks({ requests }: WriteBatch): Promise<void> {
    this.chunks.forget('points');
    this.chunks.forget('bins');
    for (const request of requests) await this.chunks.cover('points', hoursOf(request));
  }
}

function isDuplicate(error: unknown): boolean {
  return classify(error) === 'duplicate';
}

/** Whether the same batch may be stored by another attempt. */
function isInTheWay(error: unknown, { retriesBrokenConnections }: BatchOptions): boolean {
  return error instanceof Contention || (retriesBrokenConnections === true && error instanceof ConnectionLost);
}
