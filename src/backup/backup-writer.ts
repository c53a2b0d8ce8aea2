import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { OperatorError } from '../common/errors.js';
import {
  type Description,
  DESCRIPTION,
  MANIFEST,
  type Manifest,
  partName,
  TableSum,
  type TableSums,
} from './format.js';

/** The length of a part, at least. */
const PART_BYTES = 1024 ** 2;

/** Higher levels take more than twice the time for a few percent of the size. */
const GZIP_LEVEL = 4;

/**
 * Writes the file of a backup, see `format.ts`: into `FILE.part`, which takes the name of the file only when it is
 * complete and on disk. Only its owner may read it.
 */
export class BackupWriter {
  private readonly pack = tar.pack();
  private readonly written: Promise<void>;
  private readonly tables: Record<string, TableSums> = {};
  private description = '';

  private constructor(
    private readonly file: string,
    private readonly force: boolean,
    private readonly made: Date,
  ) {
    const sink = createWriteStream(partOf(file), { flags: 'wx', mode: 0o600, flush: true });
    this.written = pipeline(this.pack, createGzip({ level: GZIP_LEVEL }), sink);
    // Awaited in finish() and discard(); until then a failure shows in the entries.
    this.written.catch(() => undefined);
  }

  /**
   * Checks ahead whether the file can be written. Throws an `OperatorError` where the file, or a part of it, exists and
   * may not be replaced (`force`), or where the path is no file.
   */
  static async check(file: string, force: boolean): Promise<void> {
    const there = await stat(file).catch(() => undefined);
    if (there && !there.isFile()) throw new OperatorError(`${file} is no file: choose another name.`);
    if (there && !force) throw new OperatorError(`${file} is there already: choose another name, or add --force.`);
    if (!force && (await stat(partOf(file)).catch(() => undefined)))
      throw new OperatorError(
        `${partOf(file)} is there already: a backup is being written to it, or was broken off; delete it or add --force.`,
      );
  }

  /** Begins the file. Throws an `OperatorError` where it can't be written. */
  static async begin(file: string, force: boolean, description: Description): Promise<BackupWriter> {
    await BackupWriter.check(file, force);
    await rm(partOf(file), { force: true });
    const writer = new BackupWriter(file, force, new Date(description.made));
    const content = Buffer.from(`${JSON.stringify(description, null, 2)}\n`);
    writer.description = createHash('sha256').update(content).digest('hex');
    await writer.entry(DESCRIPTION, content);
    return writer;
  }

  /** Writes a table. `onRows` is called with the number of rows so far. Throws an `OperatorError` as `begin` does. */
  async add(table: string, rows: AsyncIterable<Buffer>, onRows: (rows: number) => void): Promise<void> {
    const sum = new TableSum();
    let number = 0;
    for await (const part of splitRows(rows, PART_BYTES)) {
      sum.add(part);
      await this.entry(partName(table, ++number), part);
      onRows(sum.rows);
    }
    this.tables[table] = sum.result();
  }

  /** Ends the file, gives it its name, and returns its manifest. Throws an `OperatorError` as `begin` does. */
  async finish(): Promise<Manifest> {
    const manifest: Manifest = { description: this.description, tables: this.tables };
    await this.entry(MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    this.pack.finalize();
    await this.written.catch(this.throwUnwritable);
    if (!this.force && (await stat(this.file).catch(() => undefined)))
      throw new OperatorError(`${this.file} has been made by somebody else meanwhile: the backup was not kept.`);
    await rename(partOf(this.file), this.file).catch(this.throwUnwritable);
    await syncDirectory(dirname(this.file));
    return manifest;
  }

  /** Deletes what was written; never throws. */
  async discard(): Promise<void> {
    this.pack.destroy();
    await this.written.catch(() => undefined);
    await rm(partOf(this.file), { force: true }).catch(() => undefined);
  }

  private async entry(name: string, content: Buffer): Promise<void> {
    const packed = new Promise<void>((resolve, reject) => {
      const entry = this.pack.entry({ name, mode: 0o600, mtime: this.made }, content, (error) => {
        if (error) reject(error);
        else resolve();
      });
      entry.on('error', reject);
    });
    // The entry only knows that the stream is closed, not why.
    await packed.catch(() => this.written.catch(this.throwUnwritable));
  }

  private readonly throwUnwritable = (error: unknown): never => {
    throw new OperatorError(
      `${this.file} cannot be written (${error instanceof Error ? error.message : String(error)}).`,
    );
  };
}

function partOf(file: string): string {
  return `${file}.part`;
}

/** Makes the new name durable; where a file system can't, the file itself is on disk anyway. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path).catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}

const NEWLINE = 10;

/**
 * Regroups a stream of rows into parts of at least `size` bytes (the last may be shorter) that end with a whole row.
 * Memory holds one part, or one row where that is longer.
 */
async function* splitRows(rows: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer, void, undefined> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of rows) {
    const end = length + chunk.length < size ? 0 : chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      held.push(chunk);
      length += chunk.length;
      continue;
    }
    yield Buffer.concat([...held, chunk.subarray(0, end)]);
    held = [chunk.subarray(end)];
    length = chunk.length - end;
  }
  if (length > 0) yield Buffer.concat(held);
}
