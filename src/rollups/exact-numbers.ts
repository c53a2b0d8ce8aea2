import { distributionOf, ExactSum, merged, type Multiset, multisetOf, sizeOf } from 'marigram-client/exact';
import { atOnce } from '../common/turns.js';
import { mergedRows, type RollupRow, spreadOf } from './rollup-row.js';
import { type Kept, type RollupSpec } from './rollup-spec.js';

/** So many numbers are collected before they are sorted. */
const CHUNK = 65_536;

const NO_SPREAD = { sumOfSquares: null, min: null, max: null, histogram: null };

/** The bin of some numbers in a window that keeps their values, or their distribution. */
export class ExactNumbers {
  private added: number[] = [];
  private removed: number[] = [];
  /** The bin of those that are no longer in the arrays. */
  private collected: RollupRow | undefined;

  constructor(private readonly spec: RollupSpec) {}

  /** Adds a finite number; `sign` −1 takes it out. */
  add(number: number, sign: 1 | -1): void {
    (sign === 1 ? this.added : this.removed).push(number);
    if (this.added.length + this.removed.length === CHUNK) this.row();
  }

  /** The bin so far. */
  row(): RollupRow {
    if (this.collected && this.added.length + this.removed.length === 0) return this.collected;
    const row = rowOf(merged(multisetOf(this.added), multisetOf(this.removed), -1), this.spec);
    [this.added, this.removed] = [[], []];
    return (this.collected = this.collected ? atOnce(mergedRows(this.collected, row)) : row);
  }
}

/** The bin of the numbers of a multiset. */
export function rowOf(
  numbers: Multiset,
  { statistics, samples, distribution }: Readonly<Record<Kept, boolean>>,
): RollupRow {
  const sum = new ExactSum();
  for (const [index, value] of numbers.values.entries()) sum.addTimes(value, numbers.counts[index] ?? 0);
  return {
    ...(statistics ? spreadOf(numbers) : NO_SPREAD),
    count: sizeOf(numbers),
    sum: sum.toString(),
    denominatorSum: null,
    samples: samples ? numbers : null,
    distribution: distribution ? distributionOf(numbers) : null,
  };
}
