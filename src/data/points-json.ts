import { Readable } from 'node:stream';
import { formatSeconds } from '../common/time.js';
import { type Point } from '../storage/point-store.js';
import { type PointsRead } from './read.service.js';

/**
 * The points as one JSON array: in one piece where they are at hand, else as a stream, so that memory stays flat
 * however many there are. A failure in the middle destroys the stream; it never ends the array.
 */
export function toJson({ slices, encode }: PointsRead): Buffer | Readable {
  const items = (slice: readonly Point[]): string =>
    slice.map((point) => `{"ts":${formatSeconds(point.micros)},"val":${encode(point)}}`).join(',');
  if (Array.isArray(slices)) return Buffer.from(`[${items(slices.flat())}]`);

  async function* pieces(): AsyncGenerator<Buffer> {
    let separator = '[';
    for await (const slice of slices) {
      yield Buffer.from(separator + items(slice));
      separator = ',';
    }
    yield Buffer.from(separator === '[' ? '[]' : ']');
  }
  return Readable.from(pieces(), { objectMode: false });
}
