import { ApiProperty } from '@nestjs/swagger';
import { EXAMPLE, type Schema, shape, WireShape } from '../common/api-docs.js';
import { EVENT_TYPE, SUMMARY_TYPE } from '../event-types/event-types.dto.js';
import { MAX_WINDOW } from './parse-event-types.js';
import { MAX_TEXT, SUBJECT_TYPES } from './parse-metadata.js';

const TEXT = `Up to ${MAX_TEXT} characters; absent means empty.`;

const URI = '/esmond/perfsonar/archive';
const METADATA_URI = `${URI}/${EXAMPLE.key}/`;

const TIME_UPDATED: Schema = {
  type: 'integer',
  nullable: true,
  description: 'When a point was last stored, in seconds; `null` before the first. Not when it was measured.',
  example: EXAMPLE.ts,
};

/** One summary of an event type as clients see it; the window is a text, because they compare it as one. */
@WireShape('Summary', 'A summary that is kept of an event type.')
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

/** One event type of a metadata as clients see it. */
@WireShape('EventTypeEntry', 'An event type that a metadata has.')
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

/** The fields of a metadata that a POST sets and every answer has. */
class MetadataFields {
  @ApiProperty({
    type: 'string',
    enum: [...SUBJECT_TYPES],
    description: 'Whether two hosts are the subject, or one; the latter has no `destination`, `input-destination`.',
    example: 'point-to-point',
  })
  'subject-type': string;

  @ApiProperty({ type: 'string', description: 'IP address; answers have the canonical form.', example: '192.0.2.1' })
  source: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: 'IP address; a point-to-point metadata must have it, others do not.',
    example: '192.0.2.2',
  })
  destination?: string;

  @ApiProperty({ type: 'string', description: 'IP address of the host that measured.', example: '192.0.2.1' })
  'measurement-agent': string;
}

const ANY_PARAMETER: Schema = {
  anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, shape('JsonValue')],
  description:
    'A free-form parameter: a text, a number (kept as it is written, `26.0` stays `26.0`) or a boolean (`True`, ' +
    '`False`). `_` in its name becomes `-`; arrays and objects become their JSON text; `null` is left out.',
};

/** One summary in a metadata POST. */
@WireShape('NewSummary', 'A summary to be kept.')
export class NewSummaryObject {
  @ApiProperty({ allOf: [SUMMARY_TYPE] })
  'summary-type': string;

  @ApiProperty({
    anyOf: [
      { type: 'integer', minimum: 0, maximum: MAX_WINDOW },
      { type: 'string', pattern: '^\\s*[+-]?\\d+\\s*$' },
    ],
    description: 'Seconds, or their text. Bins are aligned to 1970-01-01 UTC; 0 makes a bin of each point.',
    example: 86400,
  })
  'summary-window': number | string;
}

/** One event type in a metadata POST. */
@WireShape('NewEventType', 'An event type to be registered, with the summaries that shall be kept of it.')
export class NewEventTypeObject {
  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;

  @ApiProperty({ type: () => [NewSummaryObject], required: false, nullable: true })
  summaries?: NewSummaryObject[] | null;
}

/** The body of a metadata POST. */
@WireShape('NewMetadata', 'A metadata to be registered. Any other name is a free-form parameter.', {
  additionalProperties: ANY_PARAMETER,
})
export class NewMetadataObject extends MetadataFields {
  [parameter: string]: unknown;

  @ApiProperty({ type: 'string', required: false, description: TEXT, example: 'pscheduler/iperf3' })
  'tool-name'?: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: `The source as it was given to the tool, such as a name. ${TEXT}`,
    example: 'ps1.example.net',
  })
  'input-source'?: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: `The destination as it was given to the tool; point-to-point only. ${TEXT}`,
    example: 'ps2.example.net',
  })
  'input-destination'?: string;

  @ApiProperty({
    type: () => [NewEventTypeObject],
    nullable: true,
    description: 'What will be measured; what is listed twice counts once.',
  })
  'event-types': NewEventTypeObject[] | null;
}

/** A metadata as clients see it: the fixed fields, and any parameter as a text. */
@WireShape('Metadata', 'Who measured what between whom. Any other name is a free-form parameter.', {
  additionalProperties: { type: 'string', description: 'A free-form parameter, always as a text.' },
})
export class MetadataObject extends MetadataFields {
  [field: string]: unknown;

  @ApiProperty({ type: 'string', description: 'Its absolute URL.', example: `${EXAMPLE.origin}${METADATA_URI}` })
  url: string;

  @ApiProperty({ type: 'string', description: 'Its path.', example: METADATA_URI })
  uri: string;

  @ApiProperty({ type: 'string', description: 'The key that the archive has chosen.', example: EXAMPLE.key })
  'metadata-key': string;

  @ApiProperty({
    type: 'string',
    description: 'The program that measured; may be empty.',
    example: 'pscheduler/iperf3',
  })
  'tool-name': string;

  @ApiProperty({
    type: 'string',
    description: 'The source as it was given to the tool; may be empty.',
    example: 'ps1.example.net',
  })
  'input-source': string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: 'The destination as it was given to the tool; point-to-point only.',
    example: 'ps2.example.net',
  })
  'input-destination'?: string;

  @ApiProperty({ type: () => [EventTypeObject], description: 'Sorted by name.' })
  'event-types': EventTypeObject[];
}
