import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLE, type Schema, WireShape } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { SUMMARY_TYPE } from '../rollups/summary-types.dto.js';
import { SUBJECT_TYPES } from './parse-metadata.js';
import { SubjectObject } from './subject.dto.js';

const URI = '/esmond/perfsonar/archive';
const METADATA_URI = `${URI}/${EXAMPLE.key}/`;

const TIME_UPDATED: Schema = {
  type: 'integer',
  nullable: true,
  description: 'When a point was last stored (not measured), in seconds; `null` before the first one.',
  example: EXAMPLE.ts,
};

/** A summary in answers. The window is a text, because clients compare it as one. */
@WireShape('Summary', 'A summary of an event type.')
export class SummaryObject {
  @ApiProperty({
    type: 'string',
    description: 'The path of its bins.',
    example: `${METADATA_URI}throughput/averages/86400`,
  })
  uri: string;

  @ApiProperty({ allOf: [SUMMARY_TYPE] })
  'summary-type': string;

  @ApiProperty({ type: 'string', description: 'Seconds, as a text.', pattern: '^\\d+$', example: '86400' })
  'summary-window': string;

  @ApiProperty(TIME_UPDATED as object)
  'time-updated': number | null;
}

/** An event type of a metadata in answers. */
@WireShape('EventTypeEntry', 'An event type of a metadata.')
export class EventTypeObject {
  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;

  @ApiProperty({ type: 'string', description: 'The path of its points.', example: `${METADATA_URI}throughput/base` })
  'base-uri': string;

  @ApiProperty(TIME_UPDATED as object)
  'time-updated': number | null;

  @ApiProperty({ type: () => [SummaryObject], description: 'Its summaries, sorted by type and window.' })
  summaries: SummaryObject[];
}

/** A metadata in answers: the fixed fields, and any parameter as a text. */
@WireShape('Metadata', 'Who measured what between whom. Any other name is a free-form parameter.', {
  additionalProperties: { type: 'string', description: 'A free-form parameter, always a text.' },
})
export class MetadataObject extends SubjectObject {
  [field: string]: unknown;

  @ApiProperty({ type: 'string', description: 'Its absolute URL.', example: `${EXAMPLE.origin}${METADATA_URI}` })
  url: string;

  @ApiProperty({ type: 'string', description: 'Its path.', example: METADATA_URI })
  uri: string;

  @ApiProperty({ type: 'string', description: 'The key, chosen by the archive.', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({
    type: 'string',
    description:
      `What was measured: ${SUBJECT_TYPES.join(' and ')} are registered here; only they have a source, an agent and a ` +
      'tool. `stream` is one of a data session, `series` what the line protocol wrote: a measurement with its tags. ' +
      '`sensor` is a sensor, which sends points by itself.',
    example: 'point-to-point',
  })
  'subject-type': string;

  @ApiProperty({ type: () => [EventTypeObject], description: 'Sorted by name.' })
  'event-types': EventTypeObject[];
}
