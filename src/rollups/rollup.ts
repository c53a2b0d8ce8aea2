import { DATA_TYPES, type DataTypeName } from '../event-types/data-types.js';
import { ExactSum } from 'marigram-client/exact';
import { atOnce } from '../common/turns.js';
import { addCount, type Counts, type Histogram, type HistogramSum, jsonOf } from './histogram.js';
import { bucketOf } from './sketch.js';

/** What the rollups of one series and window hold. */
export interface RollupSpec {
  /** In seconds; 0 makes a bin of each point. */
  readonly window: number;
  /** Whether numbers get what `statistics` need: extremes, sum of squares and a sketch. */
  readonly statistics: boolean;
}

/**
 * The sums of some points of one bin, from which all summaries are computed. Columns that the data type lacks are `null`.
 */
export class Rollup {
  count = 0;
  readonly sum: ExactSum | null;
  readonly sumOfSquares: ExactSum | null;
  readonly denominatorSum: ExactSum | null;
  min: number | null = null;
  max: number | null = null;
  private readonly sketch: Counts | null;

  /** @param histograms the sum of no histograms, or `null` for a series of numbers. */
  constructor(
    dataType: DataTypeName,
    statistics: boolean,
    private histograms: HistogramSum | null,
  ) {
    const { measure } = DATA_TYPES[dataType];
    const hasStatistics = measure === 'number' && statistics;
    this.sum = measure === 'number' || measure === 'fraction' ? new ExactSum() : null;
    this.denominatorSum = measure === 'fraction' ? new ExactSum() : null;
    this.sumOfSquares = hasStatistics ? new ExactSum() : null;
    this.sketch = hasStatistics ? new Map() : null;
  }

  /** Adds a histogram; `sign` −1 subtracts it. */
  addHistogram(histogram: Histogram, sign: 1 | -1): void {
    this.count += sign;
    this.histograms = this.histograms?.plus(histogram, sign) ?? null;
  }

  /** Adds a number, or a share by its two parts; `sign` −1 subtracts it, which does not change the extremes. */
  addNumber(number: number, denominator: number, sign: 1 | -1): void {
    this.count += sign;
    this.sum?.add(number, sign);
    this.denominatorSum?.add(denominator, sign);
    if (!this.sumOfSquares || !this.sketch) return;
    this.sumOfSquares.addSquare(number, sign);
    this.min = Math.min(this.min ?? number, number);
    this.max = Math.max(this.max ?? number, number);
    addCount(this.sketch, bucketOf(number), sign);
  }

  /** The merged histogram, or the sketch of numbers; `null` where there is neither. */
  get histogram(): Counts | null {
    return this.histograms ? atOnce(this.histograms.counts()) : this.sketch;
  }

  /** `histogram` as JSON, without counts of 0. */
  get histogramJson(): string | null {
    return this.sketch ? atOnce(jsonOf(this.sketch)) : this.histograms ? atOnce(this.histograms.json()) : null;
  }

  /** Merges the histograms in steps; `histogramJson` is cheap afterwards. */
  *merge(): Generator<void, void, void> {
    if (this.histograms) yield* this.histograms.json();
  }
}
