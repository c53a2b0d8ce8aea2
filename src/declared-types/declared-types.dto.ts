import { ApiProperty } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { WireShape } from '../common/api-docs.js';
import { EVENT_TYPE_NAME, EVENT_TYPE_NAME_RULE, MAX_DESCRIPTION, MAX_UNIT } from '../event-types/catalogue.js';
import { DATA_TYPE_NAMES, type DataTypeName } from '../event-types/data-types.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';

const DATA_TYPE = { type: 'string' as const, enum: [...DATA_TYPE_NAMES], example: 'float' };

/** The body of a declaration. */
@WireShape('NewDeclaration', 'An event type to be declared.')
export class NewDeclarationObject {
  @ApiProperty({ type: 'string', pattern: EVENT_TYPE_NAME.source, example: 'temperature' })
  @Matches(EVENT_TYPE_NAME, { message: EVENT_TYPE_NAME_RULE })
  name: string;

  @ApiProperty({ ...DATA_TYPE, description: 'The kind of its values; it can never be changed.' })
  @IsIn(DATA_TYPE_NAMES, { message: `expected one of ${DATA_TYPE_NAMES.join(', ')}` })
  'data-type': DataTypeName;

  @ApiProperty({
    ...{ type: 'string', required: false, nullable: true, maxLength: MAX_UNIT, example: '°C' },
    description: 'The unit of its numbers. Absent: what is declared already, or none.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_UNIT)
  unit?: string | null;

  @ApiProperty({
    ...{ type: 'string', required: false, maxLength: MAX_DESCRIPTION, example: 'air temperature in the rack' },
    description: 'What it says. Absent: what is declared already, or nothing.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DESCRIPTION)
  description?: string;
}

/** An event type as it is listed. */
@WireShape('EventTypeInfo', 'An event type that the archive takes.')
export class EventTypeInfoObject {
  @ApiProperty({ allOf: [EVENT_TYPE], example: 'temperature' })
  name: string;

  @ApiProperty({ ...DATA_TYPE, description: 'The kind of its values.' })
  'data-type': DataTypeName;

  @ApiProperty({
    ...{ type: 'string', nullable: true, example: '°C' },
    description: 'The unit of its numbers; `null` where they have none.',
  })
  unit: string | null;

  @ApiProperty({ type: 'string', description: 'What it says; may be empty.', example: 'air temperature in the rack' })
  description: string;

  @ApiProperty({ type: 'boolean', description: 'Whether every archive has it; it is fixed then.', example: false })
  'built-in': boolean;
}
