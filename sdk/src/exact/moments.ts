import { type Decimal, ExactSum, nearestDouble, quotient } from './decimal.js';
import { type Multiset, sizeOf } from './multiset.js';

/** What sums tell of some numbers, each computed exactly and rounded once; of `stddev` its square is. */
export interface Moments {
  readonly average: number;
  /** The standard deviation of a sample, √((Σx² − (Σx)²/n) / (n − 1)); `null` for one number. */
  readonly stddev: number | null;
  readonly sum: number;
  /** How many numbers there are. */
  readonly cnt: number;
}

/** Exact sums over some numbers. */
export interface Sums {
  readonly count: number;
  readonly sum: Decimal;
  readonly sumOfSquares: Decimal;
}

const ONE: Decimal = { digits: 1n, scale: 0 };

/** The exact sums over a multiset. */
export function sumsOf(multiset: Multiset): Sums {
  const [sum, sumOfSquares] = [new ExactSum(), new ExactSum()];
  for (const [index, value] of multiset.values.entries()) {
    const count = multiset.counts[index] ?? 0;
    sum.addTimes(value, count);
    sumOfSquares.addSquareTimes(value, count);
  }
  return { count: sizeOf(multiset), sum: sum.total(), sumOfSquares: sumOfSquares.total() };
}

/** The moments of at least one number. */
export function momentsOf({ count, sum, sumOfSquares }: Sums): Moments {
  return {
    average: quotient(sum, { digits: BigInt(count), scale: 0 }),
    stddev: count > 1 ? deviationOf(BigInt(count), sum, sumOfSquares) : null,
    sum: quotient(sum, ONE),
    cnt: count,
  };
}

/** √((n Σx² − (Σx)²) / (n (n − 1))), where the radicand is rounded to a double before its root is taken. */
function deviationOf(n: bigint, sum: Decimal, squares: Decimal): number {
  const scale = Math.max(2 * sum.scale, squares.scale);
  const spread =
    n * squares.digits * 10n ** BigInt(scale - squares.scale) - sum.digits ** 2n * 10n ** BigInt(scale - 2 * sum.scale);
  return Math.sqrt(nearestDouble(spread, n * (n - 1n) * 10n ** BigInt(scale)));
}
