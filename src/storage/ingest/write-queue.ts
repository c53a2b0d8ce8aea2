/**
 * The write queue: group commit. Many small writes share one transaction, because a commit costs more than a row, and
 * no request is answered before the commit of its points.
 *
 * A request is in one of these states:
 *
 * - WAITING: in line for the flusher, which stores two batches at a time where many points wait, so that PostgreSQL works
 *   on one while the next one is prepared; they have no series in common. Whatever arrives during their transactions is the next batch, so
 *   there is no timer. Requests that find the queue full never get here.
 * - LARGE: in line for a transaction of its own beside the flusher, one at a time, because PostgreSQL takes seconds to
 *   merge its histograms.
 * - IN A BATCH: in a transaction, alone or with others; see below.
 * - HELD: in line for a transaction of its own beside the flusher, a few at a time, because others hold its series (a
 *   long deletion, say). That transaction waits for them; the flusher never does.
 * - DONE: answered with its outcome, or failed.
 *
 * WAITING, LARGE and HELD requests count against the bounds of the queue.
 *
 * A batch is in one of these states (`BatchWriter` moves it from the first to COMMITTED or to an error):
 *
 * - PLAIN: its keys are taken to be new, and the places behind the last point of a series to be free: the lock of the
 *   series has shown that point. It inserts without a look at them.
 * - CAREFUL: a key or a place was taken (SQLSTATE 23505), so PLAIN rolled back. It now looks at each of them.
 *   Both are tried again, a few times, after a deadlock, a lock timeout or a missing chunk.
 * - IN DOUBT: the connection broke in COMMIT. The transaction's id tells whether it took place: COMMITTED if it did,
 *   tried again if not.
 * - COMMITTED: the commit feed hears of it, and each request is DONE with its own outcome.
 * - SPLIT: it failed because of some of its requests, and nothing of it is stored. The others are a new batch.
 *     - Some have stale series: these fail, and their senders look the series up again.
 *     - Some have held series: these become HELD.
 *     - Streams don't take the points of some, because their session has ended, say: these fail.
 *     - Some have keys that were used before: these get the answer that is kept.
 *     - PostgreSQL refuses a value of some, they need stored bytes that are damaged, or bring too many categories: each half
 *       is a new batch, until the request to blame stands alone and fails.
 * - FAILED: the database is away, or the failure is nobody's in particular: all its requests fail.
 */

import { Injectable } from '@nestjs/common';
import { Invalid, Overloaded, TooManyCategories } from '../../common/errors.js';
import { Metrics } from '../../metrics/metrics.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { classify } from '../../postgres/sql-errors.js';
import { Chunks } from '../hypertables/chunks.js';
import { type PointColumns } from '../points/point-columns.js';
import { BusySeries, StaleSeries } from '../registry/series-store.js';
import { type BatchOptions, BatchWriter } from './batch-writer.js';
import { KnownKeys, Repeated } from './idempotency-store.js';
import { hasLargeHistograms } from './large-histograms.js';
import { type QueuedWrite } from './queued-write.js';
import { RefusedRequests } from './refused-requests.js';
import { WriteLane } from './write-lane.js';
import { hoursOf, seriesOf, type WriteOutcome, type WriteRequest } from './write-request.js';

/** The bounds of one transaction; the request that has waited longest is always in it. */
const BATCH_POINTS = 10_000;
const BATCH_BYTES = 16 * 1024 ** 2;

/** The bounds of the queue. A request that finds it fuller is refused. */
const MAX_QUEUED_POINTS = 200_000;
const MAX_QUEUED_BYTES = 128 * 1024 ** 2;

/**
 * Transactions of the flusher at a time. A second one is begun where so many points wait: of single points, two small
 * batches cost more than one twice as large.
 */
const FLUSHER_WIDTH = 2;
const SECOND_BATCH_POINTS = 500;

/** Transactions at a time beside the flusher. */
const HELD_WIDTH = 3;
const LARGE_WIDTH = 1;

/** The flusher's batches skip series that others hold. */
const FLUSHED: BatchOptions = { ifHeld: 'skip' };

