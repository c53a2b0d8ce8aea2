import {
  compareLabels,
  type Decimal,
  decimalOf,
  type DistributionBin,
  ExactSum,
  nearestDouble,
  parseDecimal,
  QUANTILE_PERCENTS,
  quotient,
  type QuantilesValue,
} from 'marigram-client/exact';
import { membersOf } from '../json/json-text.js';
import { type SummaryType } from './summary-kinds.js';

/** The kinds of summaries whose bins may come finished. */
export const FINISHED_TYPES = ['quantiles', 'distribution', 'categories'] as const satisfies SummaryType[];

export type FinishedType = (typeof FINISHED_TYPES)[number];

/** What a client has summed up of some points of a bin: what it tells of them. */
export interface FinishedPart {
  /** One value for each part of the points that was summed up by itself. */
  readonly quantiles?: readonly QuantilesValue[] | undefined;
  readonly distribution?: readonly DistributionBin[] | undefined;
  /** The count of each text. */
  readonly categories?: ReadonlyMap<string, number> | undefined;
}

/**
 * A bin that comes finished, from a client which has summed up its points itself. Parts that come for one bin are of
 * different points, and are merged as exactly as it can be done without the points.
 */
export class FinishedBin {
  private quantiles: QuantilesValue | undefined;
  private distribution: readonly DistributionBin[] | undefined;
  private categories: ReadonlyMap<string, number> | undefined;

  /** A bin with stored values, given as JSON. */
  static of(stored: ReadonlyMap<FinishedType, string>): FinishedBin {
    const bin = new FinishedBin();
    const [quantiles, distribution, categories] = FINISHED_TYPES.map((type) => stored.get(type));
    // They are as `texts` wrote them.
    if (quantiles !== undefined) bin.quantiles = JSON.parse(quantiles) as QuantilesValue;
    if (distribution !== undefined) bin.distribution = JSON.parse(distribution) as DistributionBin[];
    if (categories !== undefined) bin.categories = countsOf(categories);
    return bin;
  }

  /** Merges a part into the bin. */
  add({ quantiles = [], distribution, categories }: FinishedPart): void {
    for (const value of quantiles) this.quantiles = this.quantiles ? mergeQuantiles(this.quantiles, value) : value;
    if (distribution) this.distribution = mergeDistributions(this.distribution ?? [], distribution);
    if (categories) this.categories = mergeCategories(this.categories ?? new Map(), categories);
  }

  /** Merges a stored value, given as JSON, into the bin. */
  addStored(type: FinishedType, text: string): void {
    const { quantiles, distribution, categories } = FinishedBin.of(new Map([[type, text]]));
    this.add({ quantiles: quantiles && [quantiles], distribution, categories });
  }

  /** The number of different texts. */
  get labels(): number {
    return this.categories?.size ?? 0;
  }

  /** Its values as JSON. */
  texts(): Map<FinishedType, string> {
    const texts = new Map<FinishedType, string>();
    const { quantiles, distribution, categories } = this;
    // The distribution of a part may come before or after its quantiles.
    if (quantiles) texts.set('quantiles', quantilesText(estimated(quantiles, distribution ?? [])));
    if (distribution) texts.set('distribution', JSON.stringify(distribution));
    if (categories) texts.set('categories', categoriesText(categories));
    return texts;
  }
}

function countsOf(categories: string): Map<string, number> {
  // Not `JSON.parse`: it has no member `__proto__`.
  return new Map([...membersOf(categories)].map(([label, { text }]) => [label, Number(text)]));
}

/**
 * The quantiles of all points of two sets. `cnt`, `sum`, `average`, `stddev` and the extremes follow from those of both;
 * the other quantiles do not, which `within` says.
 */
function mergeQuantiles(a: QuantilesValue, b: QuantilesValue): QuantilesValue {
  const sum = new ExactSum();
  sum.add(a.sum);
  sum.add(b.sum);
  const total = sum.total();
  const cnt = a.cnt + b.cnt;
  return {
    ...a,
    q0: Math.min(a.q0, b.q0),
    q100: Math.max(a.q100, b.q100),
    average: quotient(total, decimalOf(cnt)),
    stddev: deviationOf(a, b),
    sum: quotient(total, decimalOf(1)),
    cnt,
    within: 1,
  };
}

/**
 * The standard deviation of all points of two sets x and y of n and m points: the root of Σ (z − average)² ÷ (n + m − 1),
 * where Σ (z − average)² is v(x) ÷ n + v(y) ÷ m + (n Σy − m Σx)² ÷ (n m (n + m)), and v is the `spreadOf` a set. It is
 * rounded once.
 */
