import { type DataLogger } from './data-logger.js';
import { type DataEntry } from './entry.js';
import { LoggerError } from './errors.js';
import { type Measurement } from './measurement.js';

/** Is given entries before they are written, by measurement. What it logs, it logs before it returns. */
export type PostProcessor = (logger: DataLogger, entries: ReadonlyMap<Measurement, readonly DataEntry[]>) => void;

/** Functions that see each entry once, before it is written. */
export class PostProcessing {
  private readonly processors: {
    readonly measurements: readonly Measurement[];
    readonly run: (...args: Parameters<PostProcessor>) => unknown;
  }[] = [];
  private readonly seen = new WeakSet<DataEntry>();
  isRunning = false;

  add(measurements: readonly Measurement[], run: PostProcessor): void {
    this.processors.push({ measurements, run });
  }

  /**
   * Shows entries to the functions, but for those that were shown before. Throws what a function throws, and a `LoggerError`
   * where one is asynchronous: what it logs later could not be told from what others log.
   */
  run(logger: DataLogger, entries: readonly DataEntry[]): void {
    if (this.processors.length === 0) return;
    const unseen = entries.filter((entry) => !this.seen.has(entry));
    for (const entry of unseen) this.seen.add(entry);
    const before = new Set(logger.dataset);
    this.isRunning = true;
    try {
      for (const { measurements, run } of this.processors) {
        const found = measurements.flatMap((measurement): [Measurement, DataEntry[]][] => {
          const own = unseen.filter((entry) => entry.measurement === measurement);
          return own.length > 0 ? [[measurement, own]] : [];
        });
        if (found.length === 0) continue;
        const returned = run(logger, new Map(found));
        if (returned instanceof Promise) throw new LoggerError('a post-processor must not be asynchronous');
      }
    } finally {
      this.isRunning = false;
    }
    // What they log is not shown to them: there would be no end to it.
    for (const entry of logger.dataset) if (!before.has(entry)) this.seen.add(entry);
  }
}
