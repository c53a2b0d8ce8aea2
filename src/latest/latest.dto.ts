import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLE, WireShape } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { POINT_VALUE } from '../event-types/values.dto.js';
import { SubjectObject } from '../metadata/subject.dto.js';

/** The newest point of a series, with its metadata. */
@WireShape('LatestPoint', 'The newest point of an event type of a metadata.')
export class LatestPointObject extends SubjectObject {
  @ApiProperty({ type: 'string', description: 'The key of the metadata.', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;

  @ApiProperty({ type: 'string', description: 'The path of the points.' })
  'base-uri': string;

  @ApiProperty({
    type: 'number',
    description: 'Seconds since the point, by the clock of the database; negative for a point in the future.',
    example: 312.5,
  })
  age: number;

  @ApiProperty({
    type: 'number',
    nullable: true,
    description: 'Seconds between points: the median of the 10 newest; `null` if there is only one point.',
    example: 3600,
  })
  cadence: number | null;

  @ApiProperty({ type: 'number', description: 'When the point was measured, in seconds.', example: EXAMPLE.ts })
  ts: number;

  @ApiProperty({ allOf: [POINT_VALUE] })
  val: unknown;
}
