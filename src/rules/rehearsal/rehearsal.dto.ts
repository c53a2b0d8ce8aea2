import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsInt, IsNumber, IsObject, Max, Min, ValidateNested } from 'class-validator';
import { EXAMPLE, WireShape } from '../../common/api-docs.js';
import { NewRuleObject } from '../rule.dto.js';

const MAX_EVENTS = 1000;

/** Earlier and later times are none of PostgreSQL and JavaScript alike. */
const FIRST = -62_135_596_800;
const LAST = 253_402_300_799;

/** A rule that is tried. */
@WireShape('RehearsedRule', 'A rule that need not exist.')
export class RehearsedRuleObject extends NewRuleObject {
  @ApiProperty({ type: 'string', required: false, default: 'rehearsal', example: 'hot' })
  override name = 'rehearsal';
}

/** The body of a POST. */
@WireShape('NewRehearsal', 'A rule, and the time over which it is tried.')
export class NewRehearsalObject {
  @ApiProperty({ type: () => RehearsedRuleObject })
  @IsObject({ message: 'expected a rule' })
  @ValidateNested()
  @Type(() => RehearsedRuleObject)
  rule: RehearsedRuleObject;

  @ApiProperty({ type: 'number', description: 'Seconds since 1970, inclusive.', example: EXAMPLE.ts })
  @IsNumber({}, { message: 'expected seconds since 1970' })
  @Min(FIRST)
  @Max(LAST)
  since: number;

  @ApiProperty({ type: 'number', description: 'Seconds since 1970, exclusive.', example: EXAMPLE.ts + 86_400 })
  @IsNumber({}, { message: 'expected seconds since 1970' })
  @Min(FIRST)
  @Max(LAST)
  until: number;

  @ApiProperty({
    ...{ type: 'integer', required: false, minimum: 1, maximum: MAX_EVENTS, default: MAX_EVENTS, example: 100 },
    description: 'How many events are listed at most.',
  })
  @IsInt({ message: 'expected a whole number' })
  @Min(1)
  @Max(MAX_EVENTS)
  limit: number = MAX_EVENTS;
}

/** An event that the rule would have opened. */
@WireShape('RehearsedEvent', 'An event that the rule would have opened.')
export class RehearsedEventObject {
  @ApiProperty({ type: 'string', nullable: true, description: '`null` where the subject is no sensor.', example: 's1' })
  sensor: string | null;

  @ApiProperty({ type: 'string', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({ type: 'string', example: 'temperature' })
  'event-type': string;

  @ApiProperty({ type: 'number', description: 'The time of the point that opened it.', example: EXAMPLE.ts })
  opened: number;

  @ApiProperty({ type: 'number', description: 'The time of the first warning.', example: EXAMPLE.ts })
  'first-warning': number;

  @ApiProperty({ type: 'number', nullable: true, description: 'Of the point that opened it.', example: 99 })
  value: number | null;

  @ApiProperty({ type: 'number', nullable: true, description: '`null` if it was open at the end.', example: null })
  closed: number | null;

  @ApiProperty({ type: 'integer', description: 'Warnings in a row.', example: 3 })
  warnings: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'The worst value.', example: 100 })
  peak: number | null;
}

/** What a rule would have found. */
@WireShape('Rehearsal', 'What a rule would have found. Times are in seconds since 1970.')
export class RehearsalObject {
  @ApiProperty({ type: 'integer', description: 'The series that it is for.', example: 12 })
  series: number;

  @ApiProperty({ type: 'integer', description: 'Their points in the time.', example: 1440 })
  points: number;

  @ApiProperty({ type: 'integer', description: 'How many of these are warnings.', example: 7 })
  warnings: number;

  @ApiProperty({
    type: () => [RehearsedEventObject],
    description: 'The first events, in the order in which they opened; at most 200 of each series.',
  })
  events: RehearsedEventObject[];

  @ApiProperty({ type: 'boolean', description: 'Whether there were more.', example: false })
  truncated: boolean;

  @ApiProperty({ type: 'integer', description: 'How many are open at the end.', example: 1 })
  open: number;
}
