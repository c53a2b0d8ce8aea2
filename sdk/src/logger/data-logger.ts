import '../dispose.js';
import { Backlog } from './backlog.js';
import { BlockMeasurer, type BlockOptions } from './block-measurer.js';
import { ContinuousWrite, type ContinuousOptions } from './continuous-write.js';
import { type Field } from './declared.js';
import { DataEntry, LoggedEvent } from './entry.js';
import { LoggerError, LoggerWriteError } from './errors.js';
import { type Measurement } from './measurement.js';
import { PostProcessing, type PostProcessor } from './post-processing.js';
import { eventTagsOf, fieldsOf, type Fields, missingIn, type Tags, tagsOf } from './record.js';
import { type WriteReport } from './report.js';
import { microsOf, nextMicros, type TimeInput } from './time.js';
import { type DatabaseWriter } from './writer.js';

/** How a logger works. */
export interface DataLoggerOptions extends ContinuousOptions {
  /** Who gets what is logged. */
  readonly writers?: readonly DatabaseWriter[] | undefined;
  /** Whether what is logged is written soon, without `writeData`. */
  readonly continuousWrite?: boolean | undefined;
  /** `log` throws when so many entries wait: 100,000 unless given. */
  readonly maxEntries?: number | undefined;
}

/** How a call is timed. */
export interface MeasureOptions<Args extends readonly unknown[]> extends BlockOptions {
  readonly measurement: Measurement;
  /** Gets the duration, in seconds. */
  readonly field: Field;
  readonly tags?: Tags | undefined;
  /** What the function is called with. */
  readonly args?: Args | undefined;
  /** Whether a call that fails is logged, too; it is not unless this says so. */
  readonly onError?: 'skip' | 'log' | undefined;
}

/**
 * Logs records and events in memory, and writes them to databases. What a writer has not acknowledged stays here and is
 * written again; others do not get it twice.
 */
export class DataLogger implements AsyncDisposable {
  private readonly backlog: Backlog;
  private readonly writers: readonly DatabaseWriter[];
  private readonly postProcessing = new PostProcessing();
  private readonly continuous: ContinuousWrite | undefined;
  private readonly maxEntries: number;
  private tail: Promise<unknown> = Promise.resolve();
  private last: { entry?: DataEntry; event?: LoggedEvent } = {};
  private isClosed = false;

  constructor({ writers = [], continuousWrite = false, maxEntries = 100_000, ...options }: DataLoggerOptions = {}) {
    this.writers = [...writers];
    this.backlog = new Backlog(this.writers);
    this.maxEntries = maxEntries;
    if (continuousWrite) this.continuous = new ContinuousWrite(() => this.writeData(), options);
  }

  /** The records that not all writers have, in the order in which they were logged. */
  get dataset(): readonly DataEntry[] {
    return this.backlog.dataset;
  }

  /** The events that not all writers have, in the order in which they were logged. */
  get events(): readonly LoggedEvent[] {
    return this.backlog.eventList;
  }

  /** The record that was logged last. */
  get lastDataEntry(): DataEntry | undefined {
    return this.last.entry;
  }

  /** The event that was logged last. */
  get lastEvent(): LoggedEvent | undefined {
    return this.last.event;
  }

  /**
   * Logs a record.
   * @param time now unless given; the logger's clock never shows the same microsecond twice.
   * Throws a `LoggerError` for a name that is not declared, for a value that no database takes, and where `maxEntries` wait.
   */
  log(
    measurement: Measurement,
    fields: Fields = {},
    tags: Tags = {},
    { time }: { readonly time?: TimeInput | undefined } = {},
  ): DataEntry {
    this.checkOpen();
    if (this.backlog.entryCount >= this.maxEntries)
      throw new LoggerError(`${this.maxEntries} entries wait for writers: no more are taken (maxEntries)`);
    const micros = time === undefined ? nextMicros() : microsOf(time);
    const entry = new DataEntry(measurement, fieldsOf(measurement, fields), tagsOf(measurement, tags), micros);
    this.backlog.addEntry(entry);
    this.last.entry = entry;
    if (!this.postProcessing.isRunning) this.continuous?.schedule(this.backlog.entryCount);
    return entry;
  }

