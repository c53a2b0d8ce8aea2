import { EXAMPLE, shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT } from '../http/parameters.js';
import { HEADERS } from '../http/error-responses.js';

const URI = `/esmond/perfsonar/archive/${EXAMPLE.key}/`;

const SUMMARY = {
  uri: `${URI}throughput/averages/86400`,
  'summary-type': 'average',
  'summary-window': '86400',
  'time-updated': EXAMPLE.ts,
};

const EVENT_TYPES = [
  { 'base-uri': `${URI}failures/base`, 'event-type': 'failures', 'time-updated': null, summaries: [] },
  {
    'base-uri': `${URI}throughput/base`,
    'event-type': 'throughput',
    'time-updated': EXAMPLE.ts,
    summaries: [SUMMARY],
  },
];

/** An example of a metadata in answers. */
export const METADATA = {
  url: `${EXAMPLE.origin}${URI}`,
  'metadata-key': EXAMPLE.key,
  'subject-type': 'point-to-point',
  'event-types': EVENT_TYPES,
  source: '192.0.2.1',
  destination: '192.0.2.2',
  'measurement-agent': '192.0.2.1',
  'tool-name': 'pscheduler/iperf3',
  'input-source': 'ps1.example.net',
  'input-destination': 'ps2.example.net',
  'ip-transport-protocol': 'tcp',
  'time-duration': '30',
  uri: URI,
};

/** POST `archive/`. */
export const CREATE_METADATA: OperationDocs = {
  id: 'createMetadata',
  tag: 'metadata',
  summary: 'Registers a metadata, or extends an existing one',
  description:
    'Declares what will be measured. The archive chooses the `metadata-key`. Posting the same metadata again returns ' +
    'the same key with 201, so clients need not remember it. Two metadata are the same if subject and parameters are ' +
    'equal, without regard to case and order. New event types and summaries extend the stored metadata; a summary ' +
    'that is added later is filled from the existing points. Two sensors are the same if their ids are equal; other labels ' +
    'replace the stored ones.',
  parameters: [JSON_FORMAT],
  body: {
    schema: { anyOf: [shape('NewMetadata'), shape('NewSensor')] },
    examples: {
      sensor: {
        summary: 'A sensor with labels',
        value: {
          'subject-type': 'sensor',
          sensor: 'boiler-1',
          site: 'B1',
          'event-types': [{ 'event-type': 'temperature' }],
        },
      },
      pair: {
        summary: 'A throughput test between two hosts',
        value: {
          'subject-type': 'point-to-point',
          source: '192.0.2.1',
          destination: '192.0.2.2',
          'measurement-agent': '192.0.2.1',
          'tool-name': 'pscheduler/iperf3',
          'input-source': 'ps1.example.net',
          'input-destination': 'ps2.example.net',
          'ip-transport-protocol': 'tcp',
          'time-duration': 30,
          'event-types': [
            { 'event-type': 'throughput', summaries: [{ 'summary-type': 'average', 'summary-window': 86400 }] },
            { 'event-type': 'failures' },
          ],
        },
      },
      element: {
        summary: 'The clock of a host',
        value: {
          'subject-type': 'network-element',
          source: '192.0.2.10',
          'measurement-agent': '192.0.2.10',
          'tool-name': 'ntpq',
          'input-source': 'ps1.example.net',
          'event-types': [{ 'event-type': 'ntp-offset' }],
        },
      },
    },
  },
  answers: {
    201: jsonAnswer('The stored metadata.', shape('Metadata'), METADATA, { Location: HEADERS.location }),
  },
};

/** GET `archive/K/`. */
export const GET_METADATA: OperationDocs = {
  id: 'getMetadata',
  tag: 'metadata',
  summary: 'Reads one metadata',
  description: 'The metadata with this key; 404 if there is none.',
  parameters: [JSON_FORMAT],
  answers: { 200: jsonAnswer('The metadata.', shape('Metadata'), METADATA) },
};

/** GET `archive/K/ET/`. */
export const GET_EVENT_TYPE: OperationDocs = {
  id: 'getEventType',
  tag: 'metadata',
  summary: 'Reads one event type of a metadata',
  description:
    'An array with the entry of the event type in the metadata. It is empty if the metadata does not have the event ' +
    'type or does not exist.',
  parameters: [JSON_FORMAT],
  answers: {
    200: jsonAnswer(
      'The event type, if the metadata has it.',
      { type: 'array', maxItems: 1, items: shape('EventTypeEntry') },
      EVENT_TYPES.slice(1),
    ),
  },
};

/** GET `archive/K/ET/SUMMARIES/`. */
export const LIST_SUMMARIES: OperationDocs = {
  id: 'listSummaries',
  tag: 'summaries',
  summary: 'Lists the summaries of one type',
  description: 'The summaries of this type that the event type has, one for each window; 404 if there are none.',
  parameters: [JSON_FORMAT],
  answers: { 200: jsonAnswer('The summaries.', { type: 'array', items: shape('Summary') }, [SUMMARY]) },
};
