import { parseDecimal, quotient } from 'marigram-client/exact';
import { DATA_TYPE_NAMES, DATA_TYPES, type DataTypeName, type Measure } from '../event-types/data-types.js';
import { histogramStatistics, histogramText, numberStatistics } from './bin-statistics.js';
import { categoriesText, distributionText, quantilesText } from './exact-values.js';
import { type Kept } from './rollup-spec.js';
import { type StoredBin } from './stored-bin.js';

/** The column of a rollup that its sum is divided by, or 1. The database divides where no bin is sealed. */
export type Divisor = 'count' | 'denominator_sum' | '1';

/** The value of a bin: one number, which is its sum divided, or a document. */
export type BinValue = { readonly meaning: string } & (
  | { readonly divisor: Divisor }
  | {
      readonly divisor?: undefined;
      /** What it needs that rollups of numbers keep only then. */
      readonly needs?: Kept;
      /** The JSON text, in steps; `undefined` where the bin lacks what it takes. */
      readonly textOf: (bin: StoredBin) => Generator<void, string | undefined, void>;
    }
);

/** One kind of summary. */
interface SummaryKind {
  /** Its name in URLs, the plural. */
  readonly path: string;
  /** The data type of its values: that of the points unless given. */
  readonly dataType?: DataTypeName;
  /** The shortest window, in seconds: 0 unless given, which makes a bin of each point. */
  readonly minWindow?: number;
  /** The value of a bin by the measure of the points; there is no such summary of other measures. */
  readonly values: Readonly<Partial<Record<Measure, BinValue>>>;
}

/**
 * The kinds of summaries by their names on the wire. Another one is one entry here: URLs, registration, retention, the
 * reference, the command line and the SDK read this table.
 */
const KINDS = {
  aggregation: {
    path: 'aggregations',
    values: {
      number: { meaning: 'the sum of the points', divisor: '1' },
      fraction: { meaning: 'Σ numerators ÷ Σ denominators', divisor: 'denominator_sum' },
      histogram: { meaning: 'the merged histogram', textOf: histogramText },
    },
  },
  average: {
    path: 'averages',
    dataType: 'float',
    values: { number: { meaning: 'the mean of the points', divisor: 'count' } },
  },
  statistics: {
    path: 'statistics',
    dataType: 'json',
    values: {
      number: { meaning: '`Statistics`', needs: 'statistics', textOf: numberStatistics },
      histogram: { meaning: '`Statistics`', textOf: histogramStatistics },
    },
  },
  quantiles: {
    path: 'quantiles',
    dataType: 'json',
    minWindow: 1,
    values: { number: { meaning: '`Quantiles`', needs: 'samples', textOf: quantilesText } },
  },
  distribution: {
    path: 'distributions',
    dataType: 'json',
    minWindow: 1,
    values: { number: { meaning: '`Distribution`', needs: 'distribution', textOf: distributionText } },
  },
  categories: {
    path: 'categories',
    dataType: 'histogram',
    minWindow: 1,
    values: { category: { meaning: 'the count of each value, a `Histogram`', textOf: categoriesText } },
  },
} as const satisfies Record<string, SummaryKind>;

/** The name of a kind of summary on the wire, in the singular. */
export type SummaryType = keyof typeof KINDS;

export const SUMMARY_KINDS: Readonly<Record<SummaryType, SummaryKind>> = KINDS;

/** The names of all kinds. */
export const SUMMARY_TYPES = Object.keys(SUMMARY_KINDS) as readonly SummaryType[];

/** The kinds of summaries that a data type has. */
export function summariesOf(dataType: DataTypeName): readonly SummaryType[] {
  return SUMMARY_TYPES.filter((type) => binValueOf(dataType, type));
}

/** The value of the bins of a summary; `undefined` where the data type has no such summary. */
export function binValueOf(dataType: DataTypeName, type: SummaryType): BinValue | undefined {
  const { measure } = DATA_TYPES[dataType];
  return measure && SUMMARY_KINDS[type].values[measure];
}

/** What a summary needs that rollups keep only then, if anything. */
export function needOf(dataType: DataTypeName, type: SummaryType): Kept | undefined {
  const value = binValueOf(dataType, type);
  return value?.divisor === undefined ? value?.needs : undefined;
}

/** The data type of the values of a summary. */
export function valueTypeOf(dataType: DataTypeName, type: SummaryType): DataTypeName {
  return SUMMARY_KINDS[type].dataType ?? dataType;
}

/** The data types whose values are summed up alike. */
export function dataTypesOf(measure: Measure): readonly DataTypeName[] {
  return DATA_TYPE_NAMES.filter((name) => DATA_TYPES[name].measure === measure);
}

/**
 * The JSON text of a bin's value, in steps; `undefined` where the bin can't tell: it was stored before this summary was
 * asked for, and its base points are gone. Where no bin is sealed, summaries of one number are read as such, see
 * `RollupStore.quotients`.
 */
export function* summaryValue(
  bin: StoredBin,
  dataType: DataTypeName,
  type: SummaryType,
): Generator<void, string | undefined, void> {
  if (bin.sealed !== null) return bin.sealed;
  const value = binValueOf(dataType, type);
  if (!value) return undefined;
  return value.divisor === undefined ? yield* value.textOf(bin) : quotientOf(bin, value.divisor);
}

function quotientOf({ count, sum, denominatorSum }: StoredBin, by: Divisor): string | undefined {
  const divisor = { count: String(count), denominator_sum: denominatorSum, 1: '1' }[by];
  if (sum === null || divisor === null || Number(divisor) === 0) return undefined;
  return String(quotient(parseDecimal(sum), parseDecimal(divisor)));
}
