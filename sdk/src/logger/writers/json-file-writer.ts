import { type LoggerBatch } from '../batch.js';
import { DatabaseWriter } from '../writer.js';

/** Where a `JsonFileWriter` writes. */
export interface JsonFileOptions {
  /** The file of the records. */
  readonly path: string;
  /** The file of the events; without it they are not written. */
  readonly events?: string | undefined;
  /** An array in each file, which is replaced as a whole, or lines that are appended: `array` unless given. */
  readonly format?: 'array' | 'ndjson' | undefined;
}

type Append = (path: string, elements: readonly object[]) => Promise<void>;

interface JsonFiles {
  readonly appendLines: Append;
  readonly appendToArray: Append;
}

/** Appends records and events to files, in Node. A file of one process at a time. */
export class JsonFileWriter extends DatabaseWriter {
  constructor(private readonly options: JsonFileOptions) {
    super();
  }

  override async writeData(batch: LoggerBatch): Promise<void> {
    // Not before it is needed: it uses Node, and browsers load this file, too. Nor may the compiler follow it for them.
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion
    const { appendLines, appendToArray } = (await import('./json-files.js' as string)) as JsonFiles;
    const { path, events: eventPath, format = 'array' } = this.options;
    const append = format === 'array' ? appendToArray : appendLines;
    const { dataset, events } = batch;
    if (dataset.length > 0) await append(path, dataset);
    batch.acknowledge(dataset);
    if (events.length > 0 && eventPath !== undefined) await append(eventPath, events);
  }
}
