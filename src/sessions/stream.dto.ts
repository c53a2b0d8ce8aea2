import { ApiProperty } from '@nestjs/swagger';
import { Allow, IsArray, IsBoolean, IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { EXAMPLE, WireShape } from '../common/api-docs.js';
import { SUMMARY_TYPE } from '../rollups/summary-types.dto.js';
import { type StreamType } from '../storage/sessions/stream-store.js';
import { type Meta } from './meta.js';
import { STREAM_TYPES } from './stream-types.js';
import { MAX_NAME, META, nullableMicros } from './session.dto.js';

const TYPE = { type: 'string' as const, enum: [...STREAM_TYPES], example: 'metric' };

const ROW_RANGES = { type: 'array' as const, items: { type: 'array', items: { type: 'integer' } } };

/** A summary to register for a stream. */
@WireShape('NewStreamSummary', 'A summary of a stream.')
export class NewStreamSummaryObject {
  @ApiProperty({ allOf: [SUMMARY_TYPE], example: 'quantiles' })
  'summary-type': string;

  @ApiProperty({ type: 'integer', description: 'The window in seconds, 1 or more.', example: 1 })
  'summary-window': number;
}

/** The body of a PUT of a stream. */
@WireShape('NewStream', 'A stream to be registered.')
export class NewStreamObject {
  @ApiProperty({ ...TYPE, description: 'Numbers (`metric`), or texts (`event`).' })
  @IsIn(STREAM_TYPES, { message: `expected ${STREAM_TYPES.join(' or ')}` })
  type: StreamType;

  @ApiProperty({
    ...{ type: 'string', required: false, maxLength: MAX_NAME, example: 'latency' },
    description: 'Its name; the member `name` of `meta` if absent.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME)
  name?: string | null;

  @ApiProperty({ type: 'boolean', required: false, default: true, description: 'Whether its points are kept.' })
  @IsOptional()
  @IsBoolean()
  raw?: boolean | null;

  @ApiProperty({ type: 'boolean', required: false, default: false, description: 'Whether it has summaries.' })
  @IsOptional()
  @IsBoolean()
  aggregate?: boolean | null;

  @ApiProperty({
    ...{ type: 'string', required: false, nullable: true, example: null },
    description: 'The id of another stream of the session, which is registered already.',
  })
  @IsOptional()
  @IsString()
  parent?: string | null;

  @ApiProperty({ type: 'string', required: false, nullable: true, maxLength: MAX_NAME, example: 'GET /cart' })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_NAME)
  case?: string | null;

  @ApiProperty({
    ...{ type: () => [NewStreamSummaryObject], required: false },
    description:
      'Its summaries; needs `aggregate`. If absent, they are `quantiles` and `distribution`, or `categories`, of one second.',
  })
  @IsOptional()
  @IsArray()
  summaries?: unknown[] | null;

  @ApiProperty({ ...META, selfRequired: false })
  @Allow()
  meta?: Meta;
}

/** A summary of a stream in answers. */
@WireShape('StreamSummary', 'A summary of a stream.')
export class StreamSummaryObject {
  @ApiProperty({ allOf: [SUMMARY_TYPE], example: 'quantiles' })
  'summary-type': string;

  @ApiProperty({ type: 'integer', example: 1 })
  'summary-window': number;

  @ApiProperty({
    type: 'string',
    description: 'The path of its bins.',
    example: '/api/v1/sessions/S/streams/T/quantiles/1',
  })
  uri: string;
}

/** A stream in answers. */
@WireShape('Stream', 'A stream of a session.')
export class StreamObject {
  @ApiProperty({ type: 'string', description: 'Its id.', example: 'latency' })
  stream: string;

  @ApiProperty({ type: 'string', description: 'The id of its session.', example: 'job_7d0f' })
  session: string;

  @ApiProperty({ type: 'integer', description: 'A small number, unique in the archive.', example: 42 })
  number: number;

  @ApiProperty(TYPE)
  type: StreamType;

  @ApiProperty({ type: 'string', example: 'latency' })
  name: string;

  @ApiProperty({ type: 'string', nullable: true, example: 'GET /cart' })
  case: string | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'The id of its parent.', example: null })
  parent: string | null;

  @ApiProperty({ type: 'boolean', description: 'Whether its points are kept.' })
  raw: boolean;

  @ApiProperty({ type: 'boolean', description: 'Whether it has summaries.' })
  aggregate: boolean;

  @ApiProperty({ type: () => [StreamSummaryObject] })
  summaries: StreamSummaryObject[];

  @ApiProperty(META)
  meta: unknown;

  @ApiProperty({ type: 'string', description: 'Its metadata in the archive.', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({ type: 'integer', description: 'How many rows were taken.', example: 119900 })
  rows: number;

  @ApiProperty({ type: 'integer', description: 'The row behind the highest one.', example: 120000 })
  'next-row': number;

  @ApiProperty({
    ...{ ...ROW_RANGES, example: [[0, 100]] },
    description: 'The rows that were taken, as ranges: the first row, and the one behind the last.',
  })
  received: number[][];

  @ApiProperty({ ...ROW_RANGES, description: 'The rows below `next-row` that are missing, as ranges.', example: [] })
  gaps: number[][];

  @ApiProperty({ ...nullableMicros(), description: 'The time of its first point; `null` where there is none.' })
  first: number | string | null;

  @ApiProperty({ ...nullableMicros(), description: 'The time of its last point; `null` where there is none.' })
  last: number | string | null;
}
