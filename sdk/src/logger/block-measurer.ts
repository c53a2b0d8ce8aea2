import '../dispose.js';
import { type DataLogger } from './data-logger.js';
import { type Field } from './declared.js';
import { type Measurement } from './measurement.js';
import { entriesOf, type Fields, type Tags } from './record.js';

/** Something that takes the texts of a log, such as `console`. */
export interface TextLogger {
  info(text: string): void;
}

/** How a block is logged. */
export interface BlockOptions {
  /** Values of other fields. */
  readonly fields?: Fields | undefined;
  /** If not empty, the block is logged as an event with these tags, too, which need not be declared. */
  readonly eventTags?: Tags | undefined;
  /** Gets a text at the start and one at the end. */
  readonly logger?: TextLogger | undefined;
  readonly logStart?: string | undefined;
  readonly logEnd?: string | undefined;
}

/**
 * Times a block of code, from its construction until it is disposed of: `using _ = new BlockMeasurer(…)`. A block that ends
 * with an error is logged as well: only `cancel` keeps it from that, since disposal is not told how the block ended.
 */
export class BlockMeasurer implements Disposable, AsyncDisposable {
  /** Of the monotonic clock, in milliseconds. */
  private readonly begin: number;
  private isOver = false;

  /** Throws a `TypeError` for texts without a logger. */
  constructor(
    private readonly dataLogger: DataLogger,
    private readonly measurement: Measurement,
    private readonly field: Field,
    private readonly tags: Tags = {},
    private readonly options: BlockOptions = {},
  ) {
    const { logger, logStart, logEnd } = options;
    if (!logger && (logStart ?? logEnd) !== undefined)
      throw new TypeError('logStart and logEnd need a logger that takes them');
    logger?.info(logStart ?? `${measurement.name}: started`);
    this.begin = performance.now();
  }

  /** Logs the block, unless that was done or it was cancelled. Throws what `DataLogger.log` throws. */
  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    const duration = (performance.now() - this.begin) / 1000;
    const { eventTags = {}, fields = {}, logger, logEnd } = this.options;
    const start = (performance.timeOrigin + this.begin) / 1000;
    if ([...entriesOf(eventTags)].length > 0)
      this.dataLogger.logEvent(this.measurement, start, start + duration, eventTags);
    const values = { ...Object.fromEntries(entriesOf(fields)), [this.field.name]: duration };
    this.dataLogger.log(this.measurement, values, this.tags);
    logger?.info(logEnd ?? `${this.measurement.name}: took ${duration.toFixed(6)} s`);
  }

  /** The block is not logged. */
  cancel(): void {
    this.isOver = true;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.end();
    return Promise.resolve();
  }
}
