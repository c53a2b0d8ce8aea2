import { parseDecimal } from 'marigram-client/exact';
import { type JsonSlice, stringOf } from '../json/json-text.js';

const INT64_END = 2n ** 63n;

/** Longer texts are judged as doubles: megabytes of digits would take long to judge exactly. */
const LONGEST_EXACT = 400;

/**
 * The integer that a JSON number or integer text stands for; a number with a fraction is cut towards zero.
 * `undefined` where it is neither, or outside of 64 bits (judged on the source text; the result is the nearest double).
 */
export function integerOf(slice: JsonSlice): number | undefined {
  const text = numericText(slice, /^\s*[+-]?\d+\s*$/);
  if (text === undefined) return undefined;
  const value = Math.trunc(Number(text));
  if (Number.isSafeInteger(value)) return value + 0; // `+ 0` makes -0 a plain 0
  if (text.length > LONGEST_EXACT) return value >= -(2 ** 63) && value < 2 ** 63 ? value : undefined;
  const { digits, scale } = parseDecimal(text.trim().replace('+', '').toLowerCase());
  const exact = digits / 10n ** BigInt(scale);
  return exact >= -INT64_END && exact < INT64_END ? value : undefined;
}

/** Whether a JSON number lost its fraction in the integer that `integerOf` made of it. */
export function isFraction(slice: JsonSlice, integer: number): boolean {
  return slice.kind === 'number' && Number(slice.text) !== integer;
}

/** The double that a JSON number or decimal text stands for; `undefined` where it is neither or not finite. */
export function floatOf(slice: JsonSlice): number | undefined {
  const text = numericText(slice, /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/);
  if (text === undefined) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** The source text of a JSON number, or the content of a JSON string that matches `accepted`. */
function numericText(slice: JsonSlice, accepted: RegExp): string | undefined {
  if (slice.kind === 'number') return slice.text;
  if (slice.kind !== 'string') return undefined;
  const text = stringOf(slice);
  return accepted.test(text) ? text : undefined;
}
