import { type ByteReader, type ByteWriter } from './varints.js';

/** An integer column takes at most so many bytes an integer. */
export const MAX_INTEGER_BYTES = 8;

/**
 * Writes the first `count` integers of a column, each at most 2^51 − 1 either way: the differences to the one before (to 0
 * for the first) as zig-zag varints. A run of n differences of 0 is the pair 0, n − 1.
 */
export function writeIntegers(writer: ByteWriter, integers: Float64Array, count: number): void {
  let last = 0;
  let same = 0;
  for (let index = 0; index < count; index++) {
    const integer = integers[index] ?? 0;
    if (integer === last) {
      same++;
      continue;
    }
    if (same > 0) writeRun(writer, same);
    same = 0;
    writer.signed(integer - last);
    last = integer;
  }
  if (same > 0) writeRun(writer, same);
}

function writeRun(writer: ByteWriter, length: number): void {
  writer.byte(0);
  writer.varint(length - 1);
}

/** Fills an array with the integers of a column, which must be as many. */
export function readIntegers(reader: ByteReader, integers: Float64Array): Float64Array {
  let last = 0;
  for (let index = 0; index < integers.length;) {
    const difference = reader.signed();
    if (difference === 0) {
      const end = index + reader.varint() + 1;
      if (end > integers.length) throw reader.damaged('a run is too long');
      integers.fill(last, index, end);
      index = end;
      continue;
    }
    last += difference;
    integers[index++] = last;
  }
  return integers;
}

/**
 * Writes the steps from each integer of [begin, end) to the next as an integer column, without the first integer.
 * @param steps memory for as many numbers.
 */
export function writeSteps(
  writer: ByteWriter,
  integers: ArrayLike<number>,
  begin: number,
  end: number,
  steps: Float64Array,
): void {
  let last = integers[begin] ?? NaN;
  for (let index = begin + 1; index < end; index++) {
    const integer = integers[index] ?? NaN;
    steps[index - begin - 1] = integer - last;
    last = integer;
  }
  writeIntegers(writer, steps, end - begin - 1);
}

/** Fills an array with the integers whose steps follow; `first` is its first one. */
export function readSteps(reader: ByteReader, first: number, integers: Float64Array): Float64Array {
  let last = first;
  integers[0] = first;
  const steps = readIntegers(reader, integers.subarray(1));
  for (let index = 0; index < steps.length; index++) {
    last += steps[index] ?? NaN;
    steps[index] = last;
  }
  return integers;
}
