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
    'The newest point of each matching event type, with its age and the interval of its points. The filters are those of ' +
    'the metadata search; filters on event types, summaries and times select the event types. Event types without ' +
    'points are omitted. Sorted by metadata key and event type, in pages; `Link` has the next page.',
  parameters: [
    ...FILTER_PARAMETERS,
    query(
      'limit',
      'LatestLimit',
      'The maximum of series per page. A value that is not a positive integer is ignored.',
      {
        type: 'integer',
        minimum: 1,
        maximum: MAX_SERIES,
        default: DEFAULT_LIMIT,
      },
    ),
    query('after', 'After', 'The end of the previous page, from its `Link`: METADATA-KEY/EVENT-TYPE.', {
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
