import { shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { REFUSALS } from '../http/error-responses.js';

/** GET `/health/live`. */
export const GET_LIVENESS: OperationDocs = {
  id: 'getLiveness',
  tag: 'server',
  summary: 'Whether the server lives',
  description: 'The process answers. Says nothing of the database, since a restart would not bring that back.',
  answers: { 200: jsonAnswer('It does.', shape('Health'), { status: 'ok', version: '0.1.0' }) },
};

/** GET `/health/ready`. */
export const GET_READINESS: OperationDocs = {
  id: 'getReadiness',
  tag: 'server',
  summary: 'Whether the server can answer',
  description:
    'The database answers, too. 503 with the reason when it does not. A replica that is not used is no reason, but told of.',
  answers: { 200: jsonAnswer('It can.', shape('Health'), { status: 'ok', version: '0.1.0' }), 503: REFUSALS[503] },
};

/** GET `/metrics`. */
export const GET_METRICS: OperationDocs = {
  id: 'getMetrics',
  tag: 'server',
  summary: 'How the server does',
  description: 'Requests and their times by route, points written, the write queue, the connection pool.',
  answers: {
    200: {
      description: 'The metrics in the text format of Prometheus.',
      content: {
        'text/plain': {
          schema: { type: 'string' },
          example:
            '# HELP marigram_points_written_total Points inserted or replaced.\n' +
            '# TYPE marigram_points_written_total counter\nmarigram_points_written_total 1440\n',
        },
      },
    },
  },
};
