import { Injectable } from '@nestjs/common';
import { Invalid, Overloaded, Unavailable } from '../../common/errors.js';
import { Metrics } from '../../metrics/metrics.js';
import { type Bin, Bins, mergeHistograms } from '../../rollups/bins.js';
import { Chunks } from '../hypertables/chunks.js';
import { CommitUnknown, Database, asUnavailable } from '../../postgres/database.js';
import { DiskSpace } from '../../postgres/disk-space.js';
import { IdempotencyStore, KnownKeys, Repeated } from './idempotency-store.js';
import { PointStore, type SeriesPoint } from '../points/point-store.js';
import { RollupStore } from '../rollups/rollup-store.js';
import { BusySeries, type IfHeld, SeriesStore, StaleSeries } from '../registry/series-store.js';
import { classify } from '../../postgres/sql-errors.js';
import { type Repeatable, WriteBatch, type WriteOutcome, type WriteRequest } from './write-batch.js';
import { WriteLane } from './write-lane.js';
import { PipelinedPool } from '../../postgres/pipelined-pool.js';

/** What one transaction takes at most, besides the request that has waited longest. */
const BATCH_POINTS = 10_000;
const BATCH_BYTES = 16 * 1024 ** 2;

/** What may wait at most; a request that finds the queue fuller than this is turned away. */
const QUEUE_POINTS = 200_000;
const QUEUE_BYTES = 128 * 1024 ** 2;

/** How many requests at a time wait for series that others hold, and how many large ones are stored at a time. */
const MOST_HELD = 3;
const MOST_LARGE = 1;

/**
 * Which histograms are large, in characters, and how much of them, counted once for each window, makes a request large:
 * PostgreSQL takes seconds to merge megabytes of labels into stored bins, and the flusher's next batch can't wait for it.
 */
const LARGE_HISTOGRAM = 16 * 1024;
const LARGE_REQUEST = 1024 ** 2;

/** How often a batch is tried that deadlocks, or that finds its chunk gone. */
const ATTEMPTS = 5;

/** How often one is tried that waits for series which others hold, 4 seconds each time. */
const WAITING_ATTEMPTS = 3;

/**
 * Group commit: one flusher takes all that waits and stores it in one transaction, then answers every request in it;
 * meanwhile the next ones gather. So many small writes cost one commit, and an answer is only sent after its commit.
 */
@Injectable()
export class WriteQueue {
  private waiting: WriteRequest[] = [];
  private waitingPoints = 0;
  private waitingBytes = 0;
  private flushing = false;
  /** Beside the flusher: requests whose series others hold, and large ones. */
  private readonly held = new WriteLane(MOST_HELD, (request) => this.storeBeside(request));
  private readonly large = new WriteLane(MOST_LARGE, (request) => this.storeBeside(request));

  constructor(
    private readonly db: Database,
    private readonly pool: PipelinedPool,
    private readonly points: PointStore,
    private readonly rollups: RollupStore,
    private readonly series: SeriesStore,
    private readonly keys: IdempotencyStore,
    private readonly chunks: Chunks,
    private readonly disk: DiskSpace,
    private readonly metrics: Metrics,
  ) {
    metrics.queuedPoints.set(0);
  }

  /**
   * Stores points and resolves once they are committed, all that can be stored of them or none.
   * @param repeatable of a request that may be sent again; of those with one key only one may wait here at a time.
   * Throws `Invalid` where the times would need too many chunks; `StaleSeries` where a series has changed since it was
   * looked up (nothing is stored: look up again); `Unavailable` where the queue or the disk is full or the database away;
   * `Repeated` where a request with the key took place before (nothing is stored).
   */
  async write(points: readonly SeriesPoint[], repeatable?: Repeatable): Promise<WriteOutcome> {
    if (points.length === 0 && !repeatable) return { stored: 0, conflicts: [] };
    if (this.waitingPoints > QUEUE_POINTS || this.waitingBytes > QUEUE_BYTES)
      throw new Overloaded('the write queue is full, try again soon');
    await this.disk.check();
    await this.chunks.coverRequest(timesOf(points));
    return new Promise<WriteOutcome>((answer, fail) => {
      this.enqueue({ points, bytes: bytesOf(points), repeatable, answer, fail });
    });
  }

