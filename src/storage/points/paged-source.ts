import { type RowSource } from '../../postgres/row-source.js';
import { type PointSlice } from './point-slice.js';

/**
 * A source of the points that `read` reads from the begin of its range on.
 * @param read reads `most` points, or a few more, in any number of slices, some of which may be empty.
 * @param count the number of points of the range.
 */
export function pagedSource(
  read: (most: number) => AsyncIterable<PointSlice>,
  count: () => Promise<number>,
): RowSource<PointSlice> {
  return {
    sizeOf: ({ size }) => size,
    hasMoreThan: async (points) => (await count()) > points,
    async *slices(limit, offset): AsyncGenerator<PointSlice, undefined, undefined> {
      let [wanted, skip] = [limit, offset];
      for await (const points of read(limit + offset)) {
        const slice = points.slice(skip, skip + wanted);
        skip = Math.max(0, skip - points.length);
        wanted -= slice.length;
        if (slice.length > 0) yield slice;
        if (wanted === 0) return;
      }
    },
  };
}
