import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { WireShape } from '../common/api-docs.js';
import { EVENT_TYPE_NAME, EVENT_TYPE_NAME_RULE, MAX_DESCRIPTION, MAX_UNIT } from '../event-types/catalogue.js';
import { DATA_TYPE_NAMES, type DataTypeName } from '../event-types/data-types.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';

const DATA_TYPE = { type: 'string' as const, enum: [...DATA_TYPE_NAMES], example: 'float' };

/** The body of a declaration. */
@WireShape('NewDeclaration', 'An event type to declare.')
export class NewDeclarationObject {
  @ApiProperty({ type: 'string', pattern: EVENT_TYPE_NAME.source, example: 'rack-temperature' })
  @Matches(EVENT_TYPE_NAME, { message: EVENT_TYPE_NAME_RULE })
  name: string;

  @ApiProperty({ ...DATA_TYPE, description: 'The type of its values; it cannot be changed.' })
  @IsIn(DATA_TYPE_NAMES, { message: `expected one of ${DATA_TYPE_NAMES.join(', ')}` })
  'data-type': DataTypeName;

  @ApiProperty({
    ...{ type: 'string', required: false, nullable: true, maxLength: MAX_UNIT, example: '°C' },
    description: 'The unit of its numbers. If absent, it stays as declared; a new event type has none.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_UNIT)
  unit?: string | null;

  @ApiProperty({
    ...{ type: 'string', required: false, maxLength: MAX_DESCRIPTION, example: 'air temperature in the rack' },
    description: 'Its meaning. If absent, it stays as declared; that of a new event type is empty.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DESCRIPTION)
  description?: string;
}

/** An event type as it is listed. */
@WireShape('EventTypeInfo', 'An event type of the archive.')
export class EventTypeInfoObject {
  @ApiProperty({ allOf: [EVENT_TYPE], example: 'rack-temperature' })
  name: string;

  @ApiProperty({ ...DATA_TYPE, description: 'The type of its values.' })
  'data-type': DataTypeName;

  @ApiProperty({
    ...{ type: 'string', nullable: true, example: '°C' },
    description: 'The unit of its numbers; `null` if they have none.',
  })
  unit: string | null;

  @ApiProperty({ type: 'string', description: 'Its meaning; may be empty.', example: 'air temperature in the rack' })
  description: string;

  @ApiProperty({
    type: 'boolean',
    description: 'Whether every archive has it; such an event type cannot be changed.',
    example: false,
  })
  'built-in': boolean;
}
