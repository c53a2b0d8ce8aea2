import { type BenchPoint } from './points.js';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
/** Signature, flags, length of the header's extension. */
const HEADER = SIGNATURE.length + 8;
const TRAILER = 2;
/** The number of columns, the series, the time. */
const ROW_HEAD = 2 + 8 + 12;
const NULL = -1;

/** 2000-01-01 in seconds since 1970. */
const POSTGRES_EPOCH = 946_684_800;

/** Points as PostgreSQL's `COPY … (FORMAT binary)` wants them: series, ts, value, denominator, document. */
export function encodeCopy(points: readonly BenchPoint[]): Buffer {
  const size = points.reduce((sum, point) => sum + sizeOf(point), HEADER + TRAILER);
  const buffer = Buffer.alloc(size);
  SIGNATURE.copy(buffer);
  let at = HEADER;
  for (const { series, seconds, value, document } of points) {
    at = buffer.writeInt16BE(5, at);
    at = buffer.writeInt32BE(4, at);
    at = buffer.writeInt32BE(series, at);
    at = buffer.writeInt32BE(8, at);
    at = buffer.writeBigInt64BE(BigInt(Math.round((seconds - POSTGRES_EPOCH) * 1e6)), at);
    at = buffer.writeInt32BE(value === null ? NULL : 8, at);
    if (value !== null) at = buffer.writeDoubleBE(value, at);
    at = buffer.writeInt32BE(NULL, at);
    at = buffer.writeInt32BE(document === null ? NULL : Buffer.byteLength(document), at);
    if (document !== null) at += buffer.write(document, at);
  }
  buffer.writeInt16BE(-1, at);
  return buffer;
}

function sizeOf({ value, document }: BenchPoint): number {
  return ROW_HEAD + 12 + (value === null ? 0 : 8) + (document === null ? 0 : Buffer.byteLength(document));
}
