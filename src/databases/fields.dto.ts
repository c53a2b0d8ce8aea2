import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, ValidateIf } from 'class-validator';
import { WireShape } from '../common/api-docs.js';
import { MAX_UNIT } from '../event-types/catalogue.js';
import { FIELD_TYPES, type FieldType } from '../storage/databases/field-store.js';

/** The body of a PATCH of a field. */
@WireShape('FieldChanges', 'What changes of a field; its type never does.')
export class FieldChangesObject {
  @ApiProperty({
    ...{ type: 'string', nullable: true, maxLength: MAX_UNIT, example: 'ms' },
    description: 'The unit of its numbers; `null` for none.',
  })
  @ValidateIf((body: FieldChangesObject) => body.unit !== null)
  @IsString()
  @MaxLength(MAX_UNIT)
  unit: string | null;
}

/** A field of a measurement. */
@WireShape('Field', 'A field of a measurement.')
export class FieldObject {
  @ApiProperty({ type: 'string', example: 'http_req_duration' })
  measurement: string;

  @ApiProperty({ type: 'string', example: 'value' })
  name: string;

  @ApiProperty({
    ...{ type: 'string', enum: [...FIELD_TYPES], example: 'float' },
    description: 'The type of its values, which the first one has fixed for all tags.',
  })
  type: FieldType;

  @ApiProperty({
    ...{ type: 'string', nullable: true, example: 'ms' },
    description: 'The unit of its numbers; `null` where nobody has set one.',
  })
  unit: string | null;
}
