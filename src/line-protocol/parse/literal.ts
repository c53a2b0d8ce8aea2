import { type FieldType } from '../../storage/databases/field-store.js';

/** A value of a field that is no text; a boolean is 0 or 1. */
export interface Literal {
  readonly type: Exclude<FieldType, 'string'>;
  readonly value: number;
}

/** The most characters of a number: regular expressions run out of stack on megabytes of digits. */
const MAX_NUMBER = 1000;

const INTEGER = /^[+-]?\d+[iu]$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
/** A float that is wrong only in its exponent. */
const BAD_EXPONENT = /^[+-]?\d*\.?\d*[eE][\d.eE+-]*$/;
const LOOKS_LIKE_NUMBER = /^(?:[\d.Nn-]|\+[\d.])/;

const BOOLEANS: ReadonlyMap<string, number> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, 1] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, 0] as const),
]);

/**
 * Reads a number or boolean from its text, which is not empty. An integer beyond 2^53 becomes the nearest double.
 *
 * @returns why the line is refused, in the words of InfluxDB, where it is neither.
 */
export function parseLiteral(text: string): Literal | string {
  if (!LOOKS_LIKE_NUMBER.test(text)) {
    const value = BOOLEANS.get(text);
    return value === undefined ? 'invalid boolean' : { type: 'boolean', value };
  }
  if (text.length > MAX_NUMBER) return 'invalid number';
  if (INTEGER.test(text)) return parseInteger(text);
  if (!FLOAT.test(text)) return BAD_EXPONENT.test(text) ? 'invalid float' : 'invalid number';
  const value = Number(text);
  return Number.isFinite(value) ? { type: 'float', value } : 'invalid float';
}

function parseInteger(text: string): Literal | string {
  const digits = text.slice(0, -1);
  if (text.endsWith('u') && digits.startsWith('-')) return 'invalid number';
  const integer = BigInt(digits.replace('+', ''));
  if (BigInt.asIntN(64, integer) !== integer) return `unable to parse integer ${digits}: value out of range`;
  return { type: 'integer', value: Number(integer) };
}