  /**
   * Logs an event; it is written with the next records.
   * @param start in seconds since 1970, or a `Date`; so is `stop`.
   * @param tags need not be declared.
   * Throws a `LoggerError` for what is no time, and for an end before the start.
   */
  logEvent(measurement: Measurement, start: number | Date, stop: number | Date, tags: Tags = {}): LoggedEvent {
    this.checkOpen();
    const [begin, end] = [eventMicros(start), eventMicros(stop)];
    if (end < begin) throw new LoggerError(`${measurement.name}: an event can't stop before it starts`);
    const event = new LoggedEvent(measurement, begin, end, eventTagsOf(measurement, tags));
    this.backlog.addEvent(event);
    this.last.event = event;
    return event;
  }

  /**
   * Calls a function, logs how long that took, and returns what the function returns; the promise that an asynchronous
   * function returns resolves after that. Throws what the function throws, and a `TypeError` for texts without a logger.
   */
  measure<Args extends readonly unknown[], Result>(
    func: (...args: Args) => Result,
    { measurement, field, tags, args, onError = 'skip', ...options }: MeasureOptions<Args>,
  ): Result {
    const block = new BlockMeasurer(this, measurement, field, tags, options);
    const failed = (error: unknown): never => {
      if (onError === 'skip') block.cancel();
      block.end();
      throw error;
    };
    let result: Result;
    try {
      result = func(...((args ?? []) as unknown as Args));
    } catch (error) {
      return failed(error);
    }
    if (!(result instanceof Promise)) {
      block.end();
      return result;
    }
    const ended = (value: unknown): unknown => {
      block.end();
      return value;
    };
    return result.then(ended, failed) as Result;
  }

  /** Times a block: `using _ = logger.measureBlock(…)`. Throws a `TypeError` for texts without a logger. */
  measureBlock(measurement: Measurement, field: Field, tags?: Tags, options?: BlockOptions): BlockMeasurer {
    return new BlockMeasurer(this, measurement, field, tags, options);
  }

  /**
   * Has a function called before entries are written, once for each of them, with those of these measurements. What it logs
   * is written with them.
   */
  addPostProcessing(measurements: readonly Measurement[], processor: PostProcessor): void {
    this.postProcessing.add(measurements, processor);
  }

  /** Forgets an entry that no writer may have; returns whether it was there. */
  discard(entry: DataEntry): boolean {
    return this.backlog.discard(entry);
  }

  /**
   * Writes what was logged, one writer after the other. Calls wait for each other.
   * Throws a `LoggerError` that lists the entries which lack values, and then writes nothing; what a post-processor throws;
   * and a `LoggerWriteError` where writers failed, after all were tried.
   */
  writeData(): Promise<WriteReport> {
    const written = this.tail.then(() => this.write());
    this.tail = written.catch(() => undefined);
    return written;
  }

  /** Writes what was logged, unless it is written already. Throws as `writeData`. */
  async flush(): Promise<void> {
    await this.tail;
    if (this.backlog.entryCount + this.backlog.eventCount > 0) await this.writeData();
  }

  /** Writes what was logged, and closes the writers. Throws as `writeData` does, with the writers closed. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.continuous?.stop();
    try {
      await this.flush();
    } finally {
      for (const writer of this.writers) await writer.close?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private async write(): Promise<WriteReport> {
    this.check();
    this.postProcessing.run(this, this.backlog.fresh);
    this.check();
    this.backlog.release();
    const { entryCount: entries, eventCount: events } = this.backlog;
    const report = { entries, events, writers: await this.backlog.write() };
    if (report.writers.some(({ error }) => error)) throw new LoggerWriteError(report);
    return report;
  }

  private check(): void {
    const incomplete = this.backlog.fresh.flatMap((entry) => {
      const missing = missingIn(entry.measurement, entry);
      return missing === undefined ? [] : [`${entry.measurement.name} of ${entry.time}: ${missing}`];
    });
    if (incomplete.length > 0) throw new LoggerError(incomplete.join('\n'));
  }

  private checkOpen(): void {
    if (this.isClosed) throw new LoggerError('this logger is closed');
  }
}

function eventMicros(time: number | Date): number {
  return microsOf(typeof time === 'number' ? Math.round(time * 1_000_000) : time);
}
