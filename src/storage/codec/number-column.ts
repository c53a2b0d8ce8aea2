import { MAX_INTEGER_BYTES, readIntegers, writeIntegers } from './integer-column.js';
import { MAX_RAW_BYTES, readDoubles, writeDoubles } from './raw-column.js';
import { type ByteReader, type ByteWriter } from './varints.js';

/** The scale of a column that holds its doubles as they are. */
export const RAW_SCALE = 10;

/** The powers of ten by which the values of a scale are multiplied. */
const POWERS = [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** Digits stay as far from 2^53 as makes their differences in zig-zag safe integers too. */
const MAX_DIGITS = 2 ** 51 - 1;

/** A number column takes at most so many bytes a number, and one more. */
export const MAX_NUMBER_BYTES = Math.max(MAX_RAW_BYTES, MAX_INTEGER_BYTES);

/** A number column: value i is digits[i] / 10^scale for scale 0–9, digits[i] itself for `RAW_SCALE`. */
export interface DecodedColumn {
  readonly digits: Float64Array;
  readonly scale: number;
}

/** The value at `index`, to the last bit as it was encoded. */
export function numberAt({ digits, scale }: DecodedColumn, index: number): number {
  const number = digits[index] ?? NaN;
  return scale === RAW_SCALE ? number : number / powerOf(scale);
}

/**
 * Writes the values of [begin, end): the scale as a byte, then the digits as an integer column; or `RAW_SCALE`, then the
 * doubles.
 * @param digits memory for as many numbers.
 */
export function writeNumbers(
  writer: ByteWriter,
  values: ArrayLike<number>,
  begin: number,
  end: number,
  digits: Float64Array,
): void {
  const scale = scaleUp(values, begin, end, digits);
  writer.byte(scale);
  if (scale === RAW_SCALE) writeDoubles(writer, values, begin, end);
  else writeIntegers(writer, digits, end - begin);
}

export function readNumbers(reader: ByteReader, count: number): DecodedColumn {
  const scale = reader.byte();
  if (scale > RAW_SCALE) throw reader.damaged('a column has an unknown scale');
  const digits = new Float64Array(count);
  if (scale === RAW_SCALE) readDoubles(reader, digits);
  else readIntegers(reader, digits);
  return { digits, scale };
}

/**
 * Fills `digits` with values × 10^scale for the smallest scale that gives integers which divide back bit for bit, and
 * returns the scale; `RAW_SCALE` if there is none. A value whose digits are d at one scale has 10 × d at the next, because
 * both quotients are the double next to the same decimal.
 */
function scaleUp(values: ArrayLike<number>, begin: number, end: number, digits: Float64Array): number {
  let scale = 0;
  let power = 1;
  let largest = 0;
  for (let index = begin; index < end; index++) {
    const value = values[index] ?? NaN;
    let number = Math.round(value * power);
    if (number / power !== value) {
      const next = scaleOf(value, scale + 1);
      if (next === RAW_SCALE) return RAW_SCALE;
      const factor = powerOf(next - scale);
      for (let before = 0; before < index - begin; before++) digits[before] = (digits[before] ?? NaN) * factor;
      largest *= factor;
      scale = next;
      power = powerOf(scale);
      number = Math.round(value * power);
    }
    if (number === 0 && Object.is(value, -0)) return RAW_SCALE;
    largest = Math.max(largest, Math.abs(number));
    if (largest > MAX_DIGITS) return RAW_SCALE;
    digits[index - begin] = number;
  }
  return scale;
}

/** The smallest scale from `least` on at which a value is an integer; `RAW_SCALE` if there is none. */
function scaleOf(value: number, least: number): number {
  for (let scale = least; scale < RAW_SCALE; scale++) {
    const power = powerOf(scale);
    if (Math.round(value * power) / power === value) return scale;
  }
  return RAW_SCALE;
}

function powerOf(scale: number): number {
  return POWERS[scale] ?? NaN;
}
