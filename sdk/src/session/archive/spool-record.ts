import { crc32c } from './crc32c.js';

/**
 * What the spool of a session or a logger holds, one record after the other, in the order in which it is sent:
 *
 *     u32 length    of kind and payload, in bytes
 *     u32 crc32c    of kind and payload
 *     u8  kind
 *         payload   of points as in points-payload.ts; of all others JSON
 *
 * Integers are little-endian.
 */
export const RECORD_KINDS = { session: 1, stream: 2, points: 3, patch: 4, close: 5, interrupt: 6, post: 7 } as const;

/** The name of a kind of records. */
export type RecordKind = keyof typeof RECORD_KINDS;

/** A record as it was read. */
export interface SpoolRecord {
  readonly kind: RecordKind;
  readonly payload: Buffer;
}

const HEADER = 8;

const KINDS = new Map(Object.entries(RECORD_KINDS).map(([name, number]) => [number as number, name as RecordKind]));

/** A record as bytes. */
export function encodeRecord(kind: RecordKind, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + 1 + payload.length);
  bytes.writeUInt32LE(payload.length + 1, 0);
  bytes.writeUInt8(RECORD_KINDS[kind], HEADER);
  bytes.set(payload, HEADER + 1);
  bytes.writeUInt32LE(crc32c(bytes.subarray(HEADER)), 4);
  return bytes;
}

/**
 * The record at the begin of some bytes, and its length in them; `torn` where they are too few for it, `damaged` where
 * they are no record. The payload is a part of the bytes, not a copy.
 */
export function decodeRecord(bytes: Buffer): { record: SpoolRecord; length: number } | 'torn' | 'damaged' {
  if (bytes.length < HEADER) return 'torn';
  const length = HEADER + bytes.readUInt32LE(0);
  if (bytes.length < length) return 'torn';
  const body = bytes.subarray(HEADER, length);
  const kind = KINDS.get(body[0] ?? 0);
  if (kind === undefined || bytes.readUInt32LE(4) !== crc32c(body)) return 'damaged';
  return { record: { kind, payload: body.subarray(1) }, length };
}
