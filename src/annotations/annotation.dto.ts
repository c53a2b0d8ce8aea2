import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import {
  Allow,
  IsByteLength,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  MaxLength,
  ValidateBy,
  ValidateIf,
} from 'class-validator';
import { EXAMPLE, WireShape } from '../common/api-docs.js';
import { type Meta, MAX_BYTES as MAX_DATA } from '../sessions/meta.js';
import { ANNOTATION_KINDS } from '../storage/annotations/annotation-sources.js';

/** The longest text, in bytes. */
const MAX_TEXT = 64 * 1024;

const MAX_TAGS = 64;

/** The longest tag, in characters. */
const MAX_TAG = 256;

const MAX_UID = 256;

const TIME = { type: 'integer' as const, example: 1700000000123 };
const TAGS = {
  type: 'array' as const,
  items: { type: 'string', minLength: 1, maxLength: MAX_TAG },
  maxItems: MAX_TAGS,
};
const KEY_EXAMPLE = EXAMPLE.key;

const TIME_EXPECTED = { message: 'expected a whole number: milliseconds since 1970, or microseconds with epoch=us' };

function IsAnnotationText(): PropertyDecorator {
  return applyDecorators(
    IsNotEmpty({ message: 'the text must not be empty' }),
    IsByteLength(0, MAX_TEXT, { message: 'expected a text of at most 64 KiB' }),
  );
}

/** Texts that can be tags; `null` is none. */
function IsTags(): PropertyDecorator {
  return ValidateBy({
    name: 'isTags',
    validator: {
      validate: (value: unknown) =>
        value == null || (Array.isArray(value) && value.length <= MAX_TAGS && value.every(isTag)),
      defaultMessage: () => `expected an array of at most ${MAX_TAGS} texts of 1 to ${MAX_TAG} characters`,
    },
  });
}

function isTag(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= MAX_TAG && value.isWellFormed();
}

/** What can be set of an annotation. */
class AnnotationFields {
  @ApiProperty({ ...TIME, required: false, description: 'When it is, or begins; now if absent.' })
  @IsOptional()
  @IsInt(TIME_EXPECTED)
  time?: number | null;

  @ApiProperty({
    ...{ anyOf: [{ type: 'integer' }, { type: 'null' }], required: false, example: 1700000001999 },
    description: 'When it ends, inclusive; `null` if it is still running. As `time` if absent: a mark.',
  })
  @IsOptional()
  @IsInt(TIME_EXPECTED)
  timeEnd?: number | null;

  @ApiProperty({ ...TAGS, required: false, example: ['hostname:web1'] })
  @IsTags()
  tags?: string[] | null;

  @ApiProperty({
    ...{ type: 'string', required: false, nullable: true, example: 'job_7d0f6c2e-3b1a-4f8e-9a55-0c8d1e2f3a4b' },
    description: 'The session that it belongs to, and is deleted with.',
  })
  @IsOptional()
  @IsString()
  session?: string | null;

  @ApiProperty({
    ...{ type: 'string', required: false, nullable: true, example: KEY_EXAMPLE },
    description: 'The metadata that it belongs to, and is deleted with.',
  })
  @IsOptional()
  @IsString()
  'metadata-key'?: string | null;

