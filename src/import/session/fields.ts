import { isDecimal } from '../../common/decimal-text.js';
import { BadPart } from '../../common/errors.js';

/** What Python writes for numbers that are none. */
const NOT_FINITE = /^(?:[+-]?(?:nan|inf|infinity))?$/i;

/** The most characters of a wrong field that a message shows. */
const SHOWN = 60;

/** A number; NaN where there is none. Throws a `BadPart` for anything else. */
export function numberIn(name: string, field: string): number {
  if (NOT_FINITE.test(field)) return NaN;
  const number = isDecimal(field) ? Number(field) : NaN;
  if (Number.isFinite(number)) return number;
  throw new BadPart(name, `expected a number, got ${JSON.stringify(field.slice(0, SHOWN))}`);
}

/** An integer, which may be written as a double is. Throws a `BadPart` for anything else. */
export function integerIn(name: string, field: string): number {
  const number = numberIn(name, field);
  if (Number.isSafeInteger(number)) return number;
  throw new BadPart(name, `expected an integer, got ${JSON.stringify(field.slice(0, SHOWN))}`);
}

/** Throws a `BadPart` for a row with another number of fields. */
export function checkFields(fields: readonly string[], columns: number): void {
  if (fields.length !== columns) throw new BadPart('', `expected ${columns} fields, got ${fields.length}`);
}
