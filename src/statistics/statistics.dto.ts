import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLE, type Schema, WireShape } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';

/** A number, or `null` without a point. */
const figure = (description: string, example: number): object => {
  const schema: Schema = { type: 'number', nullable: true, description, example };
  return schema;
};

/** A point as a number. */
@WireShape('NumberPoint', 'A point as a number: a percentage is its quotient.')
export class PointOfTimeObject {
  @ApiProperty({ type: 'number', description: 'In seconds since 1970.', example: EXAMPLE.ts })
  ts: number;

  @ApiProperty({ type: 'number', example: 21.5 })
  val: number;
}

/** The statistics of the points of a series. */
@WireShape('NumberStatistics', 'Statistics of the points of a range of time.')
export class StatisticsObject {
  @ApiProperty({ type: 'string', required: false, description: 'The id of the sensor that was asked for.' })
  sensor?: string;

  @ApiProperty({ type: 'string', required: false, description: 'The key of the metadata that was asked for.' })
  'metadata-key'?: string;

  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;

  @ApiProperty({ type: 'number', description: 'From this time on (seconds, inclusive).', example: 0 })
  since: number;

  @ApiProperty({ type: 'number', description: 'Until this time (exclusive).', example: EXAMPLE.ts })
  until: number;

  @ApiProperty({ type: 'integer', description: 'The number of points.', example: 8 })
  count: number;

  @ApiProperty(figure('The smallest number.', 10))
  minimum: number | null;

  @ApiProperty(figure('The largest number.', 107))
  maximum: number | null;

  @ApiProperty(figure('The exact mean, rounded once.', 77.625))
  mean: number | null;

  @ApiProperty(figure('The 50th percentile.', 98.5))
  median: number | null;

  @ApiProperty(figure('The population variance.', 1532.234375))
  variance: number | null;

  @ApiProperty(figure('The root of the variance.', 39.14376546782386))
  'standard-deviation': number | null;

  @ApiProperty({ type: () => PointOfTimeObject, nullable: true, description: 'The first point.' })
  first: PointOfTimeObject | null;

  @ApiProperty({ type: () => PointOfTimeObject, nullable: true, description: 'The last point.' })
  last: PointOfTimeObject | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'The percentiles that were asked for, by the method of NIST; `{}` without a point.',
    example: { 25: 31.75, 75: 100, 95: 107 },
  })
  percentiles: Record<string, number>;

  @ApiProperty({
    type: 'boolean',
    description: 'Whether the percentiles are exact. Those of more than 1,000,000 points are within 1 %.',
    example: true,
  })
  exact: boolean;
}
