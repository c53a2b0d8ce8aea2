import { type ByteReader, type ByteWriter } from './varints.js';

/** A column of raw doubles takes at most so many bytes a double. */
export const MAX_RAW_BYTES = 9;

/** One double, and its bits. */
const BITS = new DataView(new ArrayBuffer(8));

/**
 * Writes doubles of any bits: each is XORed with the one before (the first with 0), and stripped of the zero bytes at both
 * ends. A byte comes first whose upper half counts the zero bytes at the most significant end, and whose lower half
 * those at the other end (none if all eight are zero). The bytes between them follow, the least significant first.
 */
export function writeDoubles(writer: ByteWriter, values: ArrayLike<number>, begin: number, end: number): void {
  let lastLow = 0;
  let lastHigh = 0;
  for (let index = begin; index < end; index++) {
    BITS.setFloat64(0, values[index] ?? NaN, true);
    const low = BITS.getInt32(0, true);
    const high = BITS.getInt32(4, true);
    writeBits(writer, low ^ lastLow, high ^ lastHigh);
    lastLow = low;
    lastHigh = high;
  }
}

function writeBits(writer: ByteWriter, low: number, high: number): void {
  const leading = high === 0 ? 4 + (Math.clz32(low) >> 3) : Math.clz32(high) >> 3;
  const trailing = leading === 8 ? 0 : low === 0 ? 4 + zeroBytesBelow(high) : zeroBytesBelow(low);
  writer.byte((leading << 4) | trailing);
  for (let place = trailing; place < 8 - leading; place++)
    writer.byte(place < 4 ? (low >>> (8 * place)) & 255 : (high >>> (8 * (place - 4))) & 255);
}

/** How many zero bytes an integer has at its least significant end. */
function zeroBytesBelow(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/** Fills an array with the doubles of a column, which must be as many. */
export function readDoubles(reader: ByteReader, values: Float64Array): void {
  let low = 0;
  let high = 0;
  for (let index = 0; index < values.length; index++) {
    const header = reader.byte();
    const end = 8 - (header >> 4);
    const begin = header & 15;
    if (begin > end) throw reader.damaged('a double has too many zero bytes');
    for (let place = begin; place < end; place++)
      if (place < 4) low ^= reader.byte() << (8 * place);
      else high ^= reader.byte() << (8 * (place - 4));
    BITS.setInt32(0, low, true);
    BITS.setInt32(4, high, true);
    values[index] = BITS.getFloat64(0, true);
  }
}
