import { type Multiset } from './multiset.js';

/** One bin of a distribution: how many numbers lie from `l` to below `r`. */
export interface DistributionBin {
  /** `null`: no lower bound. */
  readonly l: number | null;
  /** `null`: no upper bound. */
  readonly r: number | null;
  readonly cnt: number;
}

/** Edges at equal distances: `begin`, `begin` + `step`, … to below `end`. */
interface Band {
  readonly begin: number;
  readonly end: number;
  readonly step: number;
  /** The number of the bin that begins at `begin`. */
  readonly bin: number;
}

const LAST_EDGE = 300_000_000;

/** The bands, the last one first. */
const BANDS: readonly Band[] = [
  { begin: 120_000_000, end: LAST_EDGE, step: 1_000_000, bin: 3541 },
  { begin: 30_000_000, end: 120_000_000, step: 100_000, bin: 2641 },
  { begin: 10_000_000, end: 30_000_000, step: 50_000, bin: 2241 },
  { begin: 3_000_000, end: 10_000_000, step: 10_000, bin: 1541 },
  { begin: 500_000, end: 3_000_000, step: 5_000, bin: 1041 },
  { begin: 10_000, end: 500_000, step: 1_000, bin: 551 },
  { begin: 5_000, end: 10_000, step: 100, bin: 501 },
  { begin: 0, end: 5_000, step: 10, bin: 1 },
];

/**
 * The 3,721 edges of a distribution, ascending; made for response times in microseconds. Bin i (from 1) lies between the
 * edges i − 1 and i, bin 0 before them all and bin 3,721 after them.
 */
export const DISTRIBUTION_EDGES: Float64Array = edges();

function edges(): Float64Array {
  const all = new Float64Array(3721).fill(LAST_EDGE);
  for (const { begin, end, step, bin } of BANDS)
    for (let edge = begin; edge < end; edge += step) all[bin - 1 + (edge - begin) / step] = edge;
  return all;
}

/** The number of the bin after the last edge. */
const ABOVE = DISTRIBUTION_EDGES.length;

/** The number of the bin that a finite number falls into. Bins are closed on the left; the last one on both sides. */
export function distributionBinOf(value: number): number {
  if (value < 0) return 0;
  if (value >= LAST_EDGE) return value === LAST_EDGE ? ABOVE - 1 : ABOVE;
  for (const { begin, step, bin } of BANDS)
    // The difference is exact. The quotient does not round up to an integer, since a step is no more than twice the power
    // of two below it.
    if (value >= begin) return bin + Math.floor((value - begin) / step);
  return 0;
}

/** How many numbers fall into each bin, as the multiset of the numbers of the bins. */
export function distributionOf({ values, counts }: Multiset): Multiset {
  const [bins, totals] = [new Float64Array(values.length), new Float64Array(values.length)];
  let size = 0;
  for (let at = 0; at < values.length;) {
    const bin = distributionBinOf(values[at] ?? 0);
    let total = 0;
    for (; at < values.length && distributionBinOf(values[at] ?? 0) === bin; at++) total += counts[at] ?? 0;
    bins[size] = bin;
    totals[size++] = total;
  }
  return { values: bins.slice(0, size), counts: totals.slice(0, size) };
}

/** The bins of a distribution that are not empty, in the order of their numbers. */
export function distributionBins({ values, counts }: Multiset): DistributionBin[] {
  return Array.from(values, (bin, index) => ({
    l: DISTRIBUTION_EDGES[bin - 1] ?? null,
    r: DISTRIBUTION_EDGES[bin] ?? null,
    cnt: counts[index] ?? 0,
  }));
}
