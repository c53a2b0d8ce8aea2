import { ApiProperty } from '@nestjs/swagger';
import { Allow, IsOptional, IsString, MaxLength } from 'class-validator';
import { named, WireShape } from '../common/api-docs.js';
import { IsMicros } from './is-micros.js';
import { type Meta } from './meta.js';

/** The longest name of a session, a stream or a case, and the longest operator, in characters. */
export const MAX_NAME = 1024;

/** The statuses of a session. */
export const STATUSES = ['open', 'closed', 'interrupted'] as const;

/** A time in a body. */
const POSTED_MICROS = named('PostedMicros', {
  anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }],
  description: 'Microseconds since 1970-01-01 UTC, or an ISO 8601 time with its offset.',
  example: 1574164720249248,
});

/** A time in an answer. */
export const MICROS = named('Micros', {
  anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }],
  description: 'Microseconds since 1970-01-01 UTC; with `time=iso` an ISO 8601 text.',
  example: 1574164720249248,
});

/** The schema of a meta; as a class, it would be taken for the shape. */
export const META = {
  type: 'object' as const,
  additionalProperties: true,
  description: 'Free-form facts: at most 64 KiB of JSON, 8 levels deep.',
  example: { component: 'checkout', ammo: 3 },
};

/** The schema of a time in an answer that may be absent. */
export function nullableMicros(): object {
  return { anyOf: [MICROS, { type: 'null' }] };
}

/** The body of a PUT or POST of a session. */
@WireShape('NewSession', 'A data session to be created, such as a load test.')
export class NewSessionObject {
  @ApiProperty({ type: 'string', required: false, maxLength: MAX_NAME, example: 'checkout, 5k rps' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME)
  name?: string | null;

  @ApiProperty({
    ...{ type: 'string', required: false, maxLength: MAX_NAME, example: 'me' },
    description: 'Who runs the test; the user of the key if absent.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME)
  operator?: string | null;

  @ApiProperty({
    ...{ allOf: [POSTED_MICROS], required: false },
    description:
      "When the test begins; the database's time if absent. Bins of summaries are aligned to it, so it can't be changed.",
  })
  @IsMicros()
  'test-start'?: number | string;

  @ApiProperty({ ...META, selfRequired: false })
  @Allow()
  meta?: Meta;
}

/** The body of a PATCH of a session or of a stream. */
@WireShape('MetaChanges', 'What to change of a session or a stream.')
export class MetaChangesObject {
  @ApiProperty({ type: 'string', required: false, maxLength: MAX_NAME, example: 'checkout, 6k rps' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME)
  name?: string | null;

  @ApiProperty({
    ...{ ...META, selfRequired: false },
    description: 'Each member replaces the stored one; `null` removes it.',
  })
  @Allow()
  meta?: Meta;
}

/** The body of a request to close or interrupt a session. */
@WireShape('SessionEnd', 'The end of a test.')
export class SessionEndObject {
  @ApiProperty({
    ...{ allOf: [POSTED_MICROS], required: false },
    description: 'When the test ended; the time of its last point if absent, or now if it has none.',
  })
  @IsMicros()
  'test-end'?: number | string;
}

/** A session in answers. */
@WireShape('Session', 'A data session.')
export class SessionObject {
  @ApiProperty({ type: 'string', description: 'Its id.', example: 'job_7d0f6c2e-3b1a-4f8e-9a55-0c8d1e2f3a4b' })
  session: string;

  @ApiProperty({ type: 'integer', description: 'A small number, unique in the archive.', example: 17 })
  number: number;

  @ApiProperty({ type: 'string', example: 'checkout, 5k rps' })
  name: string;

  @ApiProperty({ type: 'string', example: 'me' })
  operator: string;

  @ApiProperty({ type: 'string', enum: [...STATUSES], example: 'open' })
  status: string;

  @ApiProperty({ allOf: [MICROS] })
  'test-start': number | string;

  @ApiProperty({ ...nullableMicros(), description: '`null` while it is open.', example: null })
  'test-end': number | string | null;

  @ApiProperty({
    ...{ type: 'integer', nullable: true, example: null },
    description: '`test-end` − `test-start`, in microseconds.',
  })
  duration: number | null;

  @ApiProperty(META)
  meta: unknown;

  @ApiProperty({ type: 'integer', description: 'The number of its streams.', example: 2 })
  streams: number;

  @ApiProperty({ type: 'integer', description: 'The number of rows that its streams have taken.', example: 120000 })
  rows: number;

  @ApiProperty({ ...nullableMicros(), description: 'The time of the first point; `null` where there is none.' })
  first: number | string | null;

  @ApiProperty({ ...nullableMicros(), description: 'The time of the last point; `null` where there is none.' })
  last: number | string | null;

  @ApiProperty({ allOf: [MICROS] })
  created: number | string;

  @ApiProperty({ allOf: [MICROS] })
  updated: number | string;

  @ApiProperty({ type: 'string', example: 'http://archive.example.net:8080/api/v1/sessions/job_7d0f' })
  url: string;
}

/** Rows that a stream lacks. */
@WireShape('StreamGap', 'Rows that a stream lacks below its highest one.')
export class StreamGapObject {
  @ApiProperty({ type: 'string', example: 'latency' })
  stream: string;

  @ApiProperty({ type: 'integer', description: 'The first row that is missing.', example: 100 })
  from: number;

  @ApiProperty({ type: 'integer', description: 'The next row that is there.', example: 200 })
  to: number;
}

/** A session that has ended. */
@WireShape('EndedSession', 'A session that has ended, and what its streams lack.')
export class EndedSessionObject extends SessionObject {
  @ApiProperty({ type: () => [StreamGapObject] })
  gaps: StreamGapObject[];
}

/** The numbers of deleted rows of a session. */
@WireShape('DeletedOfSession', 'The numbers of deleted streams and points.')
export class DeletedOfSessionObject {
  @ApiProperty({ type: 'integer', example: 2 })
  streams: number;

  @ApiProperty({ type: 'integer', description: 'Points that were kept.', example: 120000 })
  points: number;
}

/** The body of an answer to the deletion of a session. */
@WireShape('SessionDeletion', 'The result of the deletion of a session.')
export class SessionDeletionObject {
  @ApiProperty({ type: () => DeletedOfSessionObject })
  deleted: DeletedOfSessionObject;
}
