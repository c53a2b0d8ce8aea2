import { ExactSum, multisetOf, quotient } from 'marigram-client/exact';
import { bucketOf, sketchedSamples } from '../rollups/sketch.js';
import { percentile, type Samples, varianceOfSums } from '../rollups/statistics.js';
import { type NumberPoint } from './number-series.js';

/** So many numbers are kept: the percentiles of more come from a sketch. */
const MAX_EXACT = 1_000_000;

/** What the points of a series come to. */
export interface Figures {
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
  readonly variance: number;
  readonly first: NumberPoint;
  readonly last: NumberPoint;
  /** In the order that was asked for. */
  readonly percentiles: readonly number[];
  /** Whether the percentiles are exact, and not within 1 %; all else is exact. */
  readonly exact: boolean;
}

/** Sums points up, in memory that does not grow with them beyond a million. */
export class NumberStatistics {
  private readonly sum = new ExactSum();
  private readonly sumOfSquares = new ExactSum();
  private readonly numbers: number[] = [];
  /** The sketch, once there are too many numbers. */
  private buckets: Record<string, number> | undefined;
  private count = 0;
  private minimum = Infinity;
  private maximum = -Infinity;
  private first: NumberPoint | undefined;
  private last: NumberPoint | undefined;

  /** @param mostExact how many numbers are kept. */
  constructor(private readonly mostExact = MAX_EXACT) {}

  /** Adds a point; they come in the order of time. */
  add(point: NumberPoint): void {
    const { value } = point;
    this.count++;
    this.sum.add(value);
    this.sumOfSquares.addSquare(value);
    this.minimum = Math.min(this.minimum, value);
    this.maximum = Math.max(this.maximum, value);
    this.first ??= point;
    this.last = point;
    if (this.buckets) addTo(this.buckets, value);
    else this.numbers.push(value);
    if (this.numbers.length > this.mostExact) this.sketch();
  }

  /** The figures, in steps; `undefined` without a point. @param percents integers from 0 to 100. */
  *figures(percents: readonly number[]): Generator<void, Figures | undefined, void> {
    const { count, minimum, maximum, first, last } = this;
    if (!first || !last) return undefined;
    const samples = this.samples();
    const percentiles: number[] = [];
    for (const percent of percents) {
      yield;
      percentiles.push(percentile(samples, percent));
    }
    const sums = { count: BigInt(count), sum: this.sum.total(), sumOfSquares: this.sumOfSquares.total() };
    const mean = quotient(sums.sum, { digits: sums.count, scale: 0 });
    const variance = varianceOfSums(sums);
    return { count, minimum, maximum, mean, variance, first, last, percentiles, exact: !this.buckets };
  }

  private samples(): Samples[] {
    if (this.buckets) return sketchedSamples(this.buckets, this.minimum, this.maximum);
    const { values, counts } = multisetOf(this.numbers);
    return Array.from(values, (value, index) => ({ value, count: counts[index] ?? 0 }));
  }

  private sketch(): void {
    this.buckets = {};
    for (const value of this.numbers) addTo(this.buckets, value);
    this.numbers.length = 0;
  }
}

function addTo(buckets: Record<string, number>, value: number): void {
  const bucket = bucketOf(value);
  buckets[bucket] = (buckets[bucket] ?? 0) + 1;
}