  private enqueue(request: WriteRequest): void {
    this.count(request, 1);
    if (isLarge(request.points)) this.large.add(request);
    else {
      this.waiting.push(request);
      void this.flush();
    }
  }

  private count(request: WriteRequest, sign: 1 | -1): void {
    this.waitingPoints += sign * request.points.length;
    this.waitingBytes += sign * request.bytes;
    this.metrics.queuedPoints.set(this.waitingPoints);
  }

  /** The one flusher: runs while anything waits. */
  private async flush(): Promise<void> {
    if (this.flushing) return;
    this.flushing = true;
    while (this.waiting.length > 0) await this.store(this.take());
    this.flushing = false;
  }

  /**
   * The requests of the next transaction. Where not all fit, the one that has waited longest and then the smallest: so
   * nobody's small writes wait behind somebody's bulk writes for more than a batch, and none waits for ever.
   */
  private take(): WriteRequest[] {
    const fitsAll = this.waitingPoints <= BATCH_POINTS && this.waitingBytes <= BATCH_BYTES;
    const taken = fitsAll ? this.waiting : smallest(this.waiting);
    this.waiting = fitsAll ? [] : this.waiting.filter((request) => !taken.includes(request));
    for (const request of taken) this.count(request, -1);
    return taken;
  }

  /** Stores requests in one transaction, or in several where one of them can't be stored, and answers each. Never throws. */
  private async store(requests: readonly WriteRequest[], held: IfHeld = 'skip'): Promise<void> {
    if (requests.length === 0) return;
    try {
      const batch = new WriteBatch(requests);
      const stored = await this.commit(batch, held);
      this.metrics.batches.inc();
      this.metrics.pointsWritten.inc(stored.length);
      batch.outcomes(stored).forEach((outcome, index) => {
        this.metrics.pointsConflicting.inc(outcome.conflicts.length);
        requests[index]?.answer(outcome);
      });
    } catch (error) {
      await this.isolate(requests, error);
    }
  }

  /** Lets the requests fail that are to blame for a failed transaction, and stores the others. */
  private async isolate(requests: readonly WriteRequest[], error: unknown): Promise<void> {
    if (error instanceof StaleSeries || error instanceof BusySeries) {
      const concerned = requests.filter(({ points }) => points.some(({ series }) => error.ids.has(series.id)));
      for (const request of concerned)
        if (error instanceof StaleSeries) request.fail(error);
        else this.later(request);
      await this.store(requests.filter((request) => !concerned.includes(request)));
    } else if (error instanceof KnownKeys) {
      const others = requests.filter((request) => {
        const kept = request.repeatable && error.answers.get(request.repeatable.claim);
        if (kept) request.fail(new Repeated(kept));
        return !kept;
      });
      await this.store(others);
    } else if (classify(error) === 'bad-data' && requests.length > 1) {
      // Halving finds the bad ones in few transactions, and the others are stored on the way.
      const half = requests.length >> 1;
      await this.store(requests.slice(0, half));
      await this.store(requests.slice(half));
    } else {
      for (const request of requests) request.fail(error);
    }
  }

  /** Sets a request aside whose series others hold now: it waits for them beside the flusher, not in it. */
  private later(request: WriteRequest): void {
    this.count(request, 1);
    this.held.add(request);
  }

  /** Stores a request in a transaction of its own, which waits for its series. */
  private storeBeside(request: WriteRequest): Promise<void> {
    this.count(request, -1);
    return this.store([request], 'wait');
  }

