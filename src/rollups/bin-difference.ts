import { isDeepStrictEqual } from 'node:util';
import { type Decimal, parseDecimal, sizeOf } from 'marigram-client/exact';
import { rowOf } from './exact-numbers.js';
import { quantileColumn } from './quantile-column.js';
import { beyond, type RollupRow } from './rollup-row.js';
import { type StoredBin } from './stored-bin.js';

/** The first column of a stored bin that is not what its points come to; `undefined` where all are. */
export function difference(expected: RollupRow, stored: StoredBin): string | undefined {
  // A bin that once had more values than are kept stays so, whatever was deleted since.
  const row = stored.isBeyond ? beyond(expected) : expected;
  if (row.count !== stored.count) return 'count';
  if (!sameSum(row.sum, stored.sum)) return 'sum';
  if (!sameSum(row.denominatorSum, stored.denominatorSum)) return 'denominator_sum';
  // A window without statistics may still have them from before: they are exact, but not required.
  if (row.sumOfSquares !== null) {
    if (!sameSum(row.sumOfSquares, stored.sumOfSquares)) return 'sum_of_squares';
    if (row.min !== stored.min || row.max !== stored.max) return 'extremes';
  }
  if (row.histogram !== null && !sameCounts(row.histogram, stored.histogram)) return 'histogram';
  if (row.samples !== null && row.samples !== 'beyond' && !isDeepStrictEqual(row.samples, stored.samples))
    return 'samples';
  if (row.samples !== null && !isDeepStrictEqual(quantileColumn(row), stored.quantiles)) return 'quantiles';
  if (row.distribution && !isDeepStrictEqual(row.distribution, stored.distribution)) return 'distribution';
  return undefined;
}

/**
 * The first column of a stored bin of numbers or categories that contradicts its values, or else its count; `undefined`
 * where none does. It is all that can be told of a bin whose points are not kept.
 */
export function contradiction(bin: StoredBin): string | undefined {
  const { count, histogram, samples, distribution, quantiles } = bin;
  if (samples) {
    // What a summary needs that was added later is missing in the bins before it.
    const kept = { samples: true, statistics: bin.sumOfSquares !== null, distribution: distribution !== null };
    return difference(rowOf(samples, kept), bin);
  }
  if (histogram && Object.values(histogram).reduce((sum, number) => sum + number, 0) !== count) return 'histogram';
  if (distribution && sizeOf(distribution) !== count) return 'distribution';
  const row: RollupRow = { ...bin, histogram: histogram && JSON.stringify(histogram), samples: 'beyond' };
  return bin.isBeyond && !isDeepStrictEqual(quantileColumn(row), quantiles) ? 'quantiles' : undefined;
}

function sameCounts(expected: string, stored: StoredBin['histogram']): boolean {
  const counts = Object.entries(JSON.parse(expected) as Record<string, number>);
  const found = new Map(Object.entries(stored ?? {}));
  return (
    stored !== null && counts.length === found.size && counts.every(([label, count]) => found.get(label) === count)
  );
}

function sameSum(expected: string | null, stored: string | null): boolean {
  if (expected === null || stored === null) return expected === stored;
  const [a, b] = [parseDecimal(expected), parseDecimal(stored)];
  return scaled(a, b.scale) === scaled(b, a.scale);
}

function scaled({ digits }: Decimal, scale: number): bigint {
  return digits * 10n ** BigInt(scale);
}
