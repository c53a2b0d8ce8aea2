import { EXAMPLE, shape } from '../common/api-docs.js';
import { DEFAULT_LIMIT } from '../common/page.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT, query } from '../http/parameters.js';
import { HEADERS } from '../http/error-responses.js';
import { FILTER_PARAMETERS } from '../search/search-parameters.js';
import { MAX_SERIES } from './latest-query.js';

/** GET `/api/v1/latest`. */
export const LATEST_POINTS: OperationDocs = {
  id: 'getLatestPoints',
  tag: 'points',
  summary: 'Reads the newest point of many series',
  description:
    'The newest point of each event type that the filters find, with its age and how often points come. The filters are ' +
    'those of the metadata search; those on event types, summaries and times choose the event types. Event types ' +
    'without a point are missing. Sorted by metadata key and event type, in pages: `Link` has the next one.',
  parameters: [
    ...FILTER_PARAMETERS,
    query('limit', 'LatestLimit', 'How many series a page has at most. What is no positive integer counts as absent.', {
      type: 'integer',
      minimum: 1,
      maximum: MAX_SERIES,
      default: DEFAULT_LIMIT,
    }),
    query('after', 'After', 'Where the page before ended, as its `Link` has it: METADATA-KEY/EVENT-TYPE.', {
      type: 'string',
    }),
    JSON_FORMAT,
  ],
  answers: {
    200: jsonAnswer(
      'The newest points.',
      { type: 'array', items: shape('LatestPoint') },
      [
        {
          'metadata-key': EXAMPLE.key,
          'event-type': 'throughput',
          'base-uri': `/esmond/perfsonar/archive/${EXAMPLE.key}/throughput/base`,
          source: '192.0.2.1',
          destination: '192.0.2.2',
          'measurement-agent': '192.0.2.1',
          'tool-name': 'pscheduler/iperf3',
          'input-source': 'ps1.example.net',
          'input-destination': 'ps2.example.net',
          age: 312.5,
          cadence: 3600,
          ts: EXAMPLE.ts,
          val: 9400000000,
        },
      ],
      { Link: HEADERS.link },
    ),
  },
};
