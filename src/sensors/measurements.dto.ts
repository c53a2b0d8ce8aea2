import { ApiProperty } from '@nestjs/swagger';
import { BUILT_IN } from '../event-types/catalogue.js';
import { shape, WireShape } from '../common/api-docs.js';
import { AT } from './parse-at.js';
import { SENSOR_TYPES } from './sensor-types.js';

/** What a sensor measured at one time. */
@WireShape(
  'Measurement',
  'What a sensor measured at one time: at least one number. Members of other names are ignored.',
  {
    additionalProperties: shape('JsonValue'),
  },
)
export class MeasurementObject {
  @ApiProperty({
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    nullable: true,
    required: false,
    description: `When: ${AT}. The time of arrival where it is absent or \`null\`.`,
    example: 1767607203000,
  })
  at?: number | string | null;
}

for (const name of SENSOR_TYPES) {
  const { unit, description } = BUILT_IN.get(name) ?? {};
  const about = `${description}, in ${unit}; a number or its text.`;
  ApiProperty({ type: 'number', required: false, description: about })(MeasurementObject.prototype, name);
}

/** The answer where they are stored. */
@WireShape('MeasurementsStored', 'All of it is stored.')
export class MeasurementsStoredObject {
  @ApiProperty({ type: 'boolean', enum: [true] })
  result: boolean;

  @ApiProperty({ type: 'string', enum: ['OK'] })
  response: string;
}

/** A bad member of a request. */
@WireShape('BadMember', 'What is wrong with a member of the request.')
export class BadMemberObject {
  @ApiProperty({
    type: 'string',
    description: 'The member, in arrays with the position of its object from 1; `body`, `at` or `sensorUuid`.',
    example: '[2].temperature',
  })
  field: string;

  @ApiProperty({ type: 'string', example: 'expected a number, got null' })
  message: string;
}

/** The answer where something is wrong with the points. */
@WireShape('MeasurementsRefused', 'What is wrong with the request.')
export class MeasurementsRefusedObject {
  @ApiProperty({ type: 'boolean', enum: [false] })
  result: boolean;

  @ApiProperty({ type: () => [BadMemberObject], description: 'The first 100 of them.' })
  response: BadMemberObject[];
}

const AVERAGE = { type: 'number', nullable: true, example: 21.5 } as const;

/** The temperatures of a sensor. */
@WireShape('RecentTemperatures', 'The temperatures of a sensor; `null` where there are none.')
export class RecentObject {
  @ApiProperty({ type: 'string', description: 'The id of the sensor.', example: 'boiler-1' })
  sensorUuid: string;

  @ApiProperty(AVERAGE)
  averageLastHour: number | null;

  @ApiProperty(AVERAGE)
  averageLast7Days: number | null;

  @ApiProperty(AVERAGE)
  maxLast30Days: number | null;
}
