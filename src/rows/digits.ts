/*
 * Decimal digits, written into memory four at a time: a table has the bytes of 0000 to 9999, and one store writes them.
 * Each function returns the position behind what it wrote; up to three bytes beyond may be overwritten.
 */

import { POWERS } from 'marigram-client/exact';

const MINUS = 45;
const POINT = 46;
const ZERO = 48;

/** The texts of 0000 to 9999, the first digit in the lowest byte. */
const FOUR = new Int32Array(10_000);

/** How many zeros they begin with (0000: three), and how many they end with. */
const LEADING = new Uint8Array(10_000);
const TRAILING = new Uint8Array(10_000);

for (let value = 0; value < 10_000; value++) {
  const text = String(value).padStart(4, '0');
  FOUR[value] = Buffer.from(text).readInt32LE();
  LEADING[value] = 4 - String(value).length;
  TRAILING[value] = 4 - text.replace(/0+$/, '').length;
}

/** An integer below 10^4, with four digits. */
export function putFour(view: DataView, at: number, value: number): number {
  view.setInt32(at, FOUR[value] ?? 0, true);
  return at + 4;
}

/** An integer from 0 to 2^53, without leading zeros. */
export function putInteger(view: DataView, at: number, value: number): number {
  if (value < 1e4) {
    const zeros = LEADING[value] ?? 0;
    view.setInt32(at, (FOUR[value] ?? 0) >>> (8 * zeros), true);
    return at + 4 - zeros;
  }
  const high = Math.floor(value / 1e4);
  return putFour(view, putInteger(view, at, high), value - 1e4 * high);
}

/** A number, digits ÷ 10^scale for a scale up to 9, without trailing zeros in its fraction. */
export function putDecimal(view: DataView, at: number, digits: number, scale: number): number {
  let next = at;
  let size = digits;
  if (digits < 0) {
    view.setInt8(next++, MINUS);
    size = -digits;
  }
  if (scale === 0) return putInteger(view, next, size);
  const power = POWERS[scale] ?? 1;
  const whole = Math.floor(size / power);
  next = putInteger(view, next, whole);
  const fraction = size - whole * power;
  if (fraction === 0) return next;
  view.setInt8(next, POINT);
  return putFraction(view, next + 1, fraction, scale);
}

/** The digits of value ÷ 10^scale, which is not 0, behind its point; without trailing zeros. */
function putFraction(view: DataView, at: number, value: number, scale: number): number {
  if (scale > 8) {
    const first = Math.floor(value / 1e8);
    view.setInt8(at, ZERO + first);
    const rest = value - 1e8 * first;
    return rest === 0 ? at + 1 : putFraction(view, at + 1, rest, 8);
  }
  if (scale <= 4) return putLast(view, at, value * (POWERS[4 - scale] ?? 1));
  const eight = value * (POWERS[8 - scale] ?? 1);
  const high = Math.floor(eight / 1e4);
  const low = eight - 1e4 * high;
  return low === 0 ? putLast(view, at, high) : putLast(view, putFour(view, at, high), low);
}

/** The last four digits of a fraction. */
function putLast(view: DataView, at: number, value: number): number {
  return putFour(view, at, value) - (TRAILING[value] ?? 0);
}
