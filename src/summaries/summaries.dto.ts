import { ApiProperty } from '@nestjs/swagger';
import { QUANTILE_PERCENTS } from 'marigram-client/exact';
import { EXAMPLE, named, type Schema, shape, WireShape } from '../common/api-docs.js';
import { DATA_TYPE_NAMES } from '../event-types/data-types.js';
import { HISTOGRAM } from '../event-types/values.dto.js';
import { QUANTILE_MEMBERS } from '../rollups/quantile-column.js';
import { binValueOf, SUMMARY_TYPES } from '../rollups/summary-kinds.js';

const number = (description: string, example: number): object => ({ type: 'number', description, example });
const numberOrNull = (description: string, example: number): object => ({
  ...number(description, example),
  type: ['number', 'null'],
});

/** The value of a bin of a `statistics` summary. */
@WireShape('Statistics', 'Percentiles follow the NIST method; the variance is that of the population.')
export class StatisticsObject {
  @ApiProperty(number('The smallest value.', 41))
  minimum: number;

  @ApiProperty(number('The largest value.', 50))
  maximum: number;

  @ApiProperty(number('The arithmetic mean.', 41.06))
  mean: number;

  @ApiProperty(number('The 50th percentile.', 41))
  median: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'number' },
    required: false,
    description: 'The most frequent values, ascending; histograms only.',
    example: [41],
  })
  mode?: number[];

  @ApiProperty(number('Percentiles of numbers are within 1 %; those of histograms are exact.', 41))
  'percentile-25': number;

  @ApiProperty(number('See `percentile-25`.', 41.1))
  'percentile-75': number;

  @ApiProperty(number('See `percentile-25`.', 41.1))
  'percentile-95': number;

  @ApiProperty(number('The mean squared distance from the mean.', 0.25))
  variance: number;

  @ApiProperty(number('The square root of the variance.', 0.5))
  'standard-deviation': number;
}

const NO_STATISTICS = named('NoStatistics', {
  type: 'object',
  maxProperties: 0,
  description: 'The statistics of a histogram that is empty or has labels that are not numbers.',
});

const QUANTILES: Schema = named('Quantiles', {
  type: 'object',
  description:
    'Quantiles of the values of a window, by linear interpolation (the quantile p of n values lies at (n − 1)p), and ' +
    'what sums tell of them. All are exact and rounded once.',
  properties: {
    ...Object.fromEntries(
      QUANTILE_PERCENTS.map((percent) => [`q${percent}`, number(`The quantile of ${percent} %.`, 30164)]),
    ),
    average: number('The arithmetic mean.', 30252.25),
    stddev: numberOrNull('The standard deviation of a sample; `null` for one value.', 378.926),
    sum: number('The sum.', 121009),
    cnt: number('How many values there are.', 4),
    within: number('The relative error of q10 to q99 where more than 131,072 values differ; else absent.', 0.01),
  },
  required: [...QUANTILE_MEMBERS],
});

const DISTRIBUTION: Schema = named('Distribution', {
  type: 'array',
  description:
    'How many values of a window lie in each of 3,720 bins between 0 and 300,000,000 (closed on the left, the last one on ' +
    'both sides), whose steps grow from 10 to 1,000,000: made for response times in microseconds. Bins that are not empty, ' +
    'ascending.',
  items: {
    type: 'object',
    properties: {
      l: numberOrNull('The left edge; `null` for values below 0.', 29000),
      r: numberOrNull('The right edge; `null` for values above 300,000,000.', 30000),
      cnt: number('How many values lie in the bin.', 1),
    },
    required: ['l', 'r', 'cnt'],
  },
});

/** The value of a bin of any summary. */
export const SUMMARY_VALUE: Schema = named('SummaryValue', {
  description: [
    'The value of a window:',
    '',
    ...SUMMARY_TYPES.flatMap((type) =>
      DATA_TYPE_NAMES.flatMap((dataType) => {
        const value = binValueOf(dataType, type);
        return value ? [`- \`${type}\` of the data type ${dataType}: ${value.meaning}`] : [];
      }),
    ),
  ].join('\n'),
  anyOf: [{ type: 'number' }, HISTOGRAM, shape('Statistics'), NO_STATISTICS, QUANTILES, DISTRIBUTION],
});

/** One bin of a summary. */
@WireShape('Bin', 'The summary of one window.')
export class BinObject {
  @ApiProperty({ type: 'number', description: 'The start of the window, in seconds.', example: EXAMPLE.ts })
  ts: number;

  @ApiProperty({ allOf: [SUMMARY_VALUE] })
  val: unknown;
}