  @ApiProperty({
    ...{ type: 'string', required: false, nullable: true, maxLength: MAX_UID, example: 'jcIIG-07z' },
    description: 'The dashboard of Grafana that it is for; stored in `data`.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_UID)
  dashboardUID?: string | null;

  @ApiProperty({
    ...{ type: 'integer', required: false, nullable: true, example: 2 },
    description: 'Its panel; stored in `data`.',
  })
  @IsOptional()
  @IsInt()
  panelId?: number | null;

  @ApiProperty({
    ...{ type: 'object', additionalProperties: true, selfRequired: false, example: { commit: '3f2a9c1' } },
    description: `Free-form facts: at most ${MAX_DATA / 1024} KiB of JSON, 8 levels deep.`,
  })
  @Allow()
  data?: Meta;

  @ApiProperty({ type: 'integer', required: false, deprecated: true, description: 'Ignored: see `dashboardUID`.' })
  @Allow()
  dashboardId?: unknown;

  @ApiProperty({ type: 'boolean', required: false, deprecated: true, description: 'Ignored: see `timeEnd`.' })
  @Allow()
  isRegion?: unknown;
}

const TEXT = { type: 'string' as const, minLength: 1, description: 'At most 64 KiB.', example: 'time-taken' };

/** The body of a POST or PUT. */
@WireShape('NewAnnotation', 'An annotation to be stored.')
export class NewAnnotationObject extends AnnotationFields {
  @ApiProperty(TEXT)
  @IsAnnotationText()
  text: string;
}

/** The body of a PATCH. */
@WireShape('AnnotationChanges', 'What to change of an annotation.')
export class AnnotationChangesObject extends AnnotationFields {
  @ApiProperty({ ...TEXT, required: false })
  @ValidateIf((_, value) => value !== undefined)
  @IsAnnotationText()
  text?: string;
}

/** The answer to a POST. */
@WireShape('AnnotationAdded', 'The number of a new annotation.')
export class AnnotationAddedObject {
  @ApiProperty({ type: 'string', example: 'Annotation added' })
  message: string;

  @ApiProperty({ type: 'integer', example: 1 })
  id: number;
}

/** The answer to other changes. */
@WireShape('AnnotationMessage', 'What was done.')
export class AnnotationMessageObject {
  @ApiProperty({ type: 'string', example: 'Annotation patched' })
  message: string;
}

/** An annotation in answers: Grafana's members, and ours. */
@WireShape('Annotation', 'An annotation. What Grafana knows and an archive does not is empty.')
export class AnnotationObject {
  @ApiProperty({
    type: 'integer',
    description: '0 for a session and for an event, which are changed as such.',
    example: 1,
  })
  id: number;

  @ApiProperty({ type: 'integer', example: 0 })
  alertId: number;

  @ApiProperty({ type: 'string', example: '' })
  alertName: string;

  @ApiProperty({ type: 'integer', example: 0 })
  dashboardId: number;

  @ApiProperty({ type: 'string', description: 'That of `data`, or empty.', example: '' })
  dashboardUID: string;

  @ApiProperty({ type: 'integer', description: 'That of `data`, or 0.', example: 0 })
  panelId: number;

  @ApiProperty({ type: 'integer', example: 0 })
  userId: number;

  @ApiProperty({ type: 'string', example: '' })
  userName: string;

  @ApiProperty({ type: 'string', example: '' })
  newState: string;

  @ApiProperty({ type: 'string', example: '' })
  prevState: string;

  @ApiProperty({ ...TIME, description: 'When it was stored.' })
  created: number;

  @ApiProperty({ ...TIME, description: 'When it was stored or changed last.' })
  updated: number;

  @ApiProperty(TIME)
  time: number;

  @ApiProperty({ ...TIME, description: 'Inclusive; now where it is still running.' })
  timeEnd: number;

  @ApiProperty({ type: 'string', example: 'time-taken' })
  text: string;

  @ApiProperty({ ...TAGS, example: ['hostname:web1'] })
  tags: readonly string[];

  @ApiProperty({ type: 'string', description: 'The user of the key that stored it.', example: 'me' })
  login: string;

  @ApiProperty({ type: 'string', example: '' })
  email: string;

  @ApiProperty({ type: 'string', example: '' })
  avatarUrl: string;

  @ApiProperty({ type: 'string', enum: [...ANNOTATION_KINDS], example: 'annotation' })
  kind: string;

  @ApiProperty({ type: 'string', nullable: true, description: 'The session that it belongs to.', example: null })
  session: string | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'The metadata that it belongs to.', example: null })
  'metadata-key': string | null;

  @ApiProperty({
    ...{ type: 'object', additionalProperties: true, example: {} },
    description: 'Free-form facts; `open` is true where it is still running.',
  })
  data: unknown;
}

/** The answer to a list of tags. */
@WireShape('AnnotationTags', 'The tags of annotations.')
export class AnnotationTagsObject {
  @ApiProperty({
    type: 'object',
    required: ['tags'],
    properties: {
      tags: {
        type: 'array',
        items: {
          type: 'object',
          required: ['tag', 'count'],
          properties: { tag: { type: 'string' }, count: { type: 'integer' } },
        },
      },
    },
    example: { tags: [{ tag: 'hostname:web1', count: 2 }] },
  })
  result: { readonly tags: readonly { readonly tag: string; readonly count: number }[] };
}
