/**
 * Numbers and how often each occurs. `values` are ascending and each stands there once, `counts` are integers at the same
 * places: above 0, except where numbers are to be taken out of another multiset. 0 and −0 are one value.
 */
export interface Multiset {
  readonly values: Float64Array;
  readonly counts: Float64Array;
}

export const EMPTY_MULTISET: Multiset = { values: new Float64Array(), counts: new Float64Array() };

/** The multiset of finite numbers in any order. */
export function multisetOf(numbers: ArrayLike<number>): Multiset {
  const sorted = Float64Array.from(numbers).sort();
  const counts = new Float64Array(sorted.length);
  let size = 0;
  for (let at = 0, end = 0; at < sorted.length; at = end) {
    const number = sorted[at] ?? 0;
    while (sorted[end] === number) end++;
    // The sum of −0 and 0 is 0.
    sorted[size] = number + 0;
    counts[size++] = end - at;
  }
  return { values: sorted.slice(0, size), counts: counts.slice(0, size) };
}

/**
 * The multiset of all numbers of two. With `sign` −1, those of `b` are taken out of `a`: values that then occur as often as
 * never are left out, and counts are below 0 where `a` has too few.
 */
export function merged(a: Multiset, b: Multiset, sign: 1 | -1 = 1): Multiset {
  if (b.values.length === 0) return a;
  if (a.values.length === 0 && sign === 1) return b;
  const most = a.values.length + b.values.length;
  const [values, counts] = [new Float64Array(most), new Float64Array(most)];
  let [i, j, size] = [0, 0, 0];
  while (i < a.values.length || j < b.values.length) {
    const [left, right] = [a.values[i] ?? Infinity, b.values[j] ?? Infinity];
    const count = (left <= right ? (a.counts[i++] ?? 0) : 0) + sign * (right <= left ? (b.counts[j++] ?? 0) : 0);
    if (count === 0) continue;
    values[size] = Math.min(left, right);
    counts[size++] = count;
  }
  return { values: values.slice(0, size), counts: counts.slice(0, size) };
}

/** How many numbers a multiset has, repetitions included. */
export function sizeOf({ counts }: Multiset): number {
  let size = 0;
  for (const count of counts) size += count;
  return size;
}
