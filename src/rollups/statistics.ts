import { type Decimal, nearestDouble } from 'marigram-client/exact';

/** How many samples have a value; samples are sorted by their value. */
export interface Samples {
  readonly value: number;
  readonly count: number;
}

/** Exact sums over samples: of their number, values and squares. */
export interface Sums {
  readonly count: bigint;
  readonly sum: Decimal;
  readonly sumOfSquares: Decimal;
}

/** Squares of larger numbers are too large for a double: no delay or hop count comes near. */
const LARGEST = 1e150;

/** Labels that count as numbers: plain decimal ones. */
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** How many labels are one step. */
const STEP = 2000;

/** The labels of a histogram as sorted samples, in steps, without empty buckets; `undefined` where one is no number. */
export function* samplesOf(histogram: Readonly<Record<string, number>>): Generator<void, Samples[] | undefined, void> {
  const samples: Samples[] = [];
  let done = 0;
  for (const label of Object.keys(histogram)) {
    const count = histogram[label] ?? 0;
    if (++done % STEP === 0) yield;
    if (count <= 0) continue;
    const value = Number(label);
    if (!NUMBER.test(label) || Math.abs(value) > LARGEST) return undefined;
    samples.push({ value, count });
  }
  return yield* sortInSteps(samples, byValue);
}

function byValue(a: Samples, b: Samples): number {
  return a.value - b.value;
}

/** How `sort` compares. */
type Compare<T> = (a: T, b: T) => number;

/** Sorts many items in steps: runs of them, which are merged two by two. */
export function* sortInSteps<T>(items: readonly T[], compare: Compare<T>): Generator<void, T[], void> {
  let runs: T[][] = [];
  for (let at = 0; at < items.length; at += STEP) {
    runs.push(items.slice(at, at + STEP).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let at = 0; at < runs.length; at += 2) merged.push(yield* merge(runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(left: readonly T[], right: readonly T[], compare: Compare<T>): Generator<void, T[], void> {
  const merged: T[] = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]];
    if (a !== undefined && (b === undefined || compare(a, b) <= 0)) {
      merged.push(a);
      i++;
    } else if (b !== undefined) {
      merged.push(b);
      j++;
    }
    if (merged.length % STEP === 0) yield;
  }
  return merged;
}

/** The mean of samples: Σ(value × count) ÷ N. */
export function meanOf(samples: readonly Samples[]): number {
  return samples.reduce((sum, { value, count }) => sum + value * count, 0) / totalOf(samples);
}

/** The population variance of samples: Σ count × (value − mean)² ÷ N. */
export function varianceOf(samples: readonly Samples[]): number {
  const mean = meanOf(samples);
  return samples.reduce((sum, { value, count }) => sum + count * (value - mean) ** 2, 0) / totalOf(samples);
}

/** The population variance from sums, (N·Σx² − (Σx)²) ÷ N²: exact up to the one rounding at its end. */
export function varianceOfSums({ count, sum, sumOfSquares }: Sums): number {
  const scale = Math.max(sumOfSquares.scale, 2 * sum.scale);
  const squares = count * sumOfSquares.digits * 10n ** BigInt(scale - sumOfSquares.scale);
  const square = sum.digits * sum.digits * 10n ** BigInt(scale - 2 * sum.scale);
  return nearestDouble(squares - square, count * count * 10n ** BigInt(scale));
}

/**
 * A percentile of sorted samples by the method of NIST (Engineering Statistics Handbook, 7.2.6.2): with
 * n = p ÷ 100 × (N + 1), k = ⌊n⌋, d = n − k it is x₁ for k = 0, x_N for k ≥ N, else x_k + d × (x_{k+1} − x_k).
 * @param percent an integer from 0 to 100.
 */
export function percentile(samples: readonly Samples[], percent: number): number {
  const total = totalOf(samples);
  const hundredfold = percent * (total + 1);
  const k = Math.floor(hundredfold / 100);
  if (k === 0) return sampleAt(samples, 1);
  if (k >= total) return sampleAt(samples, total);
  const low = sampleAt(samples, k);
  const high = sampleAt(samples, k + 1);
  const share = (hundredfold - 100 * k) / 100;
  // The difference of two huge numbers may be none that a double can hold.
  const middle = Number.isFinite(high - low) ? low + share * (high - low) : low * (1 - share) + high * share;
  return low === high ? low : Math.min(Math.max(middle, low), high);
}

/** All values with the highest count, ascending. */
export function modes(samples: readonly Samples[]): number[] {
  const highest = samples.reduce((most, { count }) => Math.max(most, count), 0);
  return samples.filter(({ count }) => count === highest).map(({ value }) => value);
}

/** The sample at a position (from 1) of the expanded list. */
function sampleAt(samples: readonly Samples[], position: number): number {
  let passed = 0;
  for (const { value, count } of samples) {
    passed += count;
    if (passed >= position) return value;
  }
  throw new Error(`no sample at ${position}`);
}

function totalOf(samples: readonly Samples[]): number {
  return samples.reduce((sum, { count }) => sum + count, 0);
}
