import { shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { REFUSALS } from '../http/error-responses.js';

/** GET `/health/live`. */
export const GET_LIVENESS: OperationDocs = {
  id: 'getLiveness',
  tag: 'server',
  summary: 'Tells whether the process answers',
  description: 'It does not check the database, because restarting the server would not bring the database back.',
  answers: { 200: jsonAnswer('The process answers.', shape('Health'), { status: 'ok', version: '0.1.0' }) },
};

/** GET `/health/ready`. */
export const GET_READINESS: OperationDocs = {
  id: 'getReadiness',
  tag: 'server',
  summary: 'Tells whether the server and its database answer',
  description:
    '503 with the reason if the database does not answer. An unused replica is reported, but is not a failure.',
  answers: {
    200: jsonAnswer('The database answers.', shape('Health'), { status: 'ok', version: '0.1.0' }),
    503: REFUSALS[503],
  },
};

/** GET `/metrics`. */
export const GET_METRICS: OperationDocs = {
  id: 'getMetrics',
  tag: 'server',
  summary: 'Returns the metrics of the server',
  description: 'Requests and their durations by route, points written, the write queue, the database connections.',
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
