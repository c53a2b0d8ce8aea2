import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import tar from 'tar-stream';
import { OperatorError } from '../common/errors.js';
import { type Description, DESCRIPTION, MANIFEST, type Manifest, partName, type TableSums } from './format.js';
import { rowParts } from './split-rows.js';
import { TableSum } from './table-sum.js';

/** How long a part gets. */
const PART_BYTES = 1024 ** 2;

/** Higher levels take twice the time and more for some percent of the size. */
const GZIP_LEVEL = 4;

/**
 * Writes the file of a backup, see `format.ts`: into `FILE.part`, which takes the name of the file only when it is
 * complete and on disk. Nobody but its owner may read it.
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
    // Awaited in finish() and discard(); until then the entries tell that it has failed.
    this.written.catch(() => undefined);
  }

  /**
   * Whether the file can be written, as far as that can be told before. Throws an `OperatorError` where the file, or a part
   * of it, is there already and `force` does not say that it may be replaced, or where it is no file.
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

  /** Writes a table. `onRows` hears the number of its rows that have passed. Throws an `OperatorError` as `begin` does. */
  async add(table: string, rows: AsyncIterable<Buffer>, onRows: (rows: number) => void): Promise<void> {
    const sum = new TableSum();
    let number = 0;
    for await (const part of rowParts(rows, PART_BYTES)) {
      sum.add(part);
      await this.entry(partName(table, ++number), part);
      onRows(sum.rows);
    }
    this.tables[table] = sum.result();
  }

  /** Ends the file, gives it its name, and returns what is in it. Throws an `OperatorError` as `begin` does. */
  async finish(): Promise<Manifest> {
    const manifest: Manifest = { description: this.description, tables: this.tables };
    await this.entry(MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
    this.pack.finalize();
    await this.written.catch(this.explain);
    if (!this.force && (await stat(this.file).catch(() => undefined)))
      throw new OperatorError(`${this.file} has been made by somebody else meanwhile: the backup was not kept.`);
    await rename(partOf(this.file), this.file).catch(this.explain);
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
    // The entry only knows that the file is closed, not why.
    await packed.catch(() => this.written.catch(this.explain));
  }

  private readonly explain = (error: unknown): never => {
    throw new OperatorError(
      `${this.file} cannot be written (${error instanceof Error ? error.message : String(error)}).`,
    );
  };
}

function partOf(file: string): string {
  return `${file}.part`;
}

/** Makes the new name last; where a file system can't, the file itself is on disk all the same. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path).catch(() => undefined);
  await directory?.sync().catch(() => undefined);
  await directory?.close();
}
