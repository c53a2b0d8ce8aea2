/**
 * Arrays in PostgreSQL's binary format, for statement parameters such as `$1::int4[]`. node-postgres sends a Buffer in
 * binary, and these cost neither the database nor node the formatting and parsing of every element as text. Each takes
 * the items that a statement stores and a function that gives the element of one.
 * Format: array_send in src/backend/utils/adt/arrayfuncs.c.
 */

import { POSTGRES_EPOCH } from './timestamps.js';

const INT4 = 23;
const INT8 = 20;
const TEXT = 25;
const BYTEA = 17;
const FLOAT8 = 701;
const TIMESTAMPTZ = 1184;
const JSON_TYPE = 114;
const JSONB = 3802;

/** The version of the format of jsonb, which stands before each text. */
const JSONB_VERSION = 1;

const HEADER = 20;
const NULL_LENGTH = -1;

/** The earliest micros whose distance to PostgreSQL's epoch is a double without a loss: in 1714. */
const FIRST_EXACT = POSTGRES_EPOCH - Number.MAX_SAFE_INTEGER;

/** `int4[]` of integers. */
export function int4Array<T>(items: readonly T[], element: (item: T) => number): Buffer {
  const array = new ArrayWriter(INT4, items.length, 8 * items.length);
  for (const item of items) array.int4(element(item));
  return array.bytes();
}

/** `int8[]` of integers that a double holds exactly. */
export function int8Array<T>(items: readonly T[], element: (item: T) => number): Buffer {
  const array = new ArrayWriter(INT8, items.length, 12 * items.length);
  for (const item of items) array.int8(element(item));
  return array.bytes();
}

/** `timestamptz[]` of micros. */
export function timestampArray<T>(items: readonly T[], element: (item: T) => number): Buffer {
  const array = new ArrayWriter(TIMESTAMPTZ, items.length, 12 * items.length);
  for (const item of items) array.timestamp(element(item));
  return array.bytes();
}

/** `float8[]` of doubles and nulls. */
export function float8Array<T>(items: readonly T[], element: (item: T) => number | null): Buffer {
  const array = new ArrayWriter(FLOAT8, items.length, 12 * items.length);
  for (const item of items) {
    const value = element(item);
    if (value === null) array.null();
    else array.float8(value);
  }
  return array.bytes();
}

/** `json[]` of JSON texts and nulls. */
export function jsonArray<T>(items: readonly T[], element: (item: T) => string | null): Buffer {
  const size = items.reduce((sum, item) => sum + 4 + Buffer.byteLength(element(item) ?? ''), 0);
  const array = new ArrayWriter(JSON_TYPE, items.length, size);
  for (const item of items) {
    const text = element(item);
    if (text === null) array.null();
    else array.text(text);
  }
  return array.bytes();
}

/** `jsonb[]` of JSON texts and nulls. */
export function jsonbArray<T>(items: readonly T[], element: (item: T) => string | null): Buffer {
  const texts = items.map(element);
  const size = texts.reduce((sum, text) => sum + 5 + Buffer.byteLength(text ?? ''), 0);
  const array = new ArrayWriter(JSONB, texts.length, size);
  for (const text of texts)
    if (text === null) array.null();
    else array.text(text, JSONB_VERSION);
  return array.bytes();
}

/** `text[]` of texts. */
export function textArray<T>(items: readonly T[], element: (item: T) => string): Buffer {
  const size = items.reduce((sum, item) => sum + 4 + Buffer.byteLength(element(item)), 0);
  const array = new ArrayWriter(TEXT, items.length, size);
  for (const item of items) array.text(element(item));
  return array.bytes();
}

/** `bytea[]` of bytes and nulls. */
export function byteaArray<T>(items: readonly T[], element: (item: T) => Buffer | null): Buffer {
  const all = items.map(element);
  const size = all.reduce((sum, bytes) => sum + 4 + (bytes?.length ?? 0), 0);
  const array = new ArrayWriter(BYTEA, items.length, size);
  for (const bytes of all)
    if (bytes === null) array.null();
    else array.binary(bytes);
  return array.bytes();
}

/** Writes one element after the other. By a DataView, whose calls V8 turns into plain stores; those of Buffer not. */
class ArrayWriter {
  private readonly buffer: Buffer;
  private readonly view: DataView;
  private at = HEADER;

  /** @param size what the elements take at most, with the 4 bytes of each one's length. */
  constructor(elementType: number, count: number, size: number) {
    this.buffer = Buffer.allocUnsafe(HEADER + size);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength);
    this.view.setInt32(0, 1); // dimensions
    this.view.setInt32(4, 0); // whether there are nulls
    this.view.setInt32(8, elementType);
    this.view.setInt32(12, count);
    this.view.setInt32(16, 1); // lower bound
  }

  null(): void {
    this.view.setInt32(4, 1);
    this.view.setInt32(this.at, NULL_LENGTH);
    this.at += 4;
  }

  int4(value: number): void {
    this.view.setInt32(this.at, 4);
    this.view.setInt32(this.at + 4, value);
    this.at += 8;
  }

  int8(value: number): void {
    const high = Math.floor(value / 2 ** 32);
    this.view.setInt32(this.at, 8);
    this.view.setInt32(this.at + 4, high);
    this.view.setUint32(this.at + 8, value - high * 2 ** 32);
    this.at += 12;
  }

  timestamp(micros: number): void {
    if (micros >= FIRST_EXACT) {
      this.int8(micros - POSTGRES_EPOCH);
      return;
    }
    this.view.setInt32(this.at, 8);
    this.view.setBigInt64(this.at + 4, BigInt(micros) - BigInt(POSTGRES_EPOCH));
    this.at += 12;
  }

  float8(value: number): void {
    this.view.setInt32(this.at, 8);
    this.view.setFloat64(this.at + 4, value);
    this.at += 12;
  }

  /** @param version a byte that stands before the text. */
  text(value: string, version?: number): void {
    const begin = this.at + 4;
    if (version !== undefined) this.view.setInt8(begin, version);
    const prefix = version === undefined ? 0 : 1;
    const length = prefix + this.buffer.write(value, begin + prefix);
    this.view.setInt32(this.at, length);
    this.at = begin + length;
  }

  binary(value: Buffer): void {
    this.view.setInt32(this.at, value.length);
    value.copy(this.buffer, this.at + 4);
    this.at += 4 + value.length;
  }

  bytes(): Buffer {
    return this.buffer.subarray(0, this.at);
  }
}
