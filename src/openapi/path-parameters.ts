import { EXAMPLE, named, type Parameter } from '../common/api-docs.js';
import { EVENT_TYPE } from '../event-types/event-types.dto.js';
import { SUMMARY_KINDS, SUMMARY_TYPES } from '../rollups/summary-kinds.js';

/** The parameters of paths by their names in the routes. */
export const PATH_PARAMETERS: ReadonlyMap<string, Parameter> = new Map(
  [
    named('MetadataKey', {
      name: 'metadataKey',
      in: 'path',
      required: true,
      description: 'The key of the metadata, which the archive chose at registration.',
      schema: { type: 'string' },
      example: EXAMPLE.key,
    }),
    named('EventTypeOfPath', {
      name: 'eventType',
      in: 'path',
      required: true,
      description: 'The event type.',
      schema: EVENT_TYPE,
      example: 'throughput',
    }),
    named('SummaryTypeOfPath', {
      name: 'summaryType',
      in: 'path',
      required: true,
      description: 'The type of the summary in the plural; in bodies it is in the singular.',
      schema: named('SummaryPath', { type: 'string', enum: SUMMARY_TYPES.map((type) => SUMMARY_KINDS[type].path) }),
      example: SUMMARY_KINDS.average.path,
    }),
    named('Window', {
      name: 'window',
      in: 'path',
      required: true,
      description:
        'The window in seconds, as listed in the metadata; 0 means a bin for each point, and for the base the points themselves.',
      schema: { type: 'integer' },
      example: 86400,
    }),
    named('SessionOfPath', {
      name: 'session',
      in: 'path',
      required: true,
      description: 'The id of the session: 1 to 128 letters, digits, `_`, `.`, `@` and `-`.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9_.@-]{1,128}$' },
      example: 'job_7d0f6c2e-3b1a-4f8e-9a55-0c8d1e2f3a4b',
    }),
    named('AnnotationOfPath', {
      name: 'annotation',
      in: 'path',
      required: true,
      description: 'The number of the annotation.',
      schema: { type: 'integer', minimum: 1, maximum: 2147483647 },
      example: 1,
    }),
    named('Row', {
      name: 'row',
      in: 'path',
      required: true,
      description: 'The row number of the first point: points of a stream are counted from 0 by their client.',
      schema: { type: 'integer', minimum: 0, maximum: 2147483647 },
      example: 0,
    }),
    named('OtherSessionOfPath', {
      name: 'otherSession',
      in: 'path',
      required: true,
      description: 'The id of the session that is compared with the first one.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9_.@-]{1,128}$' },
      example: 'run-18',
    }),
    named('StreamOfPath', {
      name: 'stream',
      in: 'path',
      required: true,
      description: 'The id of the stream, of the same characters as that of a session.',
      schema: { type: 'string', pattern: '^[A-Za-z0-9_.@-]{1,128}$' },
      example: 'latency',
    }),
    named('DatabaseOfPath', {
      name: 'database',
      in: 'path',
      required: true,
      description: 'The name of the database.',
      schema: { type: 'string', minLength: 1, maxLength: 128 },
      example: 'k6',
    }),
    named('MeasurementOfPath', {
      name: 'measurement',
      in: 'path',
      required: true,
      description: 'The name of the measurement, exactly as it was written.',
      schema: { type: 'string' },
      example: 'http_req_duration',
    }),
    named('FieldOfPath', {
      name: 'field',
      in: 'path',
      required: true,
      description: 'The key of the field, exactly as it was written.',
      schema: { type: 'string' },
      example: 'value',
    }),
    named('SensorOfPath', {
      name: 'sensor',
      in: 'path',
      required: true,
      description: 'The id of the sensor, 1 to 128 characters without `/` and control characters; its case counts.',
      schema: { type: 'string', minLength: 1, maxLength: 128 },
      example: 'boiler-1',
    }),
  ].map((parameter) => [parameter.name, parameter]),
);