function deviationOf(a: QuantilesValue, b: QuantilesValue): number {
  const sums = [decimalOf(a.sum), decimalOf(b.sum)];
  const spreads = [spreadOf(a), spreadOf(b)];
  const scale = Math.max(...sums.map((sum) => 2 * sum.scale), ...spreads.map((spread) => spread.scale));
  const places = Math.ceil(scale / 2);
  const [x = 0n, y = 0n] = sums.map((sum) => unitsOf(sum, places));
  const [v = 0n, w = 0n] = spreads.map((spread) => unitsOf(spread, 2 * places));
  const [n, m] = [BigInt(a.cnt), BigInt(b.cnt)];
  const deviations = (n + m) * (m * v + n * w) + (n * y - m * x) ** 2n;
  return Math.sqrt(nearestDouble(deviations, n * m * (n + m) * (n + m - 1n) * 10n ** BigInt(2 * places)));
}

/**
 * n Σx² − (Σx)² of n points, which is n (n − 1) s². Of points with few digits it has few digits itself: with the 15 that a
 * double holds for certain, the rounding of s is gone.
 */
function spreadOf({ stddev, cnt }: QuantilesValue): Decimal {
  if (stddev === null) return decimalOf(0);
  const { digits, scale } = decimalOf(stddev);
  const n = BigInt(cnt);
  const spread = nearestDouble(n * (n - 1n) * digits ** 2n, 10n ** BigInt(2 * scale));
  return parseDecimal(spread.toPrecision(15));
}

/** A decimal in units of 10^−`places`, which are no fewer than its own. */
function unitsOf({ digits, scale }: Decimal, places: number): bigint {
  return digits * 10n ** BigInt(places - scale);
}

/**
 * Sets q10 to q99 of a merged value to what its distribution tells, as if the points were spread evenly within each of its
 * bins, and `within` to the largest relative error that this may make. Without a distribution, all lie in one bin.
 */
function estimated(value: QuantilesValue, distribution: readonly DistributionBin[]): QuantilesValue {
  if (value.within === undefined) return value;
  const bins = distribution.length > 0 ? distribution : [{ l: null, r: null, cnt: value.cnt }];
  const clamp = (edge: number): number => Math.min(Math.max(edge, value.q0), value.q100);
  const last = bins.reduce((sum, { cnt }) => sum + cnt, 0) - 1;
  let within = 0;
  const pointOf = (rank: number): number => {
    let before = 0;
    for (const { l, r, cnt } of bins) {
      if (rank < before + cnt) {
        const [low, high] = [clamp(l ?? value.q0), clamp(r ?? value.q100)];
        within = Math.max(within, relativeWidth(low, high));
        return low + ((rank - before + 0.5) / cnt) * (high - low);
      }
      before += cnt;
    }
    return value.q100;
  };
  const quantiles = QUANTILE_PERCENTS.slice(1, -1).map((percent) => {
    const h = (last * percent) / 100;
    const k = Math.floor(h);
    const low = pointOf(k);
    return [`q${percent}`, h === k ? low : low + (h - k) * (pointOf(k + 1) - low)] as const;
  });
  return { ...value, ...Object.fromEntries(quantiles), within };
}

/** How far apart two numbers are in relation to the one that is nearer to 0; at most 1. */
function relativeWidth(low: number, high: number): number {
  if (low === high) return 0;
  const nearest = low <= 0 && high >= 0 ? 0 : Math.min(Math.abs(low), Math.abs(high));
  return Math.min((high - low) / nearest, 1);
}

/** The distribution of all points of two sets, ascending. */
function mergeDistributions(a: readonly DistributionBin[], b: readonly DistributionBin[]): readonly DistributionBin[] {
  const merged = new Map<string, DistributionBin>();
  for (const bin of [...a, ...b]) {
    const name = `${bin.l} ${bin.r}`;
    merged.set(name, { ...bin, cnt: bin.cnt + (merged.get(name)?.cnt ?? 0) });
  }
  return [...merged.values()].sort((x, y) => (x.l ?? -Infinity) - (y.l ?? -Infinity));
}

/** The counts of all texts of two sets. */
function mergeCategories(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const merged = new Map(a);
  for (const [label, count] of b) merged.set(label, count + (merged.get(label) ?? 0));
  return merged;
}

/** The JSON of a bin of `categories`: its labels in the order of their UTF-8 bytes. */
function categoriesText(categories: ReadonlyMap<string, number>): string {
  const entries = [...categories].sort(([a], [b]) => compareLabels(a, b));
  return `{${entries.map(([label, count]) => `${JSON.stringify(label)}:${count}`).join(',')}}`;
}

/** The JSON of a bin of `quantiles`, its members in their order. */
function quantilesText({ average, stddev, sum, cnt, within, ...quantiles }: QuantilesValue): string {
  const ordered = QUANTILE_PERCENTS.map((percent) => [`q${percent}`, quantiles[`q${percent}`]] as const);
  const value = { ...Object.fromEntries(ordered), average, stddev, sum, cnt, within };
  return JSON.stringify(value);
}
