import { type DataLogger } from './data-logger.js';
import { type DataEntry } from './entry.js';
import { type Measurement } from './measurement.js';

/** Is given entries before they are written, by measurement. */
export type PostProcessor = (
  logger: DataLogger,
  entries: ReadonlyMap<Measurement, readonly DataEntry[]>,
) => void | Promise<void>;

/** Functions that see each entry once, before it is written. */
export class PostProcessing {
  private readonly processors: { readonly measurements: readonly Measurement[]; readonly run: PostProcessor }[] = [];
  private readonly seen = new WeakSet<DataEntry>();
  isRunning = false;

  add(measurements: readonly Measurement[], run: PostProcessor): void {
    this.processors.push({ measurements, run });
  }

  /** Shows entries to the functions, but for those that were shown before. Throws what a function throws. */
  async run(logger: DataLogger, entries: readonly DataEntry[]): Promise<void> {
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
        if (found.length > 0) await run(logger, new Map(found));
      }
    } finally {
      this.isRunning = false;
    }
    // What they log is not shown to them: there would be no end to it.
    for (const entry of logger.dataset) if (!before.has(entry)) this.seen.add(entry);
  }
}
