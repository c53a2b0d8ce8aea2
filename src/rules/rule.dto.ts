import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  Allow,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { EXAMPLE, WireShape } from '../common/api-docs.js';
import { IsRecordOf } from '../common/validated.js';
import { type ConditionText, type Operator, OPERATORS } from '../evaluation/condition.js';
import { ORDERS, type RuleMatch, type RuleText, SEVERITIES, type Severity } from '../evaluation/rule.js';

const MAX_WARNINGS = 1_000_000;
const MAX_NORMALS = 1000;

/** The longest text of an event, in characters. */
const MAX_TEXT = 500;

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const TYPE = /^[A-Z][A-Z0-9_]{0,63}$/;

/** How many states of a rule are listed. */
export const MAX_STATES = 1000;

/** What a rule has unless it says otherwise. */
export const RULE_DEFAULTS = {
  warnings: 3,
  after: 1,
  order: 'arrival',
  'max-age': 86_400,
  severity: 'warning',
} as const;

const OPERATOR = {
  type: 'string' as const,
  enum: [...OPERATORS],
  example: '>=',
  description: '`inside` and `outside` compare with two numbers, which are inside; `exists` holds for every point.',
};

const THRESHOLD = {
  oneOf: [{ type: 'number' }, { type: 'array', items: { type: 'number' }, minItems: 2, maxItems: 2 }],
  example: 95,
};

const oneOf = (values: readonly string[]): { message: string } => ({ message: `expected one of ${values.join(', ')}` });

/** What a value is compared with. */
@WireShape('Condition', 'What a value is compared with.')
export class ConditionObject implements ConditionText {
  @ApiProperty(OPERATOR)
  @IsIn(OPERATORS, oneOf(OPERATORS))
  op: Operator;

  @ApiProperty({ ...THRESHOLD, required: false, description: 'One number, or two; absent for `exists`.' })
  @Allow()
  value?: ConditionText['value'];
}

/** When values are normal again. */
@WireShape('RuleReset', 'When a value is normal. Values that are neither a warning nor normal change nothing.')
export class RuleResetObject implements Partial<ConditionText> {
  @ApiProperty({ ...OPERATOR, required: false, description: 'If absent, values that are no warning are normal.' })
  @ValidateIf((_, op) => op !== undefined)
  @IsIn(OPERATORS, oneOf(OPERATORS))
  op?: Operator;

  @ApiProperty({ ...THRESHOLD, required: false })
  @Allow()
  value?: ConditionText['value'];

  @ApiProperty({
    ...{ type: 'integer', required: false, minimum: 1, maximum: MAX_NORMALS, default: RULE_DEFAULTS.after, example: 1 },
    description: 'How many normal values in a row close an open event.',
  })
  @IsInt({ message: 'expected a whole number' })
  @Min(1)
  @Max(MAX_NORMALS)
  after: number = RULE_DEFAULTS.after;
}

/** The events of a rule. */
@WireShape('RuleEvent', 'The events that a rule opens.')
export class RuleEventObject {
  @ApiProperty({ type: 'string', pattern: TYPE.source, example: 'TEMPERATURE_EXCEEDED' })
  @Matches(TYPE, { message: 'expected up to 64 capital letters, digits and underscores, beginning with a letter' })
  type: string;

  @ApiProperty({
    type: 'string',
    required: false,
    enum: [...SEVERITIES],
    default: RULE_DEFAULTS.severity,
    example: 'warning',
  })
  @IsIn(SEVERITIES, oneOf(SEVERITIES))
  severity: Severity = RULE_DEFAULTS.severity;

  @ApiProperty({
    ...{ type: 'string', required: false, maxLength: MAX_TEXT, default: '', example: '{{value}} at {{sensor}}' },
    description:
      'For people. `{{value}}`, `{{rule}}`, `{{warnings}}`, `{{threshold}}` and the names that `match` can have, such as ' +
      '`{{sensor}}` or a parameter, stand for what they name.',
  })
  @IsString()
  @MaxLength(MAX_TEXT)
  text = '';
}

const isTexts = (value: unknown): boolean =>
  typeof value === 'string' ||
  (Array.isArray(value) && value.length > 0 && value.every((text) => typeof text === 'string'));

/** The body of a POST or PUT. */
@WireShape('NewRule', 'A rule on the values of series.')
export class NewRuleObject {
  @ApiProperty({ type: 'string', pattern: NAME.source, description: 'Unique.', example: 'hot' })
  @Matches(NAME, { message: 'expected 1 to 64 letters, digits, ".", "_" and "-"' })
  name: string;

  @ApiProperty({ type: 'boolean', required: false, default: true, example: true })
  @IsBoolean()
  enabled = true;

  @ApiProperty({ type: 'string', required: false, enum: ['value'], default: 'value', example: 'value' })
  @IsIn(['value'], oneOf(['value']))
  kind: RuleText['kind'] = 'value';

