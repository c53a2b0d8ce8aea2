import { type Multiset } from 'marigram-client/exact';
import { MAX_INTEGER_BYTES, readIntegers, writeIntegers } from '../codec/integer-column.js';
import { MAX_NUMBER_BYTES, numberAt, readNumbers, writeNumbers } from '../codec/number-column.js';
import { ByteReader, ByteWriter } from '../codec/varints.js';

/** The layout of the bytes, which is their first one. */
const LAYOUT = 1;

/** The layout, the count and the scale of the values take less than this. */
const HEADER_BYTES = 16;

/**
 * A multiset as bytes, laid out as docs/storage.md says: response times in whole microseconds take some 1.3 bytes each
 * where a thousand differ, and less where more do.
 */
export function encodeMultiset({ values, counts }: Multiset): Buffer {
  const size = values.length;
  const writer = new ByteWriter(Buffer.allocUnsafe(HEADER_BYTES + size * (MAX_NUMBER_BYTES + MAX_INTEGER_BYTES)));
  writer.byte(LAYOUT);
  writer.varint(size);
  writeNumbers(writer, values, 0, size, new Float64Array(size));
  writeIntegers(writer, counts, size);
  return Buffer.from(writer.bytes.subarray(0, writer.at));
}

/**
 * Decodes what `encodeMultiset` returned. Throws a `RangeError` if the bytes can't be those of a multiset; not all damage
 * shows.
 */
export function decodeMultiset(data: Uint8Array): Multiset {
  const reader = new ByteReader(data, 'a bin of a summary');
  if (reader.byte() !== LAYOUT) throw reader.damaged('its layout is unknown');
  const size = reader.varint();
  // Each value takes a byte at least.
  if (size > data.length) throw reader.damaged(`it claims to hold ${size} values`);
  const column = readNumbers(reader, size);
  const counts = readIntegers(reader, new Float64Array(size));
  reader.end();
  return { values: column.digits.map((_, index) => numberAt(column, index)), counts };
}
