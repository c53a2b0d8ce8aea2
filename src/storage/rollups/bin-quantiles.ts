import { binaryOf, readTimestamp } from '../../postgres/binary-decoding.js';

/** The numbers of a bin that its value of `quantiles` consists of, with the count at the end. */
export interface BinQuantiles {
  /** The begin of the bin, in micros. */
  readonly micros: number;
  /** Empty where the bin has no points. */
  readonly numbers: readonly (number | null)[];
  /** Whether more values differ than are kept. */
  readonly isBeyond: boolean;
}

/**
 * An SQL aggregate of rows with `bin`, `count`, `quantiles` and `samples` into one text, which `binQuantiles` reads. The
 * samples are not fetched.
 */
export const QUANTILES_OF_BINS = `encode(string_agg(
  timestamptz_send(bin) || int8send(count) || boolsend(samples IS NULL) || array_send(quantiles), ''), 'base64')`;

/** What array_send begins with: dimensions, a flag and the type; then length and lower bound of each dimension. */
const ARRAY_HEADER = 12;
const DIMENSION = 8;

export function binQuantiles(text: string | null): BinQuantiles[] {
  const bytes = binaryOf(text);
  const bins: BinQuantiles[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const micros = readTimestamp(bytes, at);
    const count = Number(bytes.getBigInt64(at + 8));
    const isBeyond = bytes.getInt8(at + 16) !== 0;
    const isEmpty = bytes.getInt32(at + 17) === 0;
    const length = isEmpty ? 0 : bytes.getInt32(at + 17 + ARRAY_HEADER);
    at += 17 + ARRAY_HEADER + (isEmpty ? 0 : DIMENSION);
    const numbers: (number | null)[] = [];
    for (let index = 0; index < length; index++) {
      const isNull = bytes.getInt32(at) < 0;
      numbers.push(isNull ? null : bytes.getFloat64(at + 4));
      at += isNull ? 4 : 12;
    }
    bins.push({ micros, numbers: isEmpty ? [] : [...numbers, count], isBeyond });
  }
  return bins;
}
