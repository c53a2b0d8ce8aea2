import { type DataTypeOf, type SummaryType } from './data-types.js';
import { type SUMMARY_TYPES } from './generated/tables.gen.js';
import { type DistributionBin, type QuantilesValue } from './exact/index.js';
import { type JsonValue } from './json-value.js';
import { type Histogram, type ValueOf } from './values.js';

/** What the values of a window look like. */
export interface Statistics {
  minimum: number;
  maximum: number;
  mean: number;
  median: number;
  'percentile-25': number;
  'percentile-75': number;
  'percentile-95': number;
  /** Of the population. */
  variance: number;
  'standard-deviation': number;
}

/** What the samples of histograms look like. */
export interface HistogramStatistics extends Statistics {
  /** The labels with the highest count, ascending. */
  mode: number[];
}

/** `{}`: there are no statistics, because a label is not a number or nothing was counted. */
export type NoStatistics = { [field in keyof HistogramStatistics]?: never };

/** The documents in `val` of summaries, by summary type. */
interface Documents<N extends string> {
  statistics: DataTypeOf<N> extends 'integer' | 'float' ? Statistics : HistogramStatistics | NoStatistics;
  quantiles: QuantilesValue;
  distribution: DistributionBin[];
  /** How often each value occurs. */
  categories: Histogram;
}

/** The `val` of a summary. */
export type SummaryValueOf<N extends string, T extends SummaryType> = {
  [type in SummaryType]: (typeof SUMMARY_TYPES)[type]['dataType'] extends null
    ? ValueOf<N>
    : type extends keyof Documents<N>
      ? Documents<N>[type]
      : (typeof SUMMARY_TYPES)[type]['dataType'] extends 'integer' | 'float'
        ? number
        : JsonValue;
}[T];
