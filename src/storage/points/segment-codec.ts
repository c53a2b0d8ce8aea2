import { MAX_INTEGER_BYTES, readIntegers, readSteps, writeIntegers, writeSteps } from '../codec/integer-column.js';
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

/** The bits of the first byte. */
const FAR_TIMES = 1;
const ROWS = 2;
const DENOMINATORS = 4;

/** Flags, count, the first row and the scales of two columns take less than this. */
const HEADER_BYTES = 24;

/** Encoders never wait, so all share this memory: for times, rows, and two columns of numbers. */
const SHARED_BYTES = new Uint8Array(HEADER_BYTES + MAX_SEGMENT_POINTS * (2 * MAX_INTEGER_BYTES + 2 * MAX_NUMBER_BYTES));
const SHARED_NUMBERS = new Float64Array(MAX_SEGMENT_POINTS);

/** What the points of one series have whatever their values, in the order of (time, row). */
interface PlaceColumns {
  /** Whole micros, ascending. Without rows no time comes twice. */
  readonly micros: ArrayLike<number>;
  /** Row numbers or nanoseconds, integers from 0 to 2^31 − 1. */
  readonly rows?: ArrayLike<number> | undefined;
}

/** Points with numbers. */
export interface NumberColumns extends PlaceColumns {
  readonly values: ArrayLike<number>;
  readonly denominators?: ArrayLike<number> | undefined;
}

/** Points with JSON texts. */
export interface DocumentColumns extends PlaceColumns {
  readonly documents: ArrayLike<string>;
}

interface DecodedPlaces {
  readonly micros: Float64Array;
  readonly rows: Float64Array | undefined;
}

/** The numbers of a segment, bit for bit as they were encoded. */
export interface DecodedNumbers extends DecodedPlaces {
  readonly values: DecodedColumn;
  /** Of percentages only. */
  readonly denominators: DecodedColumn | undefined;
}

export interface DecodedDocuments extends DecodedPlaces {
  readonly documents: readonly string[];
}

/**
 * The points [begin, end) as the data of a segment, laid out as docs/storage.md says. A point a minute with three decimals
 * takes 2 bytes and 15 ns. Throws a `RangeError` unless there are 1 to `MAX_SEGMENT_POINTS`, each at a whole micro.
 */
export function encodeNumbers(columns: NumberColumns, begin: number, end: number): Buffer {
  const { values, denominators } = columns;
  const writer = writerOf(columns, begin, end, denominators ? DENOMINATORS : 0);
  writeNumbers(writer, values, begin, end, SHARED_NUMBERS);
  if (denominators) writeNumbers(writer, denominators, begin, end, SHARED_NUMBERS);
  return Buffer.from(writer.bytes.subarray(0, writer.at));
}

/** As `encodeNumbers`, of documents. */
export function encodeDocuments(columns: DocumentColumns, begin: number, end: number): Buffer {
  const { documents } = columns;
  const writer = writerOf(columns, begin, end, 0);
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
  const { reader, flags, micros, rows } = readerOf(data, DENOMINATORS);
  const values = readNumbers(reader, micros.length);
  const denominators = flags & DENOMINATORS ? readNumbers(reader, micros.length) : undefined;
  reader.end();
  return { micros, rows, values, denominators };
}

/** As `decodeNumbers`, of documents. */
export function decodeDocuments(data: Uint8Array): DecodedDocuments {
  const { reader, micros, rows } = readerOf(data, 0);
  const documents: string[] = [];
  for (const length of readIntegers(reader, new Float64Array(micros.length)))
    documents.push(textOf(reader.take(length)));
  reader.end();
  return { micros, rows, documents };
}

/** A writer that has written flags, count, times and rows. */
function writerOf({ micros, rows }: PlaceColumns, begin: number, end: number, flags: number): ByteWriter {
  const count = end - begin;
  if (!(count >= 1 && count <= MAX_SEGMENT_POINTS)) throw new RangeError(`a segment can't hold ${count} points`);
  const far = areFar(micros, begin, end);
  const writer = new ByteWriter(SHARED_BYTES);
  writer.byte(flags | (far ? FAR_TIMES : 0) | (rows ? ROWS : 0));
  writer.varint(count);
  writeTimes(writer, micros, begin, end, far, SHARED_NUMBERS);
  if (rows) {
    writer.varint(rows[begin] ?? NaN);
    writeSteps(writer, rows, begin, end, SHARED_NUMBERS);
  }
  return writer;
}

/**
 * A reader that has read flags, count, times and rows.
 * @param known the other flags that the codec knows.
 */
function readerOf(data: Uint8Array, known: number): DecodedPlaces & { reader: ByteReader; flags: number } {
  const reader = new ByteReader(data, 'a segment of points');
  const flags = reader.byte();
  if ((flags & ~(known | FAR_TIMES | ROWS)) !== 0) throw reader.damaged('it has unknown flags');
  const count = reader.varint();
  if (count < 1 || count > MAX_SEGMENT_POINTS) throw reader.damaged(`it claims to hold ${count} points`);
  const micros = readTimes(reader, count, (flags & FAR_TIMES) !== 0);
  const rows = (flags & ROWS) !== 0 ? readSteps(reader, reader.varint(), new Float64Array(count)) : undefined;
  return { reader, flags, micros, rows };
}

function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString();
}
