import { BadPart, Invalid } from '../common/errors.js';
import { FIRST_SECOND, inStorableYears, LAST_SECOND, MICROS_PER_SECOND } from '../common/time.js';
import { parseTime } from '../data/parse-points.js';
import { type JsonSlice, stringOf } from '../json/json-text.js';

/** A point of a file, with its metadata. */
export interface FileRecord {
  readonly kind: 'record';
  readonly line: number;
  /** The fields of the metadata as JSON source texts, including `metadata-key`. */
  readonly fields: ReadonlyMap<string, string>;
  readonly eventType: string;
  readonly micros: number;
  readonly value: JsonSlice;
}

/** A line that can't be parsed. */
export interface BadLine {
  readonly kind: 'bad';
  readonly line: number;
  readonly problem: string;
}

/** Something valid that the archive has no place for. */
export interface LeftOut {
  readonly kind: 'left out';
  readonly reason: string;
}

/** One result of reading a file; a line of the file may have several. */
export type FileLine = FileRecord | BadLine | LeftOut;

/** The columns of a record that are not fields of the metadata. */
export const POINT_COLUMNS = ['event-type', 'ts', 'val'] as const;

/** The fields of a metadata that are not parameters. */
const FIELDS = ['metadata-key', 'subject-type', 'source', 'destination', 'measurement-agent', 'tool-name'];

/** All names with a meaning of their own: with capital letters they would become parameters by mistake. */
const NAMES = new Set<string>([...POINT_COLUMNS, ...FIELDS, 'input-source', 'input-destination']);

/** `2024-05-01T12:00:00.25Z`, also with a blank for the T and with an offset for the Z. */
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/;

/** The same without a zone, or of a day only. */
const WITHOUT_ZONE = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/** The length of a quoted text in messages. */
const MAX_SHOWN_CHARACTERS = 60;

/** The archive's form of a column name: `_` counts as `-`. Throws `Invalid` for a known name with capital letters. */
export function columnOf(name: string): string {
  const column = name.trim().replaceAll('_', '-');
  const lower = column.toLowerCase();
  if (column !== lower && NAMES.has(lower)) throw new Invalid(`${name.trim()}: expected ${lower}, in lower case`);
  return column;
}

/**
 * Makes a record from named JSON values. `_` in names counts as `-`; empty and null values count as absent. Throws
 * `Invalid`.
 */
export function recordOf(line: number, members: Iterable<readonly [name: string, value: JsonSlice]>): FileRecord {
  const fields = new Map<string, string>();
  const point = new Map<string, JsonSlice>();
  for (const [name, value] of members) {
    const column = columnOf(name);
    if (POINT_COLUMNS.some((known) => known === column)) point.set(column, value);
    else if (value.kind !== 'null' && value.text !== '""') fields.set(column, value.text);
  }
  const eventType = point.get('event-type');
  const value = point.get('val');
  if (eventType?.kind !== 'string') throw new BadPart('event-type', 'missing');
  if (!value) throw new BadPart('val', 'missing, or empty: expected a number or JSON');
  return { kind: 'record', line, fields, eventType: stringOf(eventType), micros: timeOf(point.get('ts')), value };
}

/** Returns what `make` returns, or a bad line where it throws `Invalid`. */
export function lineOr(line: number, make: () => FileLine[]): FileLine[] {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return [{ kind: 'bad', line, problem: error.message }];
  }
}

/** Micros from seconds (as the API takes them), decimal text or ISO 8601. Throws `Invalid`. */
function timeOf(slice: JsonSlice | undefined): number {
  const text = slice?.kind === 'string' ? stringOf(slice).trim() : '';
  if (/^-?\d+\.\d+$/.test(text)) return parseTime({ kind: 'number', text });
  const [, day, time, fraction = '', zone] = ISO.exec(text) ?? [];
  if (day === undefined || time === undefined || zone === undefined) return secondsOf(slice, text);
  const seconds = Date.parse(`${day}T${time}${zone}`) / 1000;
  if (!inStorableYears(seconds))
    throw new BadPart('ts', `${text} is no time of the years 1 to 9999 (${FIRST_SECOND} to ${LAST_SECOND} seconds)`);
  return seconds * MICROS_PER_SECOND + Number(fraction.padEnd(6, '0'));
}

/**
 * Micros from seconds as the API takes them; messages mention ISO 8601, too. `text` is that of a slice that is a text.
 */
function secondsOf(slice: JsonSlice | undefined, text: string): number {
  const shown = text.slice(0, MAX_SHOWN_CHARACTERS);
  if (WITHOUT_ZONE.test(text))
    throw new BadPart(
      'ts',
      `${shown} has no time zone: write ${utcOf(shown)} if it is UTC, or an offset such as +02:00`,
    );
  if (slice?.kind === 'string' && !/^[+-]?\d+$/.test(text))
    throw new BadPart(
      'ts',
      `expected seconds since 1970, or ISO 8601 with a zone such as 2024-05-01T12:00:00.25Z, got ${JSON.stringify(shown)}`,
    );
  return parseTime(slice);
}

/** A time without a zone, written as one in UTC. */
function utcOf(text: string): string {
  const [day = '', time = '00:00:00'] = text.split(/[T ]/);
  return `${day}T${time.length === 5 ? `${time}:00` : time}Z`;
}
