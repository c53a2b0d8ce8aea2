import { ApiProperty } from '@nestjs/swagger';
import { IsArray, IsOptional } from 'class-validator';
import { EXAMPLE, WireShape } from '../common/api-docs.js';
import { NewSummaryObject } from '../metadata/new-metadata.dto.js';
import { SUMMARY_TYPE } from '../rollups/summary-types.dto.js';

/** The body of a PUT of a database. */
@WireShape('DatabaseSettings', 'What a database keeps of its fields.')
export class DatabaseSettingsObject {
  @ApiProperty({
    ...{ type: () => [NewSummaryObject], required: false, nullable: true },
    description: 'The summaries that each field keeps, if its type has them; absent: they stay as they are.',
  })
  @IsOptional()
  @IsArray()
  summaries?: unknown[] | null;
}

/** A summary that the fields of a database keep. */
@WireShape('DatabaseSummary', 'A summary that the fields of a database keep.')
export class DatabaseSummaryObject {
  @ApiProperty({ allOf: [SUMMARY_TYPE], example: 'statistics' })
  'summary-type': string;

  @ApiProperty({ type: 'integer', description: 'The window in seconds.', example: 60 })
  'summary-window': number;
}

/** A database in a list. */
@WireShape('Database', 'A database of the line protocol.')
export class DatabaseObject {
  @ApiProperty({ type: 'string', example: 'k6' })
  name: string;

  @ApiProperty({
    type: () => [DatabaseSummaryObject],
    description: 'The summaries that each field keeps, if its type has them.',
  })
  summaries: DatabaseSummaryObject[];
}

const SECONDS = { type: 'number' as const, nullable: true, example: EXAMPLE.ts };

/** A database, and how much is stored in it. */
@WireShape('DatabaseContent', 'A database of the line protocol, and how much is stored in it.')
export class DatabaseContentObject extends DatabaseObject {
  @ApiProperty({
    ...{ type: 'integer', example: 12 },
    description: 'The number of metadata, one for each measurement with a set of tags; `SERIES_LIMIT` bounds it.',
  })
  series: number;

  @ApiProperty({ type: 'integer', description: 'The number of stored values of all fields.', example: 34560 })
  points: number;

  @ApiProperty({ ...SECONDS, description: 'The time of the first point in seconds; `null` without points.' })
  first: number | null;

  @ApiProperty({ ...SECONDS, description: 'The time of the last point in seconds; `null` without points.' })
  last: number | null;
}
