import { type LoggerBatch } from './batch.js';

/** Where records and events go. */
export abstract class DatabaseWriter {
  /** What reports call it: the name of its class unless set. */
  readonly name: string = this.constructor.name;

  /**
   * Writes a batch, which is never empty. Returning acknowledges all of it; `batch.acknowledge` a part, also where this
   * throws afterwards. What is not acknowledged comes again, in the same batch.
   */
  abstract writeData(batch: LoggerBatch): void | Promise<void>;

  /** Closes what is open; the last call. */
  close?(): void | Promise<void>;
}
