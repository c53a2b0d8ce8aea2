import { decimalOf, ExactSum, nearestDouble, quotient } from 'marigram-client/exact';

/** A number of both sessions. */
export interface Figure {
  readonly base: number | null;
  readonly other: number | null;
  /** Other − base. */
  readonly difference: number | null;
  /** The difference in percent of the base; `null` where that is 0. */
  readonly percent: number | null;
}

/** Compares a number; `null` is one that a session lacks. Differences are of the decimals, rounded once. */
export function figureOf(base: number | null, other: number | null): Figure {
  if (base === null || other === null) return { base, other, difference: null, percent: null };
  const sum = new ExactSum();
  sum.add(other);
  sum.add(base, -1);
  const { digits, scale } = sum.total();
  const difference = quotient({ digits, scale }, { digits: 1n, scale: 0 });
  const size = decimalOf(Math.abs(base));
  const percent = base === 0 ? null : quotient({ digits: 100n * digits, scale }, size);
  return { base, other, difference, percent };
}

/** What a part is of a whole, as a fraction; 0 of an empty whole. */
export function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** How many points of percent the share of a part in the other session is above that in the base. */
export function pointsBetween(base: number, ofBase: number, other: number, ofOther: number): number {
  if (ofBase === 0 || ofOther === 0) return 100 * (shareOf(other, ofOther) - shareOf(base, ofBase));
  const [a, n, b, m] = [BigInt(base), BigInt(ofBase), BigInt(other), BigInt(ofOther)];
  return nearestDouble(100n * (b * n - a * m), n * m);
}
