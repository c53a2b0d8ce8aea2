import { isDecimal } from '../common/decimal-text.js';
import { BadPart } from '../common/errors.js';
import { tsvRows } from '../common/tsv-rows.js';
import { RowDigests } from './row-digests.js';
import { type Table } from './tables.js';

/** The columns that every table begins with: a date, which says nothing, the number of the stream, and the time. */
const FIRST_COLUMNS = ['key_date', 'tag', 'ts'];

/** After so many rows, others get their turn if it is time for it. */
export const ROWS_PER_STEP = 250;

/** What Python writes for numbers that are none. */
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;

/** The most characters of a wrong field that a message shows. */
const SHOWN = 60;

/** The rows of an upload, as columns. Numbers that are missing or not finite are NaN. */
export interface UploadedRows {
  readonly tags: readonly number[];
  /** Since the start of the test: micros of points, else seconds. */
  readonly times: readonly number[];
  readonly texts: readonly string[];
  /** One for each column of numbers. */
  readonly numbers: readonly (readonly number[])[];
  readonly digests: RowDigests;
}

/**
 * Reads the rows of an upload, in steps. Throws `BadPart`, naming line and column, where a line has another number of
 * fields, or a field is no number.
 */
export function* readRows(text: string, table: Table): Generator<void, UploadedRows, void> {
  const columns = [...FIRST_COLUMNS, ...(table.hasText ? ['text'] : []), ...table.numbers];
  const firstNumber = columns.length - table.numbers.length;
  const rows = { tags: [] as number[], times: [] as number[], texts: [] as string[], digests: new RowDigests() };
  const numbers = table.numbers.map((): number[] => []);
  let line = 0;
  for (const fields of tsvRows(text)) {
    line++;
    if (fields.length !== columns.length)
      throw new BadPart(`line ${line}`, `expected ${columns.length} fields, got ${fields.length}`);
    try {
      const [, tagField = '', timeField = ''] = fields;
      const tag = integer('tag', tagField);
      if (Number.isNaN(tag)) throw wrong('tag', 'an integer', tagField);
      const time = integer('ts', timeField);
      const values = table.numbers.map((name, index) => number(name, fields[firstNumber + index] ?? ''));
      const label = table.hasText ? fields[FIRST_COLUMNS.length] : undefined;
      rows.tags.push(tag);
      rows.times.push(time);
      if (label !== undefined) rows.texts.push(label);
      for (const [index, value] of values.entries()) numbers[index]?.push(value);
      rows.digests.add([tag, time, ...values], label);
    } catch (error) {
      throw BadPart.at(`line ${line}`, error);
    }
    if (line % ROWS_PER_STEP === 0) yield;
  }
  return { ...rows, numbers };
}

/** A number that may be written as a double, such as `12.0`: pandas does so where others of the column are. */
function integer(name: string, field: string): number {
  const value = number(name, field);
  if (!Number.isNaN(value) && !Number.isSafeInteger(value)) throw wrong(name, 'an integer', field);
  return value;
}

function number(name: string, field: string): number {
  if (field === '' || NOT_FINITE.test(field)) return NaN;
  if (!isDecimal(field)) throw wrong(name, 'a number', field);
  const value = Number(field);
  return Number.isFinite(value) ? value : NaN;
}

function wrong(name: string, expected: string, field: string): BadPart {
  const shown = field.length > SHOWN ? `${field.slice(0, SHOWN)}…` : field;
  return new BadPart(name, `expected ${expected}, got ${JSON.stringify(shown)}`);
}
