import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, MaxLength } from 'class-validator';
import { EXAMPLE, shape, WireShape } from '../common/api-docs.js';
import { type ConditionText } from '../evaluation/condition.js';
import { SEVERITIES, type Severity } from '../evaluation/rule.js';
import { CLOSED_BY, type ClosedBy } from '../storage/events/event.js';

/** The longest note, in characters. */
const MAX_NOTE = 500;

const ID = { type: 'string', format: 'uuid', example: '01944f3b-0d5a-7c3e-8f21-6b9c0d4e5a17' } as const;
const TIME = { type: 'number' as const, example: EXAMPLE.ts };
const NUMBER = { type: 'number' as const, nullable: true };
const NOTE = { type: 'string' as const, required: false, nullable: true, maxLength: MAX_NOTE, example: 'fan replaced' };

/** Who has taken note of an event. */
@WireShape('Acknowledgement', 'Who has taken note of an event.')
export class AcknowledgementObject {
  @ApiProperty({ type: 'string', description: 'The user of the key.', example: 'me' })
  by: string;

  @ApiProperty(TIME)
  at: number;

  @ApiProperty({ type: 'string', nullable: true, example: 'fan replaced' })
  note: string | null;
}

/** An event. */
@WireShape('Event', 'What a rule has found. Times are in seconds since 1970.')
export class EventObject {
  @ApiProperty(ID)
  id: string;

  @ApiProperty({ ...ID, description: 'The id of the rule.', example: '01944f3a-7c1e-7b52-9d0e-3f5a8c6b2d10' })
  rule: string;

  @ApiProperty({ type: 'string', description: 'What the rule was called then.', example: 'hot' })
  'rule-name': string;

  @ApiProperty({ type: 'string', example: 'TEMPERATURE_EXCEEDED' })
  type: string;

  @ApiProperty({ type: 'string', enum: [...SEVERITIES], example: 'warning' })
  severity: Severity;

  @ApiProperty({ type: 'string', enum: ['open', 'closed'], example: 'open' })
  state: 'open' | 'closed';

  @ApiProperty({ type: 'string', nullable: true, description: '`null` where the subject is no sensor.', example: 's1' })
  sensor: string | null;

  @ApiProperty({ type: 'string', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({ type: 'string', example: 'temperature' })
  'event-type': string;

  @ApiProperty({ ...TIME, description: 'The time of the point that opened it.' })
  opened: number;

  @ApiProperty({ ...TIME, description: 'The time of the first warning of its run.' })
  'first-warning': number;

  @ApiProperty({ ...TIME, description: "When it was opened, by the database's clock." })
  received: number;

  @ApiProperty({
    ...NUMBER,
    description: 'That of the point that opened it; `null` where it has no number.',
    example: 99,
  })
  value: number | null;

  @ApiProperty({ allOf: [shape('Condition')], description: 'The condition of the rule then.' })
  threshold: ConditionText;

  @ApiProperty({ type: 'integer', description: 'Warnings in a row, so far or until it was closed.', example: 3 })
  warnings: number;

  @ApiProperty({ ...NUMBER, description: 'The worst value of these warnings.', example: 100 })
  peak: number | null;

  @ApiProperty({ ...TIME, nullable: true, description: 'When it was closed; `null` while it is open.', example: null })
  closed: number | null;

  @ApiProperty({
    ...{ type: 'string', nullable: true, enum: [...CLOSED_BY, null], example: null },
    description: 'What has closed it: normal values, somebody, or what was done to its rule or its metadata.',
  })
  'closed-by': ClosedBy | null;

  @ApiProperty({ allOf: [shape('Acknowledgement')], nullable: true, example: null })
  acknowledged: AcknowledgementObject | null;

  @ApiProperty({ type: 'string', description: 'The text of the rule, filled in.', example: '99 at s1' })
  text: string;
}

/** A page of events. */
@WireShape('EventPage', 'Some events.')
export class EventPageObject {
  @ApiProperty({ type: 'array', items: shape('Event') })
  events: readonly EventObject[];

  @ApiProperty({
    ...{ type: 'string', nullable: true, example: null },
    description: 'The `cursor` of the next page; `null` where none follows.',
  })
  next: string | null;
}

/** The body of an acknowledgement. */
@WireShape('NewAcknowledgement', 'Takes note of an event, or takes that back.')
export class NewAcknowledgementObject {
  @ApiProperty({
    type: 'boolean',
    required: false,
    default: true,
    description: '`false` takes it back.',
    example: true,
  })
  @IsBoolean()
  acknowledged = true;

  @ApiProperty(NOTE)
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NOTE)
  note?: string | null;
}

/** The body of a resolution. */
@WireShape('Resolution', 'Closes an event.')
export class ResolutionObject {
  @ApiProperty({ ...NOTE, description: 'For the audit.' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NOTE)
  note?: string | null;

  @ApiProperty({
    ...{ type: 'boolean', required: false, default: false, example: false },
    description: 'Whether further warnings may open another event at once. If not, a normal value has to come first.',
  })
  @IsBoolean()
  rearm = false;
}
