import { BadPart, Invalid } from '../common/errors.js';
import { FIRST_SECOND, inStorableYears, LAST_SECOND, MICROS_PER_SECOND } from '../common/time.js';
import { parseTime } from '../data/parse-points.js';
import { type JsonSlice, stringOf } from '../json/json-text.js';

/** A point of a file with the metadata it belongs to. */
export interface FileRecord {
  readonly kind: 'record';
  readonly line: number;
  /** The fields of the metadata as JSON source texts, `metadata-key` among them. */
  readonly fields: ReadonlyMap<string, string>;
  readonly eventType: string;
  readonly micros: number;
  readonly value: JsonSlice;
}

/** A line that can't be understood. */
export interface BadLine {
  readonly kind: 'bad';
  readonly line: number;
  readonly problem: string;
}

/** Something that is fine but has no place here. */
export interface LeftOut {
  readonly kind: 'left out';
  readonly reason: string;
}

/** What a file holds, piece by piece; a line of the file may make several. */
export type FileLine = FileRecord | BadLine | LeftOut;

/** The columns of a record that are no fields of the metadata. */
export const POINT_COLUMNS = ['event-type', 'ts', 'val'] as const;

/** `2024-05-01T12:00:00.25Z`, also with a blank for the T and with an offset for the Z. */
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)$/;

/**
 * Makes a record of named JSON values. `_` in names counts as `-`, and what is empty or null counts as absent.
 * Throws `Invalid`.
 */
export function recordOf(line: number, members: Iterable<readonly [name: string, value: JsonSlice]>): FileRecord {
  const fields = new Map<string, string>();
  const point = new Map<string, JsonSlice>();
  for (const [name, value] of members) {
    const column = name.trim().replaceAll('_', '-');
    if (POINT_COLUMNS.some((known) => known === column)) point.set(column, value);
    else if (value.kind !== 'null' && value.text !== '""') fields.set(column, value.text);
  }
  const eventType = point.get('event-type');
  const value = point.get('val');
  if (eventType?.kind !== 'string') throw new BadPart('event-type', 'missing');
  if (!value) throw new BadPart('val', 'missing');
  return { kind: 'record', line, fields, eventType: stringOf(eventType), micros: timeOf(point.get('ts')), value };
}

/** Runs what makes lines of a file into records; what it can't understand becomes a bad line. */
export function lineOr(line: number, make: () => FileLine[]): FileLine[] {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Invalid)) throw error;
    return [{ kind: 'bad', line, problem: error.message }];
  }
}

/** Micros from seconds as the API takes them, from decimal text, and from ISO 8601. Throws `Invalid`. */
export function timeOf(slice: JsonSlice | undefined): number {
  const text = slice?.kind === 'string' ? stringOf(slice).trim() : '';
  if (/^-?\d+\.\d+$/.test(text)) return parseTime({ kind: 'number', text });
  const [, day, time, fraction = '', zone] = ISO.exec(text) ?? [];
  if (day === undefined || time === undefined || zone === undefined) return parseTime(slice);
  const seconds = Date.parse(`${day}T${time}${zone}`) / 1000;
  if (!inStorableYears(seconds))
    throw new BadPart('ts', `${text} is no time of the years 1 to 9999 (${FIRST_SECOND} to ${LAST_SECOND} seconds)`);
  return seconds * MICROS_PER_SECOND + Number(fraction.padEnd(6, '0'));
}
