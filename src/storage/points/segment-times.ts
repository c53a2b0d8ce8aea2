import { readSteps, writeSteps } from '../codec/integer-column.js';
import { type ByteReader, type ByteWriter } from '../codec/varints.js';

/** The steps between times must not be longer than this to be written as an integer column: 71 years. */
const MAX_STEP = 2 ** 51 - 1;

/** One time as an integer of 64 bits. */
const INT64 = new DataView(new ArrayBuffer(8));

/** Whether times of [begin, end) lie beyond the years 1684 to 2255, or too far apart for steps. */
export function areFar(micros: ArrayLike<number>, begin: number, end: number): boolean {
  const first = micros[begin] ?? NaN;
  const last = micros[end - 1] ?? NaN;
  return !(Number.isSafeInteger(first) && Number.isSafeInteger(last) && last - first <= MAX_STEP);
}

/**
 * Writes the times of [begin, end) as integers of 64 bits, the least significant byte first: all of them if they are far,
 * else the first, followed by the steps from each to the next as an integer column.
 * @param steps memory for as many numbers.
 */
export function writeTimes(
  writer: ByteWriter,
  micros: ArrayLike<number>,
  begin: number,
  end: number,
  far: boolean,
  steps: Float64Array,
): void {
  for (let index = begin; index < (far ? end : begin + 1); index++) writeInt64(writer, micros[index] ?? NaN);
  if (!far) writeSteps(writer, micros, begin, end, steps);
}

export function readTimes(reader: ByteReader, count: number, far: boolean): Float64Array {
  const micros = new Float64Array(count);
  if (far) {
    for (let index = 0; index < count; index++) micros[index] = readInt64(reader);
    return micros;
  }
  return readSteps(reader, readInt64(reader), micros);
}

function writeInt64(writer: ByteWriter, value: number): void {
  INT64.setBigInt64(0, BigInt(value), true);
  for (let place = 0; place < 8; place++) writer.byte(INT64.getUint8(place));
}

function readInt64(reader: ByteReader): number {
  for (let place = 0; place < 8; place++) INT64.setUint8(place, reader.byte());
  return Number(INT64.getBigInt64(0, true));
}
