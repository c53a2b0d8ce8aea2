import { ApiProperty } from '@nestjs/swagger';
import { type Schema, shape, WireShape } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { SUMMARY_TYPE } from '../rollups/summary-types.dto.js';
import { SENSOR } from '../storage/registry/subject-store.js';
import { MAX_WINDOW } from './parse-event-types.js';
import { MAX_TEXT, SUBJECT_TYPES } from './parse-metadata.js';

const TEXT = `Up to ${MAX_TEXT} characters; empty if absent.`;

const ANY_PARAMETER: Schema = {
  anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, shape('JsonValue')],
  description:
    'A free-form parameter: a text, a number (stored as written: `26.0` stays `26.0`) or a boolean (`True`, `False`). ' +
    '`_` in its name becomes `-`; arrays and objects become their JSON text; `null` is ignored.',
};

/** One summary in a metadata POST. */
@WireShape('NewSummary', 'A summary to register.')
export class NewSummaryObject {
  @ApiProperty({ allOf: [SUMMARY_TYPE] })
  'summary-type': string;

  @ApiProperty({
    anyOf: [
      { type: 'integer', minimum: 0, maximum: MAX_WINDOW },
      { type: 'string', pattern: '^\\s*[+-]?\\d+\\s*$' },
    ],
    description: 'Seconds, or their text. Bins are aligned to 1970-01-01 UTC; 0 means a bin for each point.',
    example: 86400,
  })
  'summary-window': number | string;
}

/** One event type in a metadata POST. */
@WireShape('NewEventType', 'An event type to register, with its summaries.')
export class NewEventTypeObject {
  @ApiProperty({ allOf: [EVENT_TYPE] })
  'event-type': string;

  @ApiProperty({ type: () => [NewSummaryObject], required: false, nullable: true })
  summaries?: NewSummaryObject[] | null;
}

/** The body of a metadata POST. */
@WireShape('NewMetadata', 'A metadata to register. Any other name is a free-form parameter.', {
  additionalProperties: ANY_PARAMETER,
})
export class NewMetadataObject {
  [parameter: string]: unknown;

  @ApiProperty({
    type: 'string',
    enum: [...SUBJECT_TYPES],
    description: 'Whether the subject is two hosts or one; one host has no `destination` and `input-destination`.',
    example: 'point-to-point',
  })
  'subject-type': string;

  @ApiProperty({
    type: 'string',
    description:
      'IP address; answers have its canonical form. The source of a network element without an address may be any text ' +
      'of up to 128 characters, such as `web01`.',
    example: '192.0.2.1',
  })
  source: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: 'IP address; required for point-to-point metadata, absent for others.',
    example: '192.0.2.2',
  })
  destination?: string;

  @ApiProperty({ type: 'string', description: 'IP address of the host that measured.', example: '192.0.2.1' })
  'measurement-agent': string;

  @ApiProperty({ type: 'string', required: false, description: TEXT, example: 'pscheduler/iperf3' })
  'tool-name'?: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: `The source as given to the tool, such as a name. ${TEXT}`,
    example: 'ps1.example.net',
  })
  'input-source'?: string;

  @ApiProperty({
    type: 'string',
    required: false,
    description: `The destination as given to the tool; point-to-point only. ${TEXT}`,
    example: 'ps2.example.net',
  })
  'input-destination'?: string;

  @ApiProperty({
    type: () => [NewEventTypeObject],
    nullable: true,
    description: 'What will be measured; duplicates are ignored.',
  })
  'event-types': NewEventTypeObject[] | null;
}

/** The body of a metadata POST of a sensor. */
@WireShape(
  'NewSensor',
  'A sensor to register, or its labels to replace. Any other name is a label, a free-form parameter.',
  {
    additionalProperties: ANY_PARAMETER,
  },
)
export class NewSensorObject {
  [parameter: string]: unknown;

  @ApiProperty({ type: 'string', enum: [SENSOR] })
  'subject-type': string;

  @ApiProperty({
    type: 'string',
    description: 'Its id, as it sends it: 1 to 128 characters without `/` and control characters. Its case counts.',
    example: 'boiler-1',
  })
  sensor: string;

  @ApiProperty({
    type: () => [NewEventTypeObject],
    nullable: true,
    description: 'What it measures; duplicates are ignored.',
  })
  'event-types': NewEventTypeObject[] | null;
}