  /**
   * Stores the rows of a batch in one transaction; returns those that were inserted or replaced. Begins with plain
   * inserts, and only after a conflict goes the slow way, which looks at each row and key.
   */
  private async commit(batch: WriteBatch, held: IfHeld): Promise<readonly SeriesPoint[]> {
    const bins = await changedBins(batch.rows, []);
    let conflicts = false;
    for (let attempt = 1; ; attempt++) {
      let transactionId = '';
      let stored: readonly SeriesPoint[] = batch.rows;
      try {
        await this.chunks.cover('bins', begins(bins));
        let changed = bins;
        await this.pool.transaction(
          async (sql) => {
            transactionId = await this.series.lock(sql, batch.series, held);
            if (!conflicts) return;
            await this.keys.claimNew(sql, batch.claims, held);
            const written = await this.points.insertNew(sql, batch.rows);
            stored = written.stored;
            changed = await changedBins(stored, written.replaced);
          },
          (sql) => [
            ...(conflicts ? [] : [this.keys.claim(sql, batch.claims, held), this.points.insert(sql, batch.rows)]),
            this.rollups.add(sql, changed),
            this.series.touch(sql, stored),
            this.keys.note(sql, batch.answers(stored)),
          ],
        );
        return stored;
      } catch (error) {
        if (error instanceof CommitUnknown && (await this.tookPlace(transactionId, stored))) return stored;
        const failure = error instanceof CommitUnknown ? 'retry' : classify(error);
        if (failure === 'duplicate' && !conflicts) conflicts = true;
        else if (attempt >= (held === 'wait' && failure === 'retry' ? WAITING_ATTEMPTS : ATTEMPTS))
          throw failure === 'retry' ? new Unavailable(TOO_BUSY) : error;
        else if (failure === 'no-chunk') await this.renewChunks(batch);
        else if (failure === 'bad-data' && batch.requests.length === 1)
          throw new Invalid('the database refused a value of this request', { cause: error });
        else if (failure !== 'retry') asUnavailable(error);
      }
    }
  }

  private async tookPlace(transactionId: string, [point]: readonly SeriesPoint[]): Promise<boolean> {
    if (!(await this.db.wasCommitted(transactionId))) return false;
    return point === undefined || (await this.points.isStoredBy(transactionId, point));
  }

  private async renewChunks(batch: WriteBatch): Promise<void> {
    this.chunks.forget('points');
    this.chunks.forget('bins');
    await this.chunks.cover('points', timesOf(batch.rows));
  }
}

/** The first request, whatever its size, and with it the smallest of the others. */
function smallest([first, ...others]: readonly WriteRequest[]): WriteRequest[] {
  if (!first) return [];
  const taken = [first];
  let bytes = 0;
  let points = 0;
  for (const request of others.sort((a, b) => a.bytes - b.bytes)) {
    points += request.points.length;
    bytes += request.bytes;
    if (points > BATCH_POINTS || bytes > BATCH_BYTES) break;
    taken.push(request);
  }
  return taken;
}

/** What a write changes in the rollups: what was stored is added, what it replaced is taken away. */
async function changedBins(stored: readonly SeriesPoint[], replaced: readonly SeriesPoint[]): Promise<Bin[]> {
  const bins = new Bins();
  for (const point of stored) bins.add(point.series, point);
  for (const point of replaced) bins.add(point.series, point, -1);
  const sorted = bins.sorted();
  if (isLarge(stored)) await mergeHistograms(sorted);
  return sorted;
}

function* begins(bins: readonly Bin[]): Generator<number> {
  for (const { begin } of bins) yield begin;
}

const TOO_BUSY = 'other transactions on the database are in the way, try again';

function* timesOf(points: readonly SeriesPoint[]): Generator<number> {
  for (const { micros } of points) yield micros;
}

/** Whether summing up takes so long that others must not wait for it. */
function isLarge(points: readonly SeriesPoint[]): boolean {
  let characters = 0;
  for (const { document, series } of points) {
    const length = document?.length ?? 0;
    if (length > LARGE_HISTOGRAM && series.dataType === 'histogram') characters += length * series.rollups.length;
  }
  return characters > LARGE_REQUEST;
}

function bytesOf(points: readonly SeriesPoint[]): number {
  return points.reduce((sum, { document }) => sum + 100 + (document?.length ?? 0), 0);
}
