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
export interface Description {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** The moment whose state it holds, in the format of ISO 8601. */
  readonly made: string;
  /** The version of the program that made it. */
  readonly marigram: string;
  /** The storage engine, the length of its chunks, and the version of PostgreSQL that it was made from. */
  readonly engine: string;
  readonly chunkSeconds: number;
  readonly postgres: string;
  /** The columns of each table, in the order of the parts and of the fields in each row. */
  readonly tables: Readonly<Record<string, readonly string[]>>;
}

/** What there is of a table. */
export interface TableSums {
  readonly rows: number;
  /** The length of all its parts together. */
  readonly bytes: number;
  /** Of all its parts together, in hexadecimal digits. */
  readonly sha256: string;
}

/** What must be there, at the end. */
export interface Manifest {
  /** SHA-256 of the description, as it stands in the file. */
  readonly description: string;
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
  const value = parseObject(content, DESCRIPTION);
  if (value['format'] !== FORMAT) throw new BadBackup('it is no backup of Marigram');
  if (typeof value['version'] !== 'number' || value['version'] > FORMAT_VERSION)
    throw new BadBackup('it was made by a newer version of Marigram');
  const isText = (name: string): boolean => typeof value[name] === 'string';
  const isComplete =
    ['made', 'marigram', 'engine', 'postgres'].every(isText) &&
    typeof value['chunkSeconds'] === 'number' &&
    Object.values(objectOf(value['tables'])).every(isListOfTexts);
  if (!isComplete) throw new BadBackup(`${DESCRIPTION} lacks something`);
  // Every field was looked at.
  return value as unknown as Description;
}

/** Reads a manifest. Throws `BadBackup` where it is none. */
export function parseManifest(content: Buffer): Manifest {
  const value = parseObject(content, MANIFEST);
  const areSums = Object.values(objectOf(value['tables'])).every((sums) => {
    const { rows, bytes, sha256 } = objectOf(sums);
    return typeof rows === 'number' && typeof bytes === 'number' && typeof sha256 === 'string';
  });
  if (typeof value['description'] !== 'string' || !areSums) throw new BadBackup(`${MANIFEST} lacks something`);
  return value as unknown as Manifest;
}

function parseObject(content: Buffer, name: string): Record<string, unknown> {
  try {
    return objectOf(JSON.parse(content.toString()));
  } catch (error) {
    throw error instanceof BadBackup ? error : new BadBackup(`${name} is no JSON`);
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadBackup('something is missing in it');
  return value as Record<string, unknown>;
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
