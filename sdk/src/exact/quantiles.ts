import { decimalOf, nearestDouble, POWERS, unitsOf } from './decimal.js';
import { type Moments } from './moments.js';
import { type Multiset, sizeOf } from './multiset.js';

/** Which quantiles a summary `quantiles` has, in percent, in its order. */
export const QUANTILE_PERCENTS = [0, 10, 25, 50, 75, 80, 85, 90, 95, 98, 99, 100] as const;

/** The value of a bin of the summary `quantiles`. */
export type QuantilesValue = Readonly<Record<`q${(typeof QUANTILE_PERCENTS)[number]}`, number>> &
  Moments & {
    /** The largest relative error of q10 to q99, where they are not exact. */
    readonly within?: number;
  };

/**
 * The quantiles of a multiset that is not empty, in the order of `QUANTILE_PERCENTS`. Of n sorted numbers x₀ … xₙ₋₁ the
 * quantile p is x_k + (h − k)(x_{k+1} − x_k) with h = (n − 1)p, k = ⌊h⌋. It is computed exactly on the shortest decimals
 * of the doubles and rounded once.
 */
export function quantilesOf(multiset: Multiset): number[] {
  const { values, counts } = multiset;
  const last = sizeOf(multiset) - 1;
  let at = 0;
  /** How many numbers come before `values[at + 1]`. */
  let passed = counts[0] ?? 0;
  return QUANTILE_PERCENTS.map((percent) => {
    const hundredfold = last * percent;
    const k = Math.floor(hundredfold / 100);
    while (passed <= k) passed += counts[++at] ?? Infinity;
    const low = values[at] ?? NaN;
    const high = passed > k + 1 ? low : (values[at + 1] ?? low);
    return between(low, high, hundredfold - 100 * k);
  });
}

/** The number at `hundredths` of the way from `low` to `high`. */
function between(low: number, high: number, hundredths: number): number {
  if (hundredths === 0 || low === high) return low;
  for (const [places, power] of POWERS.entries()) {
    const [a, b] = [unitsOf(low, places), unitsOf(high, places)];
    if (a === undefined || b === undefined) continue;
    if (Math.max(Math.abs(a), Math.abs(b)) > Number.MAX_SAFE_INTEGER / 100) break;
    return ((100 - hundredths) * a + hundredths * b) / (100 * power);
  }
  const [a, b] = [decimalOf(low), decimalOf(high)];
  const scale = Math.max(a.scale, b.scale);
  const units =
    BigInt(100 - hundredths) * a.digits * 10n ** BigInt(scale - a.scale) +
    BigInt(hundredths) * b.digits * 10n ** BigInt(scale - b.scale);
  return nearestDouble(units, 100n * 10n ** BigInt(scale));
}
