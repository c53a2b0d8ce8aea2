import { type Multiset, sizeOf } from './multiset.js';

/**
 * D of Kolmogorov and Smirnov: the largest distance between the shares of numbers up to a value in two multisets that are
 * not empty. 0 where they are distributed alike, 1 where all of one lie below all of the other.
 */
export function kolmogorovSmirnov(a: Multiset, b: Multiset): number {
  const [sizeA, sizeB] = [sizeOf(a), sizeOf(b)];
  let [i, j, passedA, passedB, largest] = [0, 0, 0, 0, 0];
  while (i < a.values.length && j < b.values.length) {
    const [left, right] = [a.values[i] ?? 0, b.values[j] ?? 0];
    if (left <= right) passedA += a.counts[i++] ?? 0;
    if (right <= left) passedB += b.counts[j++] ?? 0;
    // Of whole numbers, so that one division rounds.
    largest = Math.max(largest, Math.abs(passedA * sizeB - passedB * sizeA));
  }
  return largest / (sizeA * sizeB);
}