/** Requests beside the flusher wait for their series, three times 4 seconds. */
const BESIDE: BatchOptions = { ifHeld: 'wait', lockAttempts: 3 };

/** Takes write requests and stores them in batches. */
@Injectable()
export class WriteQueue {
  private waiting: QueuedWrite[] = [];
  private queuedPoints = 0;
  private queuedBytes = 0;
  /** The batches of the flusher, each with the ids of its series. */
  private readonly flushing = new Set<ReadonlySet<number>>();
  private readonly held = new WriteLane(HELD_WIDTH, (write) => this.storeBeside(write));
  private readonly large = new WriteLane(LARGE_WIDTH, (write) => this.storeBeside(write));

  constructor(
    private readonly batches: BatchWriter,
    private readonly chunks: Chunks,
    private readonly disk: DiskSpace,
    private readonly metrics: Metrics,
  ) {
    metrics.queuedPoints.set(0);
  }

  /**
   * Stores points and resolves once they are committed: all that can be stored of them, or none. Of requests with one
   * idempotency key, only one may be here at a time.
   * Throws `Invalid` where the times would need too many chunks; `StaleSeries` where a series has changed since it was
   * looked up (nothing is stored: look up again); `Overloaded` where the queue is full; `Unavailable` where the disk is
   * full or the database away; `StateConflict` or `Invalid` where a stream does not take its points; `Repeated` where a
   * request with the key took place before (nothing is stored).
   */
  async write(request: WriteRequest): Promise<WriteOutcome> {
    if (request.size === 0 && !request.idempotency && !request.streams?.length)
      return { stored: 0, conflicts: [], streams: [] };
    if (this.queuedPoints > MAX_QUEUED_POINTS || this.queuedBytes > MAX_QUEUED_BYTES)
      throw new Overloaded('the write queue is full, try again soon');
    await this.disk.check();
    await this.chunks.coverRequest(hoursOf(request));
    return new Promise<WriteOutcome>((answer, fail) => {
      const series = seriesOf(request).map(({ id }) => id);
      this.enqueue({ request, series, bytes: bytesOf(request), answer, fail });
    });
  }

  private enqueue(write: QueuedWrite): void {
    this.count(write, 1);
    if (hasLargeHistograms(write.request.columns)) this.large.add(write);
    else {
      this.waiting.push(write);
      // Else nothing has changed for those in line.
      if (!this.isUnderWay(write)) this.flush();
    }
  }

  private count({ request, bytes }: QueuedWrite, sign: 1 | -1): void {
    this.queuedPoints += sign * request.size;
    this.queuedBytes += sign * bytes;
    this.metrics.queuedPoints.set(this.queuedPoints);
  }

  /** Starts as many batches as may be under way, for what waits. */
  private flush(): void {
    while (this.flushing.size < FLUSHER_WIDTH) {
      if (this.flushing.size > 0 && this.queuedPoints < SECOND_BATCH_POINTS) return;
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      const series = new Set(batch.flatMap((write) => write.series));
      this.flushing.add(series);
      void this.store(batch).finally(() => {
        this.flushing.delete(series);
        this.flush();
      });
    }
  }

  /**
   * Removes the requests of the next batch from the line, but none with a series of a batch that is under way: it would
   * find the series held. Where not all fit, they are the one that has waited longest and then the smallest: small
   * writes wait behind the bulk writes of others for a batch at most, and none waits for ever.
   */
  private nextBatch(): readonly QueuedWrite[] {
    const next = firstAndSmallest(this.ready());
    if (next.length === this.waiting.length) this.waiting = [];
    else {
      const taken = new Set(next);
      this.waiting = this.waiting.filter((write) => !taken.has(write));
    }
    for (const write of next) this.count(write, -1);
    return next;
  }

  private isUnderWay({ series }: QueuedWrite): boolean {
    for (const ids of this.flushing) if (series.some((id) => ids.has(id))) return true;
    return false;
  }

