import { DATA_TYPES, type DataTypeName } from '../event-types/data-types.js';
import { ExactSum } from 'marigram-client/exact';
import { atOnce } from '../common/turns.js';
import { addCount, type Counts, type Histogram, type HistogramSum, jsonOf } from './histogram.js';
import { ExactNumbers } from './exact-numbers.js';
import { type RollupRow } from './rollup-row.js';
import { type RollupSpec } from './rollup-spec.js';
import { bucketOf } from './sketch.js';

/**
 * The sums of some points of one bin, from which all summaries are computed.
 */
export class Rollup {
  private count = 0;
  private readonly sum: ExactSum | null;
  private readonly sumOfSquares: ExactSum | null;
  private readonly denominatorSum: ExactSum | null;
  private min: number | null = null;
  private max: number | null = null;
  /** The sketch of numbers, or the counts of categories. */
  private readonly counts: Counts | null;
  /** Numbers whose values are kept: they are summed up when all are there. */
  private readonly exact: ExactNumbers | null;
  /**
   * Whether it is merged with the stored bin by `mergedRows`, and not by PostgreSQL: of values one by one, that is much
   * faster.
   */
  readonly needsStored: boolean;

  /** @param histograms the sum of no histograms, or `null` for a series of something else. */
  constructor(
    dataType: DataTypeName,
    spec: RollupSpec,
    private histograms: HistogramSum | null,
  ) {
    const { measure } = DATA_TYPES[dataType];
    const hasStatistics = measure === 'number' && spec.statistics;
    const isExact = measure === 'number' && (spec.samples || spec.distribution);
    this.sum = measure === 'number' || measure === 'fraction' ? new ExactSum() : null;
    this.denominatorSum = measure === 'fraction' ? new ExactSum() : null;
    this.sumOfSquares = hasStatistics ? new ExactSum() : null;
    this.counts = hasStatistics || measure === 'category' ? new Map() : null;
    this.exact = isExact ? new ExactNumbers(spec) : null;
    this.needsStored = isExact || measure === 'category';
  }

  /** Adds a histogram; `sign` −1 subtracts it. */
  addHistogram(histogram: Histogram, sign: 1 | -1): void {
    this.count += sign;
    this.histograms = this.histograms?.plus(histogram, sign) ?? null;
  }

  /** Adds a category; `sign` −1 subtracts it. */
  addCategory(label: string, sign: 1 | -1): void {
    this.count += sign;
    if (this.counts) addCount(this.counts, label, sign);
  }

  /** Adds a number, or a share by its two parts; `sign` −1 subtracts it, which does not change the extremes. */
  addNumber(number: number, denominator: number, sign: 1 | -1): void {
    if (this.exact) {
      this.exact.add(number, sign);
      return;
    }
    this.count += sign;
    this.sum?.add(number, sign);
    this.denominatorSum?.add(denominator, sign);
    if (!this.sumOfSquares || !this.counts) return;
    this.sumOfSquares.addSquare(number, sign);
    this.min = Math.min(this.min ?? number, number);
    this.max = Math.max(this.max ?? number, number);
    addCount(this.counts, bucketOf(number), sign);
  }

  /** What the points come to, as it is stored. */
  get row(): RollupRow {
    if (this.exact) return this.exact.row();
    return {
      count: this.count,
      sum: this.sum?.toString() ?? null,
      sumOfSquares: this.sumOfSquares?.toString() ?? null,
      min: this.min,
      max: this.max,
      denominatorSum: this.denominatorSum?.toString() ?? null,
      histogram: this.counts ? atOnce(jsonOf(this.counts)) : this.histograms ? atOnce(this.histograms.json()) : null,
      samples: null,
      distribution: null,
    };
  }

  /** Merges the histograms in steps; `row` is cheap afterwards. */
  *merge(): Generator<void, void, void> {
    if (this.histograms) yield* this.histograms.json();
  }
}
