import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLE, named, type Schema, shape, WireShape } from '../common/api-docs.js';
import { DATA_TYPE_NAMES } from '../event-types/data-types.js';
import { HISTOGRAM } from '../event-types/values.dto.js';
import { binValueOf, SUMMARY_TYPES } from '../rollups/summary-kinds.js';

const number = (description: string, example: number): object => ({ type: 'number', description, example });

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

const SUMMARY_VALUE: Schema = named('SummaryValue', {
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
  anyOf: [{ type: 'number' }, HISTOGRAM, shape('Statistics'), NO_STATISTICS],
});

/** One bin of a summary. */
@WireShape('Bin', 'The summary of one window.')
export class BinObject {
  @ApiProperty({ type: 'number', description: 'The start of the window, in seconds.', example: EXAMPLE.ts })
  ts: number;

  @ApiProperty({ allOf: [SUMMARY_VALUE] })
  val: unknown;
}