  /**
   * The requests in line without a series of a batch that is under way. One that has to wait for a series keeps later
   * ones from all of its series: else it might find one of them under way each time.
   */
  private ready(): QueuedWrite[] {
    if (this.flushing.size === 0) return this.waiting;
    const blocked = new Set<number>();
    for (const series of this.flushing) for (const id of series) blocked.add(id);
    return this.waiting.filter(({ series }) => {
      if (!series.some((id) => blocked.has(id))) return true;
      for (const id of series) blocked.add(id);
      return false;
    });
  }

  /** Stores requests in one transaction, or in several where some of them fail it, and answers each. Never throws. */
  private async store(writes: readonly QueuedWrite[], options = FLUSHED): Promise<void> {
    if (writes.length === 0) return;
    try {
      const outcomes = await this.batches.write(
        writes.map(({ request }) => request),
        options,
      );
      outcomes.forEach((outcome, index) => writes[index]?.answer(outcome));
    } catch (error) {
      await this.split(writes, error);
    }
  }

  /** Fails or sets aside the requests to blame for a failed transaction, and stores the others. */
  private async split(writes: readonly QueuedWrite[], error: unknown): Promise<void> {
    if (error instanceof StaleSeries || error instanceof BusySeries) {
      const concerned = writes.filter(({ series }) => series.some((id) => error.ids.has(id)));
      for (const write of concerned)
        if (error instanceof StaleSeries) write.fail(error);
        else this.hold(write);
      await this.store(writes.filter((write) => !concerned.includes(write)));
    } else if (error instanceof RefusedRequests) {
      for (const write of writes) if (error.errors.has(write.request)) write.fail(error.errors.get(write.request));
      await this.store(writes.filter(({ request }) => !error.errors.has(request)));
    } else if (error instanceof KnownKeys) {
      const others = writes.filter((write) => {
        const { idempotency } = write.request;
        const kept = idempotency && error.answers.get(idempotency.claim);
        if (kept) write.fail(new Repeated(kept));
        return !kept;
      });
      await this.store(others);
    } else if (!isDueToOne(error)) {
      for (const write of writes) write.fail(error);
    } else if (writes.length > 1) {
      // Halving finds the refused requests in few transactions, and stores the others on the way.
      const half = writes.length >> 1;
      await this.store(writes.slice(0, half));
      await this.store(writes.slice(half));
    } else {
      const isRefused = classify(error) === 'bad-data';
      writes[0]?.fail(isRefused ? new Invalid('the database refused a value of this request', { cause: error }) : error); // prettier-ignore
    }
  }

  /** Sets a request aside whose series others hold now. */
  private hold(write: QueuedWrite): void {
    this.count(write, 1);
    this.held.add(write);
  }

  private storeBeside(write: QueuedWrite): Promise<void> {
    this.count(write, -1);
    return this.store([write], BESIDE);
  }
}

/** Whether a failure is due to a single request of a batch, whatever the others are. */
function isDueToOne(error: unknown): boolean {
  return classify(error) === 'bad-data' || error instanceof RangeError || error instanceof TooManyCategories;
}

/** All requests where they fit into a batch; else the first, whatever its size, and with it the smallest of the others. */
function firstAndSmallest(writes: readonly QueuedWrite[]): readonly QueuedWrite[] {
  if (fittingOf(writes) === writes.length) return writes;
  const [first, ...others] = writes;
  if (!first) return [];
  others.sort((a, b) => a.bytes - b.bytes);
  return [first, ...others.slice(0, fittingOf(others))];
}

/** How many of the first requests fit into a batch together. */
function fittingOf(writes: readonly QueuedWrite[]): number {
  let [bytes, points] = [0, 0];
  for (const [index, write] of writes.entries()) {
    points += write.request.size;
    bytes += write.bytes;
    if (points > BATCH_POINTS || bytes > BATCH_BYTES) return index;
  }
  return writes.length;
}

function bytesOf({ columns, streams = [], size }: WriteRequest): number {
  const withDocuments = (sum: number, { documents }: PointColumns): number =>
    documents.reduce((ofSeries, { length }) => ofSeries + length, sum);
  return streams.reduce(withDocuments, columns.reduce(withDocuments, 100 * size));
}
