import { ApiProperty } from '@nestjs/swagger';
import { named, shape, WireShape } from '../common/api-docs.js';
import { DATA_TYPE_NAMES, DATA_TYPES } from './data-types.js';

/** A number or its text: some writers send every number as a text. */
const NUMBER_OR_TEXT = { anyOf: [{ type: 'number' }, { type: 'string' }] };

/** A posted value of the data type percentage. */
@WireShape('Percentage', 'The two counts of a percentage. Reads return their quotient.')
export class PercentageObject {
  @ApiProperty({ ...NUMBER_OR_TEXT, description: 'An integer of at least 0; may exceed the denominator.', example: 1 })
  numerator: number | string;

  @ApiProperty({ ...NUMBER_OR_TEXT, description: 'An integer of at least 1.', example: 25 })
  denominator: number | string;
}

/** One part of a test, in a value of the data type subinterval. */
@WireShape('Subinterval', 'One part of a test. Further members are allowed; all are returned as posted.', {
  additionalProperties: true,
})
export class SubintervalObject {
  [member: string]: unknown;

  @ApiProperty({ ...NUMBER_OR_TEXT, description: 'Seconds since the start of the test.', example: 0 })
  start: number | string;

  @ApiProperty({ ...NUMBER_OR_TEXT, description: 'Seconds.', example: 1 })
  duration: number | string;

  @ApiProperty({ allOf: [shape('JsonValue')], description: 'What was measured in this part.', example: 9400000000 })
  val: unknown;
}

/** Any JSON. */
export const JSON_VALUE = named('JsonValue', {
  type: ['object', 'array', 'string', 'number', 'boolean', 'null'],
  description: 'Any JSON; it is returned byte for byte, except for white space.',
});

/** A histogram in answers. */
export const HISTOGRAM = named('Histogram', {
  type: 'object',
  description: 'Counts by label. Labels stay as posted: `41.0` and `41.00` are different labels.',
  additionalProperties: { type: 'integer', minimum: 0 },
  example: { '41.0': 98, '41.1': 2 },
});

/** A histogram in requests. */
const POSTED_HISTOGRAM = named('PostedHistogram', {
  type: 'object',
  description: 'Counts by label; a count is an integer of at least 0, or its text.',
  additionalProperties: NUMBER_OR_TEXT,
  example: { '41.0': 98, '41.1': 2 },
});

const SUBINTERVALS = named('Subintervals', {
  type: 'array',
  description: 'The parts of a test, at least one.',
  minItems: 1,
  items: shape('Subinterval'),
});

/** A value in answers. */
export const POINT_VALUE = named('PointValue', {
  description: [
    'What was measured. The data type of the event type determines its form:',
    '',
    ...DATA_TYPE_NAMES.map((name) => `- ${name}: ${DATA_TYPES[name].docs.read}`),
  ].join('\n'),
  anyOf: [{ type: 'number' }, HISTOGRAM, SUBINTERVALS, JSON_VALUE],
});

/** A value in requests. */
export const POSTED_VALUE = named('PostedValue', {
  description: [
    'What was measured. The data type of the event type determines the accepted form:',
    '',
    ...DATA_TYPE_NAMES.map((name) => `- ${name}: ${DATA_TYPES[name].docs.posted}`),
  ].join('\n'),
  anyOf: [NUMBER_OR_TEXT, shape('Percentage'), POSTED_HISTOGRAM, SUBINTERVALS, JSON_VALUE],
});
