import { decimalText, ExactSum, merged, type Multiset, parseDecimal } from 'marigram-client/exact';
import { atOnce } from '../common/turns.js';
import { addCount, type Counts, Histogram, HistogramSum, jsonOf } from './histogram.js';
import { bucketOf } from './sketch.js';

/** A bin keeps its values as long as no more than so many differ. */
const MAX_SAMPLES = 131_072;

/** What `statistics` of numbers need beside their count and sum; and the histogram of other data types. */
export interface Spread {
  /** An exact sum, as the text of a `numeric`. */
  readonly sumOfSquares: string | null;
  readonly min: number | null;
  readonly max: number | null;
  /** The merged histogram, the sketch of numbers, or the counts of categories: JSON, without counts of 0. */
  readonly histogram: string | null;
}

/** What a stored bin consists of. Columns that the data type lacks, or the window does not keep, are `null`. */
export interface RollupRow extends Spread {
  /** The number of points. */
  readonly count: number;
  /** Exact sums, as texts of `numeric`. */
  readonly sum: string | null;
  readonly denominatorSum: string | null;
  /** The values; `beyond` where more differ than are kept: then the spread is known. */
  readonly samples: Multiset | 'beyond' | null;
  /** The numbers of the bins of a distribution that the values lie in. */
  readonly distribution: Multiset | null;
}

/**
 * The bin of the points of two, in steps; the order makes no difference. A column that is null in one of them is not
 * known for all points, and is null.
 */
export function* mergedRows(a: RollupRow, b: RollupRow): Generator<void, RollupRow, void> {
  const samples = mergedSamples(a.samples, b.samples);
  const row = {
    count: a.count + b.count,
    sum: added(a.sum, b.sum),
    denominatorSum: added(a.denominatorSum, b.denominatorSum),
    samples,
    distribution: a.distribution && b.distribution && merged(a.distribution, b.distribution),
  };
  if (samples === 'beyond') return { ...row, ...(yield* mergedSpreads(knownSpread(a), knownSpread(b))) };
  const spread = yield* mergedSpreads(a, b);
  if (samples === null || spread.min === null) return { ...row, ...spread };
  // The extremes may have been taken out.
  return { ...row, ...spread, min: samples.values[0] ?? null, max: samples.values.at(-1) ?? null };
}

function mergedSamples(a: RollupRow['samples'], b: RollupRow['samples']): RollupRow['samples'] {
  if (a === null || b === null) return null;
  if (a === 'beyond' || b === 'beyond') return 'beyond';
  const samples = merged(a, b);
  return samples.values.length > MAX_SAMPLES ? 'beyond' : samples;
}

/** The same bin as if more values differed than are kept, where it knows its values. */
export function beyond(row: RollupRow): RollupRow {
  return row.samples === null ? row : { ...row, ...knownSpread(row), samples: 'beyond' };
}

/** The spread of a bin that keeps its values, or did so until more of them differed. */
function knownSpread(row: RollupRow): Spread {
  return row.samples === 'beyond' || row.samples === null ? row : spreadOf(row.samples);
}

/** The spread of the numbers of a multiset. */
export function spreadOf({ values, counts }: Multiset): Spread {
  const squares = new ExactSum();
  const sketch: Counts = new Map();
  for (const [index, value] of values.entries()) {
    const count = counts[index] ?? 0;
    squares.addSquareTimes(value, count);
    addCount(sketch, bucketOf(value), count);
  }
  const histogram = atOnce(jsonOf(sketch));
  return { sumOfSquares: squares.toString(), min: values[0] ?? null, max: values.at(-1) ?? null, histogram };
}

function* mergedSpreads(a: Spread, b: Spread): Generator<void, Spread, void> {
  return {
    sumOfSquares: added(a.sumOfSquares, b.sumOfSquares),
    min: a.min === null || b.min === null ? null : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? null : Math.max(a.max, b.max),
    histogram: yield* mergedHistograms(a.histogram, b.histogram),
  };
}

function* mergedHistograms(a: string | null, b: string | null): Generator<void, string | null, void> {
  if (a === null || b === null) return null;
  return yield* new HistogramSum().plus(new Histogram(a), 1).plus(new Histogram(b), 1).json();
}

function added(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  const sum = new ExactSum();
  for (const text of [a, b]) sum.addDecimal(parseDecimal(text));
  return decimalText(sum.total());
}
