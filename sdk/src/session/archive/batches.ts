import { Batch } from './batch.js';
import { News } from './news.js';
import { type PlacedRecord, type SpoolReader } from './spool-reader.js';

/** The records of a spool, put together to batches that are worth their requests. */
export class Batches {
  /** What was read, but belongs to the next batch. */
  private ahead: PlacedRecord | undefined;
  private isDraining = false;
  private readonly news = new News();

  /**
   * @param flushMs how long records wait for others.
   * @param signal ends `next`, which rejects with its reason.
   */
  constructor(
    private readonly reader: SpoolReader,
    private readonly flushMs: number,
    private readonly signal: AbortSignal,
  ) {
    signal.addEventListener('abort', () => {
      this.notify();
    });
  }

  /** Tells that the spool has more. */
  notify(): void {
    this.news.tell();
  }

  /** Tells that no more will come: nothing waits from now on. */
  drain(): void {
    this.isDraining = true;
    this.notify();
  }

  /**
   * The next batch; `undefined` when no more will come. Calls must not overlap.
   * @param maxRows how many points of a stream are enough.
   */
  async next(maxRows: number): Promise<Batch | undefined> {
    const batch = new Batch(maxRows);
    let deadline = Infinity;
    for (;;) {
      this.signal.throwIfAborted();
      // Asked before the spool is read: what comes in between is read in the next round.
      const isLast = this.isDraining;
      this.news.forget();
      const record = this.ahead ?? (await this.reader.next());
      this.ahead = undefined;
      if (record === undefined) {
        if (batch.isEmpty && isLast) return undefined;
        if (!batch.isEmpty && (isLast || performance.now() >= deadline)) return batch;
        await this.news.wait(deadline - performance.now());
        continue;
      }
      if (batch.isEmpty) deadline = performance.now() + this.flushMs;
      if (!batch.add(record)) {
        this.ahead = record;
        return batch;
      }
      if (batch.isFull) return batch;
    }
  }
}
