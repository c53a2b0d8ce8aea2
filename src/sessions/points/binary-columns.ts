import { BadPart, Invalid } from '../../common/errors.js';
import { checkNumber, type ColumnOptions, PostedColumns } from './posted-columns.js';

/** Version and number of points. */
const HEADER_BYTES = 8;

/** A time and a value. */
const POINT_BYTES = 16;

const VERSION = 1;

/** The high half of an int64 counts these. */
const HIGH = 2 ** 32;

/**
 * Reads columns of numbers: `u32` 1, `u32` n, n × `i64` times, n × `f64` values, all little-endian. Throws `Invalid`,
 * naming the element by its position from 1, and `TooLarge`.
 */
export function parseBinaryColumns(body: Buffer, options: ColumnOptions): PostedColumns {
  const columns = new PostedColumns(options);
  if (!columns.hasNumbers) throw new Invalid('columns can hold numbers only, and this stream has texts');
  if (body.length < HEADER_BYTES) throw new Invalid(`expected ${HEADER_BYTES} bytes or more, got ${body.length}`);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const version = view.getUint32(0, true);
  if (version !== VERSION) throw new Invalid(`expected version ${VERSION} of columns, got ${version}`);
  const count = view.getUint32(4, true);
  const values = HEADER_BYTES + 8 * count;
  const end = HEADER_BYTES + POINT_BYTES * count;
  if (body.length !== end) throw new Invalid(`expected ${end} bytes for ${count} points, got ${body.length}`);
  checkNumber(count, options.most);
  readAll('ts', HEADER_BYTES, values, (at) => {
    // Where the number is too large for a double, it is rounded to one that is refused.
    columns.addTime(view.getInt32(at + 4, true) * HIGH + view.getUint32(at, true));
  });
  readAll('value', values, end, (at) => {
    columns.addNumber(view.getFloat64(at, true));
  });
  return columns.finish();
}

/** Reads the numbers of 8 bytes at the offsets from `begin` to `end` (exclusive). */
function readAll(name: string, begin: number, end: number, read: (at: number) => void): void {
  let at = begin;
  try {
    for (; at < end; at += 8) read(at);
  } catch (error) {
    throw BadPart.at(`${name} ${(at - begin) / 8 + 1}`, error);
  }
}
