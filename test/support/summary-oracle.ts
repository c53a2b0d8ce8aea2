/**
 * Summaries by formulas of their own: from all values at once, in fractions of BigInts. Nothing of the archive's code is
 * used here, so that both can't be wrong in the same way.
 */

/** The unit of the values: they have three decimals at most. */
const UNIT = 1000n;

const PERCENTS = [0, 10, 25, 50, 75, 80, 85, 90, 95, 98, 99, 100];

/** Where the steps between edges change: the first edge of each step, and the step. */
const STEPS = [
  [0, 10],
  [5_000, 100],
  [10_000, 1_000],
  [500_000, 5_000],
  [3_000_000, 10_000],
  [10_000_000, 50_000],
  [30_000_000, 100_000],
  [120_000_000, 1_000_000],
] as const;
const LAST_EDGE = 300_000_000;

/** The value of `quantiles` of some numbers. */
export function quantilesOf(values: readonly number[]): Record<string, number | null> {
  const sorted = values.map(units).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const n = BigInt(sorted.length);
  const sum = sorted.reduce((total, value) => total + value, 0n);
  const squares = sorted.reduce((total, value) => total + value * value, 0n);
  const result: Record<string, number | null> = {};
  for (const percent of PERCENTS) {
    const position = (n - 1n) * BigInt(percent);
    const low = sorted[Number(position / 100n)]!;
    const high = sorted[Number(position / 100n) + 1] ?? low;
    result[`q${percent}`] = toDouble(100n * low + (position % 100n) * (high - low), 100n * UNIT);
  }
  const variance = n === 1n ? null : toDouble(n * squares - sum * sum, n * (n - 1n) * UNIT * UNIT);
  return {
    ...result,
    average: toDouble(sum, n * UNIT),
    stddev: variance === null ? null : Math.sqrt(variance),
    sum: toDouble(sum, UNIT),
    cnt: values.length,
  };
}

/** The value of `distribution` of some numbers. */
export function distributionOf(values: readonly number[]): object[] {
  const counts = new Map<string, { l: number | null; r: number | null; cnt: number }>();
  for (const value of values.toSorted((a, b) => a - b)) {
    const [l, r] = edgesAround(value);
    const bin = counts.get(`${l} ${r}`) ?? { l, r, cnt: 0 };
    bin.cnt++;
    counts.set(`${l} ${r}`, bin);
  }
  return [...counts.values()];
}

/** The value of `categories` of some texts or booleans, as JSON. */
export function categoriesOf(values: readonly unknown[]): string {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const sorted = [...counts].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${sorted.map(([label, count]) => `${JSON.stringify(label)}:${count}`).join(',')}}`;
}

function edgesAround(value: number): [number | null, number | null] {
  if (value < 0) return [null, 0];
  if (value > LAST_EDGE) return [LAST_EDGE, null];
  const at = Math.min(value, LAST_EDGE - 1);
  const [begin, step] = STEPS.findLast(([first]) => first <= at)!;
  let l = begin;
  while (l + step <= at) l += step;
  return [l, l + step];
}

function units(value: number): bigint {
  return BigInt(Math.round(value * Number(UNIT)));
}

/** The nearest double to a fraction, by way of a decimal number with so many places that the rest makes no difference. */
function toDouble(numerator: bigint, denominator: bigint): number {
  const places = 60;
  const digits = ((numerator < 0n ? -numerator : numerator) * 10n ** BigInt(places)) / denominator;
  return Number(`${numerator < 0n ? '-' : ''}${digits}e-${places}`) + 0;
}
