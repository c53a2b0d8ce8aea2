import { type DataTypeName, type StoredValue } from '../event-types/data-types.js';
import { ExactSum } from '../common/decimal.js';
import { bucketOf } from './sketch.js';

/** Counts by label: a merged histogram, or the sketch of numbers. */
export type Counts = Map<string, bigint>;

/** What the rollups of one series and window hold. */
export interface RollupSpec {
  /** In seconds; 0 makes a bin of each point. */
  readonly window: number;
  /** Whether numbers get what `statistics` need: extremes, sum of squares and a sketch. */
  readonly statistics: boolean;
}

/**
 * What some points of one bin add to its rollup: all that summaries are computed from. Columns that the data type does
 * not have are `null`.
 */
export class Rollup {
  count = 0;
  readonly sum: ExactSum | null;
  readonly sumOfSquares: ExactSum | null;
  readonly denominatorSum: ExactSum | null;
  min: number | null = null;
  max: number | null = null;
  readonly histogram: Counts | null;

  constructor(
    private readonly dataType: DataTypeName,
    statistics: boolean,
  ) {
    const isNumber = dataType === 'integer' || dataType === 'float';
    const hasStatistics = isNumber && statistics;
    this.sum = isNumber || dataType === 'percentage' ? new ExactSum() : null;
    this.denominatorSum = dataType === 'percentage' ? new ExactSum() : null;
    this.sumOfSquares = hasStatistics ? new ExactSum() : null;
    this.histogram = hasStatistics || dataType === 'histogram' ? new Map() : null;
  }

  /** Adds a point; with `sign` −1 takes it away again, which leaves the extremes as they are. */
  add({ value, denominator, document }: StoredValue, sign: 1 | -1 = 1): void {
    this.count += sign;
    if (this.dataType === 'histogram') {
      for (const [label, count] of Object.entries(JSON.parse(document ?? '{}') as Record<string, number>))
        this.addCount(label, BigInt(count) * BigInt(sign));
      return;
    }
    const number = value ?? 0;
    this.sum?.add(number, sign);
    this.denominatorSum?.add(denominator ?? 0, sign);
    if (!this.sumOfSquares) return;
    this.sumOfSquares.addSquare(number, sign);
    this.min = Math.min(this.min ?? number, number);
    this.max = Math.max(this.max ?? number, number);
    this.addCount(bucketOf(number), BigInt(sign));
  }

  private addCount(label: string, count: bigint): void {
    this.histogram?.set(label, (this.histogram.get(label) ?? 0n) + count);
  }
}