  @ApiProperty({
    type: 'object',
    additionalProperties: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, minItems: 1 }] },
    description:
      'The series that it is for: all names must hold, each with one of its texts. Names are those of the metadata search, ' +
      'among them any parameter, and `sensor`; `event-type` is required. Streams of sessions are never matched.',
    example: { 'subject-type': 'sensor', 'event-type': 'temperature' },
  })
  @IsRecordOf('texts, or arrays of texts', isTexts)
  match: RuleMatch;

  @ApiProperty({ type: () => ConditionObject, description: 'When a value is a warning.' })
  @IsObject({ message: 'expected an object such as {"op": ">=", "value": 95}' })
  @ValidateNested()
  @Type(() => ConditionObject)
  condition: ConditionObject;

  @ApiProperty({
    ...{
      type: 'integer',
      required: false,
      minimum: 1,
      maximum: MAX_WARNINGS,
      default: RULE_DEFAULTS.warnings,
      example: 3,
    },
    description: 'How many warnings in a row open an event. More of them open no other one.',
  })
  @IsInt({ message: 'expected a whole number' })
  @Min(1)
  @Max(MAX_WARNINGS)
  warnings: number = RULE_DEFAULTS.warnings;

  @ApiProperty({ type: () => RuleResetObject, required: false })
  @IsObject({ message: 'expected an object such as {"op": "<", "value": 90, "after": 2}' })
  @ValidateNested()
  @Type(() => RuleResetObject)
  reset: RuleResetObject = new RuleResetObject();

  @ApiProperty({
    ...{ type: 'string', required: false, enum: [...ORDERS], default: RULE_DEFAULTS.order, example: 'arrival' },
    description:
      '`arrival`: points count as they come, whatever their times. `time`: those of a request count in the order of their ' +
      'times, and one that is older than the last stored point of its series does not count.',
  })
  @IsIn(ORDERS, oneOf(ORDERS))
  order: RuleText['order'] = RULE_DEFAULTS.order;

  @ApiProperty({
    ...{
      type: 'number',
      required: false,
      nullable: true,
      minimum: 0,
      default: RULE_DEFAULTS['max-age'],
      example: 86400,
    },
    description: 'Points older than this, in seconds, are stored and do not count; `null`: all count.',
  })
  @IsOptional()
  @Min(0)
  'max-age': number | null = RULE_DEFAULTS['max-age'];

  @ApiProperty({ type: () => RuleEventObject })
  @IsObject({ message: 'expected an object such as {"type": "TEMPERATURE_EXCEEDED"}' })
  @ValidateNested()
  @Type(() => RuleEventObject)
  event: RuleEventObject;
}

/** A rule in answers. */
@WireShape('Rule', 'A rule on the values of series.')
export class RuleObject extends NewRuleObject {
  @ApiProperty({ type: 'string', format: 'uuid', example: '01944f3a-7c1e-7b52-9d0e-3f5a8c6b2d10' })
  id: string;

  @ApiProperty({ type: 'number', description: 'When it was made, in seconds since 1970.', example: 1714557600.25 })
  created: number;

  @ApiProperty({ type: 'number', description: 'When it was changed last.', example: 1714557600.25 })
  changed: number;

  @ApiProperty({ type: 'string', description: 'The user whose key changed it last.', example: 'me' })
  by: string;

  @ApiProperty({
    ...{ type: 'integer', required: false, example: 12 },
    description: 'How many series it is for now; absent in lists.',
  })
  matching?: number;
}

/** How far a rule is on a series. */
@WireShape('RuleState', 'How far a rule is on a series that has warnings in a row.')
export class RuleStateObject {
  @ApiProperty({ type: 'string', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({ type: 'string', nullable: true, description: '`null` where the subject is no sensor.', example: 's1' })
  sensor: string | null;

  @ApiProperty({ type: 'string', example: 'temperature' })
  'event-type': string;

  @ApiProperty({ type: 'integer', description: 'Warnings in a row.', example: 3 })
  warnings: number;

  @ApiProperty({
    type: 'integer',
    description: 'Normal values in a row since then, while an event is open.',
    example: 0,
  })
  normals: number;

  @ApiProperty({ type: 'number', description: 'The time of the first warning.', example: EXAMPLE.ts })
  since: number;

  @ApiProperty({ type: 'number', nullable: true, description: 'The worst value of the warnings.', example: 100 })
  peak: number | null;

  @ApiProperty({ type: 'number', nullable: true, description: 'The last of them.', example: 99 })
  last: number | null;

  @ApiProperty({
    ...{ type: 'string', format: 'uuid', nullable: true, example: '01944f3b-0d5a-7c3e-8f21-6b9c0d4e5a17' },
    description: 'The open event of these warnings.',
  })
  event: string | null;
}
