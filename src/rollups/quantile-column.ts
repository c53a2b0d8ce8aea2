import { momentsOf, type Multiset, parseDecimal, QUANTILE_PERCENTS, quantilesOf, sumsOf } from 'marigram-client/exact';
import { type RollupRow } from './rollup-row.js';
import { sketchedSamples } from './sketch.js';

/** The members of a value of `quantiles` in its order; those of a stored bin but the last one are a column of it. */
export const QUANTILE_MEMBERS: readonly string[] = [
  ...QUANTILE_PERCENTS.map((percent) => `q${percent}`),
  ...['average', 'stddev', 'sum', 'cnt'],
];

/** The relative error of q10 to q99 where a bin has more different values than it keeps. */
export const WITHIN = 0.01;

/**
 * The numbers of a bin that its value of `quantiles` consists of, without the count: so that readers need no values.
 * Empty where the bin has no points, `null` where it does not know its values.
 */
export function quantileColumn(row: RollupRow): readonly (number | null)[] | null {
  if (row.samples === null) return null;
  if (row.count <= 0) return [];
  const quantiles = row.samples === 'beyond' ? sketchedQuantiles(row) : quantilesOf(row.samples);
  const { average, stddev, sum } = momentsOf(row.samples === 'beyond' ? storedSums(row) : sumsOf(row.samples));
  return [...quantiles, average, stddev, sum];
}

/** The values of a bin that knows them, within 1 % where there are too many; `undefined` of others. */
export function valuesOf(row: RollupRow): Multiset | undefined {
  if (row.samples === null) return undefined;
  return row.samples === 'beyond' ? sketchedValues(row) : row.samples;
}

function storedSums({ count, sum, sumOfSquares }: RollupRow): Parameters<typeof momentsOf>[0] {
  return { count, sum: parseDecimal(sum ?? '0'), sumOfSquares: parseDecimal(sumOfSquares ?? '0') };
}

/** Within 1 %, but for the extremes, which are exact. */
function sketchedQuantiles(row: RollupRow): number[] {
  return [row.min ?? 0, ...quantilesOf(sketchedValues(row)).slice(1, -1), row.max ?? 0];
}

function sketchedValues({ histogram, min, max }: RollupRow): Multiset {
  const samples = sketchedSamples(JSON.parse(histogram ?? '{}') as Record<string, number>, min ?? 0, max ?? 0);
  return {
    values: Float64Array.from(samples, ({ value }) => value),
    counts: Float64Array.from(samples, ({ count }) => count),
  };
}
