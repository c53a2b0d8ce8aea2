import { type HandedColumns } from '../backend.js';

/** What the values of points are. */
const NUMBERS = 1;
const TEXTS = 2;

const WORD = 2 ** 32;

/** Points of one stream, as they lie in a spool. */
export interface SpooledPoints {
  readonly stream: string;
  readonly row: number;
  readonly rows: number;
  /** `rows` integers of 64 bits, little-endian. */
  readonly ts: Buffer;
  /** Numbers: `rows` doubles, little-endian. Texts: as many lengths in 32 bits, and the bytes of all. */
  readonly values: Buffer;
  readonly are: 'numbers' | 'texts';
}

/**
 * A part of some points as the payload of a record:
 *
 *     u8 1 (numbers) or 2 (texts), u8 length of the stream's id, the id, u32 row of the first point, u32 number of points,
 *     their times as i64, their values: f64 each; or the length of each in bytes as u32, and then their UTF-8
 */
export function encodePoints([table, { id }, columns]: HandedColumns, from: number, to: number): Buffer {
  const name = Buffer.from(id);
  const rows = to - from;
  const head = Buffer.allocUnsafe(10 + name.length);
  head.writeUInt8(table === 'metrics' ? NUMBERS : TEXTS, 0);
  head.writeUInt8(name.length, 1);
  head.set(name, 2);
  head.writeUInt32LE(columns.row + from, 2 + name.length);
  head.writeUInt32LE(rows, 6 + name.length);
  const ts = Buffer.allocUnsafe(8 * rows);
  columns.ts.subarray(from, to).forEach((time, i) => {
    ts.writeInt32LE(Math.floor(time / WORD), 8 * i + 4);
    ts.writeUInt32LE(time - Math.floor(time / WORD) * WORD, 8 * i);
  });
  const values =
    table === 'metrics' ? numbersOf(columns.value.subarray(from, to)) : textsOf(columns.value.slice(from, to));
  return Buffer.concat([head, ts, ...values]);
}

/** The points of a payload that `encodePoints` has made. */
export function decodePoints(payload: Buffer): SpooledPoints {
  const begin = 10 + payload.readUInt8(1);
  const rows = payload.readUInt32LE(begin - 4);
  return {
    stream: payload.toString('utf8', 2, begin - 8),
    row: payload.readUInt32LE(begin - 8),
    rows,
    ts: payload.subarray(begin, begin + 8 * rows),
    values: payload.subarray(begin + 8 * rows),
    are: payload.readUInt8(0) === NUMBERS ? 'numbers' : 'texts',
  };
}

/** The times of points as numbers. */
export function timesOf({ ts, rows }: SpooledPoints): number[] {
  return Array.from({ length: rows }, (_, i) => ts.readInt32LE(8 * i + 4) * WORD + ts.readUInt32LE(8 * i));
}

/** The values of points. */
export function valuesOf({ values, rows, are }: SpooledPoints): (number | string)[] {
  if (are === 'numbers') return Array.from({ length: rows }, (_, i) => values.readDoubleLE(8 * i));
  let at = 4 * rows;
  return Array.from({ length: rows }, (_, i) => values.toString('utf8', at, (at += values.readUInt32LE(4 * i))));
}

function numbersOf(numbers: Float64Array): Buffer[] {
  const bytes = Buffer.allocUnsafe(8 * numbers.length);
  numbers.forEach((number, i) => bytes.writeDoubleLE(number, 8 * i));
  return [bytes];
}

function textsOf(texts: readonly string[]): Buffer[] {
  const encoded = texts.map((text) => Buffer.from(text));
  const lengths = Buffer.allocUnsafe(4 * texts.length);
  encoded.forEach(({ length }, i) => lengths.writeUInt32LE(length, 4 * i));
  return [lengths, ...encoded];
}
