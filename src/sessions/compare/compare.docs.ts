import { shape } from '../../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../../http/operation.js';
import { query } from '../../http/parameters.js';
import { figureOf } from './figures.js';

const STREAMS = { case: 'GET /cart', base: 'latency', other: 'latency' };

/** GET `sessions/S/compare/S2`. */
export const COMPARE_SESSIONS: OperationDocs = {
  id: 'compareSessions',
  tag: 'sessions',
  summary: 'Compares two sessions',
  description:
    'The streams of both are paired by type and the fields of `by`. Metrics are compared by the quantiles of all their ' +
    'points, events by the share of each category; the streams need these summaries. Streams that have no partner, or ' +
    'several, are listed. 404 if one of the sessions does not exist.',
  parameters: [
    query(
      'by',
      'CompareBy',
      'The fields by which streams are paired: `name`, `case`, `stream` (the id) and `meta.KEY`.',
      {
        ...{ type: 'string', default: 'name,case' },
      },
    ),
  ],
  answers: {
    200: jsonAnswer('The comparison.', shape('Comparison'), {
      base: 'run-17',
      other: 'run-18',
      by: ['name', 'case'],
      metrics: [
        {
          name: 'latency',
          ...STREAMS,
          figures: {
            cnt: figureOf(4, 5),
            average: figureOf(30252.25, 30401.8),
            stddev: figureOf(378.92600421014475, 468.5239588324166),
            q50: figureOf(30164, 30307),
            q90: figureOf(30626.9, 30905.6),
            q95: figureOf(30695.45, 30952.8),
            q99: figureOf(30750.29, 30990.56),
            q100: figureOf(30764, 31000),
          },
          d: 0.2,
        },
      ],
      events: [
        {
          name: 'codes',
          ...{ ...STREAMS, base: 'codes', other: 'codes' },
          cnt: figureOf(4, 5),
          categories: [
            { category: '200', base: { cnt: 4, share: 1 }, other: { cnt: 4, share: 0.8 }, points: -20 },
            { category: '502', base: { cnt: 0, share: 0 }, other: { cnt: 1, share: 0.2 }, points: 20 },
          ],
        },
      ],
      unpaired: [
        {
          ...{ session: 'run-17', stream: 'voltage', type: 'metric', name: 'voltage', case: null },
          reason: 'the other session has none like it',
        },
      ],
    }),
  },
};
