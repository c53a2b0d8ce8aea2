/**
 * Arrays in PostgreSQL's binary format, for statement parameters such as `$1::int4[]`. node-postgres sends a Buffer in
 * binary, and these cost neither the database nor node the formatting and parsing of every element as text.
 * Format: array_send in src/backend/utils/adt/arrayfuncs.c.
 */

const INT4 = 23;
const FLOAT8 = 701;
const TIMESTAMPTZ = 1184;
const JSON_TYPE = 114;

const HEADER = 20;
const NULL_LENGTH = -1;

/** 2000-01-01 in micros: where PostgreSQL's timestamps begin. */
const POSTGRES_EPOCH = 946_684_800_000_000;

/** `int4[]` of integers. */
export function int4Array(values: readonly number[]): Buffer {
  const buffer = allocate(INT4, values.length, 8 * values.length, false);
  let at = HEADER;
  for (const value of values) {
    buffer.writeInt32BE(4, at);
    buffer.writeInt32BE(value, at + 4);
    at += 8;
  }
  return buffer;
}

/** `timestamptz[]` of micros. */
export function timestampArray(micros: readonly number[]): Buffer {
  const buffer = allocate(TIMESTAMPTZ, micros.length, 12 * micros.length, false);
  let at = HEADER;
  for (const time of micros) {
    const value = time - POSTGRES_EPOCH;
    const high = Math.floor(value / 2 ** 32);
    buffer.writeInt32BE(8, at);
    buffer.writeInt32BE(high, at + 4);
    buffer.writeUInt32BE(value - high * 2 ** 32, at + 8);
    at += 12;
  }
  return buffer;
}

/** `float8[]` of doubles and nulls. */
export function float8Array(values: readonly (number | null)[]): Buffer {
  const nulls = values.reduce((count: number, value) => (value === null ? count + 1 : count), 0);
  const buffer = allocate(FLOAT8, values.length, 4 * nulls + 12 * (values.length - nulls), nulls > 0);
  let at = HEADER;
  for (const value of values) {
    if (value === null) {
      at = buffer.writeInt32BE(NULL_LENGTH, at);
    } else {
      buffer.writeInt32BE(8, at);
      at = buffer.writeDoubleBE(value, at + 4);
    }
  }
  return buffer;
}

/** `json[]` of JSON texts and nulls. */
export function jsonArray(texts: readonly (string | null)[]): Buffer {
  const size = texts.reduce((sum, text) => sum + 4 + (text === null ? 0 : Buffer.byteLength(text)), 0);
  const buffer = allocate(JSON_TYPE, texts.length, size, texts.includes(null));
  let at = HEADER;
  for (const text of texts) {
    if (text === null) {
      at = buffer.writeInt32BE(NULL_LENGTH, at);
    } else {
      const length = buffer.write(text, at + 4);
      buffer.writeInt32BE(length, at);
      at += 4 + length;
    }
  }
  return buffer;
}

function allocate(elementType: number, count: number, size: number, hasNulls: boolean): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER + size);
  buffer.writeInt32BE(1, 0); // dimensions
  buffer.writeInt32BE(hasNulls ? 1 : 0, 4);
  buffer.writeInt32BE(elementType, 8);
  buffer.writeInt32BE(count, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  return buffer;
}
