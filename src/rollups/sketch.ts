import { type Samples } from './statistics.js';

/**
 * Percentiles of numbers from counts in buckets that grow by a constant factor: a DDSketch (Masson, Rim, Lee,
 * "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019). Bucket i of a
 * sign holds γ^(i−1) < |v| ≤ γ^i, γ = (1 + α) ÷ (1 − α) for the relative error α. Sketches merge by adding counts, as
 * histograms do, so they are stored and merged as histograms whose labels name the buckets.
 */

/** The largest relative error of a percentile. */
const ALPHA = 0.01;

const GAMMA = (1 + ALPHA) / (1 - ALPHA);
const LOG_GAMMA = Math.log(GAMMA);

/** The label of the bucket that a finite number falls into: `0`, or its sign and the index of its bucket. */
export function bucketOf(value: number): string {
  if (value === 0) return '0';
  return `${value < 0 ? '-' : '+'}${Math.ceil(Math.log(Math.abs(value)) / LOG_GAMMA)}`;
}

/** The numbers of a sketch as sorted samples, each within 1 %; none lies beyond the extremes. */
export function sketchedSamples(histogram: Readonly<Record<string, number>>, min: number, max: number): Samples[] {
  return Object.entries(histogram)
    .filter(([, number]) => number > 0)
    .map(([label, number]) => ({ value: Math.min(Math.max(valueOf(label), min), max), count: number }))
    .sort((a, b) => a.value - b.value);
}

/** The number that stands for a bucket, given by its label: within 1 % of all that fall into it. */
export function valueOf(label: string): number {
  if (label === '0') return 0;
  const sign = label.startsWith('-') ? -1 : 1;
  return (sign * 2 * Math.exp(Number(label.slice(1)) * LOG_GAMMA)) / (GAMMA + 1);
}
