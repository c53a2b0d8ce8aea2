import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { OperatorError } from '../common/errors.js';
import { BadBackup, throwFileError, throwUnreadable } from './backup-errors.js';
import {
  type Description,
  DESCRIPTION,
  MANIFEST,
  type Manifest,
  parseDescription,
  parseManifest,
  partName,
  TableSum,
} from './format.js';
import { type PackedEntry, packedEntries } from './packed-entries.js';

/** Whole rows of a table, in the text format of COPY. */
export interface Part {
  readonly table: string;
  readonly rows: Buffer;
}

/**
 * Reads the file of a backup, see `format.ts`, once from its beginning to its end; memory holds one part. Whatever is
 * wrong with the file is thrown as an `OperatorError`.
 */
export class BackupReader {
  private manifest: Manifest | undefined;

  private constructor(
    private readonly file: string,
    private readonly entries: AsyncGenerator<PackedEntry, void, undefined>,
    readonly description: Description,
    private readonly descriptionDigest: string,
  ) {}

  /** The length of a file in bytes. */
  static async size(file: string): Promise<number> {
    const found = await stat(file).catch((error: unknown) => throwUnreadable(file, error));
    if (!found.isFile()) throw new OperatorError(`${file} is no file.`);
    return found.size;
  }

  /** Opens a file and reads its description. `onBytes` is called with the number of bytes read so far. */
  static async open(file: string, onBytes: (bytes: number) => void = () => undefined): Promise<BackupReader> {
    await BackupReader.size(file);
    const entries = packedEntries(file, onBytes);
    try {
      const first = await entries.next();
      if (first.done === true || first.value.name !== DESCRIPTION) throw new BadBackup('it is no backup of Marigram');
      const digest = createHash('sha256').update(first.value.content).digest('hex');
      return new BackupReader(file, entries, parseDescription(first.value.content), digest);
    } catch (error) {
      await entries.return();
      return throwFileError(file, error);
    }
  }

  /** Closes the file; needed only where parts() was not called. */
  async close(): Promise<void> {
    await this.entries.return();
  }

  /**
   * All parts, in the order of the file. They can be trusted only when the loop has ended without an error: the last
   * step compares everything with the manifest.
   */
  async *parts(): AsyncGenerator<Part, void, undefined> {
    try {
      yield* this.verified();
    } catch (error) {
      throwFileError(this.file, error);
    } finally {
      await this.close();
    }
  }

  /** The manifest of the file; known after parts(). */
  get contents(): Manifest {
    if (!this.manifest) throw new Error('the parts were not read to their end');
    return this.manifest;
  }

  private async *verified(): AsyncGenerator<Part, void, undefined> {
    const tables = Object.keys(this.description.tables);
    const sums = new Map(tables.map((table) => [table, new TableSum()]));
    let [at, number] = [0, 0];
    for await (const { name, content } of this.entries) {
      if (this.manifest) throw new BadBackup('something follows its manifest');
      if (name === MANIFEST) {
        this.manifest = parseManifest(content);
        continue;
      }
      const table = name.split('/')[0] ?? '';
      if (table !== tables[at]) [at, number] = [tables.indexOf(table, at), 0];
      const sum = sums.get(table);
      if (!sum || at < 0 || name !== partName(table, ++number))
        throw new BadBackup(`${name} stands where it does not belong`);
      sum.add(content);
      yield { table, rows: content };
    }
    if (!this.manifest) throw new BadBackup('it breaks off');
    this.compare(sums, this.manifest);
  }

  private compare(sums: ReadonlyMap<string, TableSum>, manifest: Manifest): void {
    if (manifest.description !== this.descriptionDigest) throw new BadBackup(`${DESCRIPTION} has been altered`);
    for (const [table, sum] of sums) {
      const { rows, bytes, sha256 } = sum.result();
      const wanted = manifest.tables[table];
      if (rows !== wanted?.rows || bytes !== wanted.bytes || sha256 !== wanted.sha256)
        throw new BadBackup(`the rows of "${table}" are not those that it was made with`);
    }
  }
}
