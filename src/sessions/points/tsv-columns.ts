import { isUtf8 } from 'node:buffer';
import { isDecimal } from '../../common/decimal-text.js';
import { BadPart, Invalid } from '../../common/errors.js';
import { tsvRows } from '../../common/tsv-rows.js';
import { type ColumnOptions, PostedColumns } from './posted-columns.js';

const INTEGER = /^-?\d{1,16}$/;

/** The most characters of a wrong field that a message shows. */
const SHOWN = 60;

/**
 * Reads lines of `ts`, tab, value, without a header; see `tsvRows`. Throws `Invalid`, naming the line by its number from 1,
 * where quoted line breaks don't count, and `TooLarge`.
 */
export function parseTsvColumns(body: Buffer, options: ColumnOptions): PostedColumns {
  if (!isUtf8(body)) throw new Invalid('the body is not UTF-8');
  const columns = new PostedColumns(options);
  let line = 0;
  for (const fields of tsvRows(body.toString())) {
    line++;
    try {
      addLine(columns, fields);
    } catch (error) {
      throw BadPart.at(`line ${line}`, error);
    }
  }
  return columns.finish();
}

function addLine(columns: PostedColumns, fields: readonly string[]): void {
  const [ts, value] = fields;
  if (ts === undefined || value === undefined || fields.length > 2) throw new BadPart('', 'expected ts, tab, value');
  if (!INTEGER.test(ts)) throw new BadPart('ts', `expected integer microseconds, got ${shown(ts)}`);
  columns.addTime(Number(ts));
  if (!columns.hasNumbers) columns.addText(value);
  else if (isDecimal(value)) columns.addNumber(Number(value));
  else throw new BadPart('value', `expected a finite number, got ${shown(value)}`);
}

function shown(field: string): string {
  return JSON.stringify(field.length > SHOWN ? `${field.slice(0, SHOWN)}…` : field);
}
