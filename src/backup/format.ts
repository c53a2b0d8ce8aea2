import { createHash } from 'node:crypto';
import { Equals, IsNumber, IsObject, IsString } from 'class-validator';
import { Invalid } from '../common/errors.js';
import { IsRecordOf, validated } from '../common/validated.js';
import { BadBackup } from './backup-errors.js';

const NEWLINE = 10;

/**
 * The format of a backup: a gzip'd tar archive, so that common tools can look into it.
 *
 *     backup.json            its origin and its tables, see `Description`
 *     metadata/000001.tsv    the rows of each table in the text format of COPY, in parts of about 1 MiB that begin and
 *     …                      end with whole rows; the tables in the order of the description
 *     manifest.json          sizes and checksums, see `Manifest`; a file that lacks it is incomplete
 */
export const FORMAT = 'marigram-backup';

/** Incremented when readers of this version could no longer read the files. 1 had no segments, 2 no sessions. */
export const FORMAT_VERSION = 3;

export const DESCRIPTION = 'backup.json';
export const MANIFEST = 'manifest.json';

/** The first entry: where the backup comes from, and its tables. */
export class Description {
  @Equals(FORMAT)
  readonly format: typeof FORMAT;

  @IsNumber()
  readonly version: number;

  /** The time of its state, in ISO 8601. */
  @IsString()
  readonly made: string;

  /** The version of the program that made it. */
  @IsString()
  readonly marigram: string;

  /** The storage engine, the length of its chunks, and the version of PostgreSQL that it was made from. */
  @IsString()
  readonly engine: string;

  @IsNumber()
  readonly chunkSeconds: number;

  @IsString()
  readonly postgres: string;

  /** The columns of each table, in the order of the parts and of the fields in each row. */
  @IsRecordOf('lists of texts', isListOfTexts)
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** Size and checksum of a table. */
export class TableSums {
  @IsNumber()
  readonly rows: number;

  /** The length of all its parts together. */
  @IsNumber()
  readonly bytes: number;

  /** Of all its parts together, in hexadecimal digits. */
  @IsString()
  readonly sha256: string;
}

/** The last entry: what the file must hold. */
export class Manifest {
  /** SHA-256 of the description, as it stands in the file. */
  @IsString()
  readonly description: string;

  @IsObject()
  readonly tables: Readonly<Record<string, TableSums>>;
}

/** Counts and digests the rows of a table as they pass. */
export class TableSum {
  private readonly digest = createHash('sha256');
  private bytes = 0;
  rows = 0;

  /** Adds rows in the text format of COPY, in which each ends with a newline and holds no other. */
  add(part: Buffer): void {
    this.digest.update(part);
    this.bytes += part.length;
    for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) this.rows++;
  }

  /** The result; nothing may be added afterwards. */
  result(): TableSums {
    return { rows: this.rows, bytes: this.bytes, sha256: this.digest.digest('hex') };
  }
}

/** The name of a part, numbered from 1 within its table. */
export function partName(table: string, number: number): string {
  return `${table}/${String(number).padStart(6, '0')}.tsv`;
}

/** Parses a description. Throws `BadBackup` if it is invalid, or of a later format. */
export function parseDescription(content: Buffer): Description {
  const value = parseJson(content, DESCRIPTION);
  const { format, version } = isObject(value) ? value : {};
  if (format !== FORMAT) throw new BadBackup('it is no backup of Marigram');
  if (typeof version !== 'number' || version > FORMAT_VERSION)
    throw new BadBackup('it was made by a newer version of Marigram');
  return checked(() => validated(Description, value, DESCRIPTION, null));
}

/** Parses a manifest. Throws `BadBackup` if it is invalid. */
export function parseManifest(content: Buffer): Manifest {
  return checked(() => {
    const manifest = validated(Manifest, parseJson(content, MANIFEST), MANIFEST, null);
    for (const [table, sums] of Object.entries(manifest.tables))
      validated(TableSums, sums, `${MANIFEST}, ${table}`, null);
    return manifest;
  });
}

function parseJson(content: Buffer, name: string): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    throw new BadBackup(`${name} is no JSON`);
  }
}

function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Invalid ? new BadBackup(error.message) : error;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
