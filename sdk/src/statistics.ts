import { type DataTypeOf, type SummaryType } from './data-types.js';
import { type ValueOf } from './values.js';

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

/** `{}`: there are no statistics, because a label is no number, or nothing was counted. */
export type NoStatistics = { [field in keyof HistogramStatistics]?: never };

/** What is read as `val` of a summary. */
export type SummaryValueOf<N extends string, T extends SummaryType> = {
  average: number;
  aggregation: ValueOf<N>;
  statistics: DataTypeOf<N> extends 'integer' | 'float' ? Statistics : HistogramStatistics | NoStatistics;
}[T];
