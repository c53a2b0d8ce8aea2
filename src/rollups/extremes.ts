import { type Spread } from './rollup-row.js';
import { bucketOf, valueOf } from './sketch.js';

/** The smallest and the largest number of a bin. */
export interface Extremes {
  readonly min: number;
  readonly max: number;
}

/**
 * The extremes of a bin that counts points which are no longer stored. They come from its sketch, which covers all of
 * its points exactly, and from the points that are still stored. The extreme of the outermost bucket in use is exact
 * where all points of that bucket are still stored, and else within 1 %, or as it was where that lies in the bucket.
 * @param bin has a sketch in which something is counted.
 * @param stored what the stored points come to; `undefined` if there are none.
 */
export function extremesOf(
  { min, max, histogram }: Extremes & { readonly histogram: Readonly<Record<string, number>> },
  stored: Spread | undefined,
): Extremes {
  const storedCounts = JSON.parse(stored?.histogram ?? '{}') as Record<string, number>;
  const buckets = Object.keys(histogram).filter((label) => (histogram[label] ?? 0) > 0);
  buckets.sort((a, b) => valueOf(a) - valueOf(b));
  const outermost = (
    bucket = '0',
    before: number,
    ofStored: number | null | undefined,
    outer: (a: number, b: number) => number,
  ): number => {
    const own = ofStored ?? undefined;
    const allStored = storedCounts[bucket] === histogram[bucket];
    if (own !== undefined && allStored) return own;
    if (bucketOf(before) === bucket) return before;
    return own === undefined ? valueOf(bucket) : outer(valueOf(bucket), own);
  };
  return {
    min: outermost(buckets[0], min, stored?.min, Math.min),
    max: outermost(buckets.at(-1), max, stored?.max, Math.max),
  };
}
