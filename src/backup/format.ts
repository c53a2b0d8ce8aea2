import { Equals, IsNumber, IsObject, IsString } from 'class-validator';
import { Invalid } from '../common/errors.js';
import { IsRecordOf, validated } from '../common/validated.js';

/**
 * The file of a backup: a gzip'd tar archive, so that any tools can look into it.
 *
 *     backup.json            what it is, see `Description`
 *     metadata/000001.tsv    the rows of each table in the text format of COPY, in parts of about 1 MiB that begin and
 *     …                      end with whole rows; the tables in the order of the description
 *     manifest.json          how much there must be, and the checksums, see `Manifest`; what lacks it is not complete
 */
export const FORMAT = 'marigram-backup';

/** Grows when a reader of today could not read the files any more. */
export const FORMAT_VERSION = 1;

export const DESCRIPTION = 'backup.json';
export const MANIFEST = 'manifest.json';

/** What a backup is, at its beginning. */
export class Description {
  @Equals(FORMAT)
  readonly format: typeof FORMAT;

  @IsNumber()
  readonly version: number;

  /** The moment whose state it holds, in the format of ISO 8601. */
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

/** What there is of a table. */
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

/** What must be there, at the end. */
export class Manifest {
  /** SHA-256 of the description, as it stands in the file. */
  @IsString()
  readonly description: string;

  @IsObject()
  readonly tables: Readonly<Record<string, TableSums>>;
}

/** The file is none of ours, or is damaged: says why, to follow "because" or a colon. */
export class BadBackup extends Error {}

/** The name of a part, numbered from 1 within its table. */
export function partName(table: string, number: number): string {
  return `${table}/${String(number).padStart(6, '0')}.tsv`;
}

/** Reads a description. Throws `BadBackup` where it is none, or one of a later format. */
export function parseDescription(content: Buffer): Description {
  const value = parseJson(content, DESCRIPTION);
  const { format, version } = isObject(value) ? value : {};
  if (format !== FORMAT) throw new BadBackup('it is no backup of Marigram');
  if (typeof version !== 'number' || version > FORMAT_VERSION)
    throw new BadBackup('it was made by a newer version of Marigram');
  return checked(() => validated(Description, value, DESCRIPTION, null));
}

/** Reads a manifest. Throws `BadBackup` where it is none. */
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
