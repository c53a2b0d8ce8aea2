import { MAX_INTEGER_BYTES, readIntegers, writeIntegers } from '../codec/integer-column.js';
import { type DecodedColumn, MAX_NUMBER_BYTES, readNumbers, writeNumbers } from '../codec/number-column.js';
import { areFar, readTimes, writeTimes } from './segment-times.js';
import { ByteReader, ByteWriter } from '../codec/varints.js';

export { type DecodedColumn, numberAt, RAW_SCALE } from '../codec/number-column.js';

/** At most so many points lie in one segment. */
export const MAX_SEGMENT_POINTS = 8192;

/** The codec of numbers and percentages. */
export const NUMBERS_CODEC = 1;

/** The codec of everything that is stored as JSON. */
export const DOCUMENTS_CODEC = 2;

/** The bits of the first byte. A bit of value 2 is reserved for a column of numbers within the microsecond. */
const FAR_TIMES = 1;
const DENOMINATORS = 4;

/** Flags, count and the scales of two columns take less than this. */
const HEADER_BYTES = 16;

/** Encoders never wait, so all share this memory. */
const SHARED_BYTES = new Uint8Array(HEADER_BYTES + MAX_SEGMENT_POINTS * (MAX_INTEGER_BYTES + 2 * MAX_NUMBER_BYTES));
const SHARED_NUMBERS = new Float64Array(MAX_SEGMENT_POINTS);

/** Points of one series in ascending time order, no time twice. Times are whole micros. */
export interface NumberColumns {
  readonly micros: ArrayLike<number>;
  readonly values: ArrayLike<number>;
  readonly denominators?: ArrayLike<number> | undefined;
}

/** As `NumberColumns`, of JSON texts. */
export interface DocumentColumns {
  readonly micros: ArrayLike<number>;
  readonly documents: ArrayLike<string>;
}

/** The numbers of a segment, bit for bit as they were encoded. */
export interface DecodedNumbers {
  readonly micros: Float64Array;
  readonly values: DecodedColumn;
  /** Of percentages only. */
  readonly denominators: DecodedColumn | undefined;
}

export interface DecodedDocuments {
  readonly micros: Float64Array;
  readonly documents: readonly string[];
}

/**
 * The points [begin, end) as the data of a segment, laid out as docs/storage.md says. A point a minute with three decimals
 * takes 2 bytes and 15 ns. Throws a `RangeError` unless there are 1 to `MAX_SEGMENT_POINTS`, each at a whole micro.
 */
export function encodeNumbers({ micros, values, denominators }: NumberColumns, begin: number, end: number): Buffer {
  const writer = writerOf(micros, begin, end, denominators ? DENOMINATORS : 0);
  writeNumbers(writer, values, begin, end, SHARED_NUMBERS);
  if (denominators) writeNumbers(writer, denominators, begin, end, SHARED_NUMBERS);
  return Buffer.from(writer.bytes.subarray(0, writer.at));
}

/** As `encodeNumbers`, of documents. */
export function encodeDocuments({ micros, documents }: DocumentColumns, begin: number, end: number): Buffer {
  const writer = writerOf(micros, begin, end, 0);
  const texts: Buffer[] = [];
  for (let index = begin; index < end; index++) texts.push(Buffer.from(documents[index] ?? ''));
  texts.forEach((text, index) => (SHARED_NUMBERS[index] = text.length));
  writeIntegers(writer, SHARED_NUMBERS, texts.length);
  return Buffer.concat([writer.bytes.subarray(0, writer.at), ...texts]);
}

/**
 * Decodes what `encodeNumbers` returned, in 8 ns a point. Throws a `RangeError` if the bytes can't be those of a
 * segment; not all damage shows.
 */
export function decodeNumbers(data: Uint8Array): DecodedNumbers {
  const { reader, flags, micros } = readerOf(data, FAR_TIMES | DENOMINATORS);
  const values = readNumbers(reader, micros.length);
  const denominators = flags & DENOMINATORS ? readNumbers(reader, micros.length) : undefined;
  reader.end();
  return { micros, values, denominators };
}

/** As `decodeNumbers`, of documents. */
export function decodeDocuments(data: Uint8Array): DecodedDocuments {
  const { reader, micros } = readerOf(data, FAR_TIMES);
  const documents: string[] = [];
  for (const length of readIntegers(reader, new Float64Array(micros.length)))
    documents.push(textOf(reader.take(length)));
  reader.end();
  return { micros, documents };
}

/** A writer that has written flags, count and times. */
function writerOf(micros: ArrayLike<number>, begin: number, end: number, flags: number): ByteWriter {
  const count = end - begin;
  if (!(count >= 1 && count <= MAX_SEGMENT_POINTS)) throw new RangeError(`a segment can't hold ${count} points`);
  const far = areFar(micros, begin, end);
  const writer = new ByteWriter(SHARED_BYTES);
  writer.byte(far ? flags | FAR_TIMES : flags);
  writer.varint(count);
  writeTimes(writer, micros, begin, end, far, SHARED_NUMBERS);
  return writer;
}

/** A reader that has read flags, count and times. */
function readerOf(data: Uint8Array, known: number): { reader: ByteReader; flags: number; micros: Float64Array } {
  const reader = new ByteReader(data, 'a segment of points');
  const flags = reader.byte();
  if ((flags & ~known) !== 0) throw reader.damaged('it has unknown flags');
  const count = reader.varint();
  if (count < 1 || count > MAX_SEGMENT_POINTS) throw reader.damaged(`it claims to hold ${count} points`);
  return { reader, flags, micros: readTimes(reader, count, (flags & FAR_TIMES) !== 0) };
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}
