import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLE, named, WireShape } from '../common/api-docs.js';
import { type ConflictingPoint } from '../common/errors.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { POINT_VALUE, POSTED_VALUE } from '../event-types/values.dto.js';
import { ErrorObject } from '../http/error.dto.js';

const POSTED_TIME = named('PostedTime', {
  anyOf: [{ type: 'number' }, { type: 'string', pattern: '^\\s*[+-]?\\d+\\s*$' }],
  description:
    'Seconds since 1970-01-01 UTC, in the years 1 to 9999; a fraction is kept to the microsecond. A text must be an ' +
    'integer.',
  example: EXAMPLE.ts,
});

/** One point in a read. */
@WireShape('Point', 'A measured value.')
export class PointObject {
  @ApiProperty({
    type: 'number',
    description: 'When it was measured, in seconds; an integer where it is a whole second.',
    example: EXAMPLE.ts,
  })
  ts: number;

  @ApiProperty({ allOf: [POINT_VALUE] })
  val: unknown;
}

/** The body of a POST of one point. */
@WireShape('NewPoint', 'A point to be stored.')
export class NewPointObject {
  @ApiProperty({ allOf: [POSTED_TIME] })
  ts: number | string;

  @ApiProperty({ allOf: [POSTED_VALUE] })
  val: unknown;
}

/** One value in a bulk PUT. */
@WireShape('BulkValue', 'A value of one event type.')
export class BulkValueObject {
  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;

  @ApiProperty({ allOf: [POSTED_VALUE] })
  val: unknown;
}

/** The values of one time in a bulk PUT. */
@WireShape('BulkItem', 'The values of one time.')
export class BulkItemObject {
  @ApiProperty({ allOf: [POSTED_TIME] })
  ts: number | string;

  @ApiProperty({ type: () => [BulkValueObject] })
  val: BulkValueObject[];
}

/** The values of one time in a bulk PUT to many metadata. */
@WireShape('BulkItemOfMany', 'The values of one time and one metadata.')
export class BulkItemOfManyObject extends BulkItemObject {
  @ApiProperty({ type: 'string', description: 'The metadata that the values belong to.', example: EXAMPLE.key })
  'metadata-key': string;
}

/** The body of a bulk PUT. */
@WireShape('Bulk', 'Points of one metadata.')
export class BulkObject {
  @ApiProperty({ type: () => [BulkItemObject] })
  data: BulkItemObject[];
}

/** The body of a bulk PUT to many metadata. */
@WireShape('BulkOfMany', 'Points of many metadata.')
export class BulkOfManyObject {
  @ApiProperty({ type: () => [BulkItemOfManyObject] })
  data: BulkItemOfManyObject[];
}

/** A point that was skipped. */
@WireShape('ConflictingPoint', 'A point that was not stored, since there is one at its time.')
export class ConflictingPointObject implements ConflictingPoint {
  @ApiProperty({ type: 'number', example: EXAMPLE.ts })
  ts: number;

  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;
}

/** The body of a 409. */
@WireShape('ConflictBody', 'What was stored of a request, and what was there already.')
export class ConflictObject extends ErrorObject {
  @ApiProperty({ type: 'integer', description: 'How many points were stored or replaced.', example: 1 })
  stored: number;

  @ApiProperty({
    type: () => [ConflictingPointObject],
    description: 'The points that were there already and stay as they are: the first 100, in the order of the request.',
  })
  conflicts: ConflictingPointObject[];
}
