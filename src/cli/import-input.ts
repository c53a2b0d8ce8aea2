import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OperatorError } from '../common/errors.js';
import { csvLines } from '../import/csv-lines.js';
import { type FileLine } from '../import/file-line.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { influxLines, type Precision } from '../import/influx-lines.js';
import { type Mapping } from '../import/mapping.js';
import { ndjsonLines } from '../import/ndjson-lines.js';

/** The formats of files. */
export type FileFormat = 'ndjson' | 'csv' | 'influx';

const BY_ENDING: Readonly<Record<string, FileFormat>> = {
  ...{ ndjson: 'ndjson', jsonl: 'ndjson', csv: 'csv' },
  ...{ lp: 'influx', influx: 'influx', line: 'influx' },
};

/** Options of files in line protocol. */
export interface ProtocolOptions {
  readonly mapping: Mapping;
  /** Nanoseconds by default; times must be plausible then. */
  readonly precision: Precision | undefined;
}

/** The format of a file, by its name unless it was named. Throws an `OperatorError` where neither says it. */
export function formatOf(file: string, named: FileFormat | undefined): FileFormat {
  const format = named ?? BY_ENDING[/\.([a-z]+)$/i.exec(file)?.[1]?.toLowerCase() ?? ''];
  if (!format) throw new OperatorError(`What is ${file}? Say --format ndjson, csv or influx.`);
  return format;
}

/** A file, or the standard input, to be read once or twice. */
export class ImportInput {
  private constructor(
    private readonly file: string | undefined,
    private readonly size: number,
    private readonly format: FileFormat,
    private readonly protocol: ProtocolOptions,
    private readonly spool: string | undefined,
  ) {}

  /**
   * Opens a file, or `-`. Standard input that is read twice is first copied to a file.
   * Throws an `OperatorError` where there is no such file.
   */
  static async open(from: string, format: FileFormat, protocol: ProtocolOptions, twice: boolean): Promise<ImportInput> {
    if (from === '-' && !twice) return new ImportInput(undefined, 0, format, protocol, undefined);
    const spool = from === '-' ? await mkdtemp(join(tmpdir(), 'marigram-import-')) : undefined;
    const file = spool === undefined ? from : join(spool, 'input');
    if (spool !== undefined) await pipeline(process.stdin, createWriteStream(file, { mode: 0o600 }));
    const found = await stat(file).catch(() => undefined);
    if (!found || found.isDirectory()) throw new OperatorError(`${from} is no file.`);
    return new ImportInput(file, found.size, format, protocol, spool);
  }

  /**
   * The lines from the beginning on. `dataTypeOf` knows the event types; `onProgress` is called with the bytes read and
   * their total.
   */
  lines(
    dataTypeOf: DataTypeOf,
    onProgress?: (done: number, total: number) => void,
  ): AsyncGenerator<FileLine, void, undefined> {
    const input: Readable = this.file === undefined ? process.stdin : this.read(this.file, onProgress);
    if (this.format === 'csv') return csvLines(input);
    if (this.format === 'ndjson') return ndjsonLines(input);
    return influxLines(input, this.protocol.mapping, this.protocol.precision, dataTypeOf);
  }

  /** Removes the copy. */
  async close(): Promise<void> {
    if (this.spool !== undefined) await rm(this.spool, { recursive: true });
  }

  private read(file: string, onProgress: ((done: number, total: number) => void) | undefined): Readable {
    const stream = createReadStream(file);
    stream.on('data', () => onProgress?.(stream.bytesRead, this.size));
    // The listener would start the stream before anyone reads it.
    stream.pause();
    return stream;
  }
}
