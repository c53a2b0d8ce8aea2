import { type SpooledPoints } from './points-payload.js';

/** Points of one stream that are sent in one request; their rows follow each other. */
export interface Chunk {
  readonly stream: string;
  readonly row: number;
  readonly rows: number;
  readonly parts: readonly SpooledPoints[];
}

/** A chunk is not made longer when it has this many bytes. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Puts points together, stream by stream, into chunks of at most so many rows (a part alone may have more).
 * @param parts in the order of their rows within each stream.
 */
export function chunksOf(parts: readonly SpooledPoints[], maxRows: number): Chunk[] {
  const chunks: Chunk[] = [];
  const current = new Map<
    string,
    { stream: string; row: number; rows: number; bytes: number; parts: SpooledPoints[] }
  >();
  for (const part of parts) {
    const { stream, row, rows, ts, values } = part;
    const bytes = ts.length + values.length;
    const chunk = current.get(stream);
    const fits =
      chunk && chunk.row + chunk.rows === row && chunk.rows + rows <= maxRows && chunk.bytes + bytes <= MAX_BYTES;
    if (fits) {
      chunk.parts.push(part);
      chunk.rows += rows;
      chunk.bytes += bytes;
    } else {
      const fresh = { stream, row, rows, bytes, parts: [part] };
      current.set(stream, fresh);
      chunks.push(fresh);
    }
  }
  return chunks;
}

/** Both halves of a chunk, or nothing for a chunk of one point. */
export function halvesOf({ stream, row, rows, parts }: Chunk): readonly [Chunk, Chunk] | undefined {
  if (rows < 2) return undefined;
  const half = Math.floor(rows / 2);
  const [first, second]: [SpooledPoints[], SpooledPoints[]] = [[], []];
  let passed = 0;
  for (const part of parts) {
    const cut = Math.min(Math.max(half - passed, 0), part.rows);
    if (cut > 0) first.push(sliceOf(part, 0, cut));
    if (cut < part.rows) second.push(sliceOf(part, cut, part.rows));
    passed += part.rows;
  }
  return [
    { stream, row, rows: half, parts: first },
    { stream, row: row + half, rows: rows - half, parts: second },
  ];
}

function sliceOf(part: SpooledPoints, from: number, to: number): SpooledPoints {
  if (from === 0 && to === part.rows) return part;
  return {
    ...part,
    row: part.row + from,
    rows: to - from,
    ts: part.ts.subarray(8 * from, 8 * to),
    values: part.are === 'numbers' ? part.values.subarray(8 * from, 8 * to) : textsBetween(part, from, to),
  };
}

function textsBetween({ values, rows }: SpooledPoints, from: number, to: number): Buffer {
  let at = 4 * rows;
  for (let i = 0; i < from; i++) at += values.readUInt32LE(4 * i);
  let end = at;
  for (let i = from; i < to; i++) end += values.readUInt32LE(4 * i);
  return Buffer.concat([values.subarray(4 * from, 4 * to), values.subarray(at, end)]);
}
