import { type Parameter, shape } from '../../common/api-docs.js';
import { HEADERS, refusal } from '../../http/error-responses.js';
import { KEY_HEADER, KEY_REUSED } from '../../http/idempotency-key.js';
import { type BodyDocs, jsonAnswer, type OperationDocs } from '../../http/operation.js';
import { ORDER, PAGE, query, rowFormat } from '../../http/parameters.js';
import { namesOf } from '../../rows/row-format.js';
import { MICROS } from '../session.dto.js';
import { POINT_FORMATS } from './point-formats.js';
import { DEFAULT_ROWS } from './point-query.js';
import { COLUMNS_TYPE, TSV_TYPE } from './parse-columns.js';
import { POINT_ROWS } from './points.dto.js';

/** What times count from. */
const TIME_BASE = query('time', 'TimeBase', 'What times count from: 1970, or the `test-start` of the session.', {
  type: 'string',
  enum: ['absolute', 'relative'],
  default: 'absolute',
});

/** Bounds of a read. */
const ROW_BOUNDS = [
  query('from', 'RowsFrom', 'From this time on, inclusive: microseconds that count as `time` says.', MICROS),
  query('to', 'RowsTo', 'Until this time, inclusive.', MICROS),
];

const RULES =
  'The request is one transaction. A row number names one point for ever: rows that were taken before are ignored and ' +
  'counted as `repeated`, so that any request may be sent again, whole or in other parts. One bad point refuses the request. ' +
  'The body may be compressed (`Content-Encoding: gzip`).';

const BODY: BodyDocs = {
  schema: { anyOf: [shape('PointColumns'), POINT_ROWS] },
  examples: {
    columns: { summary: 'Columns', value: { ts: [0, 100, 200], value: [1, 2.5, 3] } },
    events: { summary: 'Texts of an event', value: { ts: [0, 100], value: ['200', '502'] } },
    rows: {
      summary: 'Rows',
      value: [
        [0, 1],
        [100, 2.5],
      ],
    },
  },
  others: {
    [TSV_TYPE]: {
      schema: {
        type: 'string',
        description: 'A line a point: time, tab, value; without a header. Fields may be quoted as in CSV.',
      },
      example: '0\t1\n100\t2.5\n',
    },
    [COLUMNS_TYPE]: {
      schema: {
        type: 'string',
        format: 'binary',
        description:
          'For metrics, little-endian: `u32` 1, `u32` n, n × `i64` times, n × `f64` values; nothing behind them. ' +
          'The example has its bytes in hexadecimal digits: the value 1 at 0.',
      },
      example: '01000000 01000000 0000000000000000 000000000000f03f',
    },
  },
};

const STORED = { row: 0, rows: 3, stored: 3, repeated: 0, expired: 0, 'next-row': 3 };

const ENDED = refusal(
  'SessionEnded',
  'state-conflict',
  'The session has ended; nothing was stored.',
  'session job_7d0f is closed: POST …/reopen first',
);

const ANSWERS = {
  200: jsonAnswer('The points are stored: the answer comes after the commit.', shape('StoredRows'), STORED),
  409: ENDED,
  422: KEY_REUSED,
};

/** PUT `sessions/S/streams/T/points/ROW`. */
export const PUT_ROWS: OperationDocs = {
  id: 'putRows',
  tag: 'sessions',
  summary: 'Stores points of a stream by their row numbers',
  description: `The path has the row number of the first point; the others follow. ${RULES}`,
  parameters: [TIME_BASE, KEY_HEADER],
  body: BODY,
  answers: ANSWERS,
};

/** POST `sessions/S/streams/T/points`. */
export const APPEND_ROWS: OperationDocs = {
  id: 'appendRows',
  tag: 'sessions',
  summary: 'Appends points to a stream',
  description:
    'The archive gives out the next row numbers. So a repeat of the request is stored again, unless it has the same ' +
    `\`Idempotency-Key\`. ${RULES}`,
  parameters: [TIME_BASE, KEY_HEADER],
  body: BODY,
  answers: ANSWERS,
};

/** PUT `sessions/S/points`. */
export const PUT_ROWS_OF_STREAMS: OperationDocs = {
  id: 'putRowsOfStreams',
  tag: 'sessions',
  summary: 'Stores points of several streams of a session',
  description: RULES,
  parameters: [TIME_BASE, KEY_HEADER],
  body: {
    schema: shape('PointsOfStreams'),
    examples: {
      two: {
        summary: 'Two streams',
        value: {
          streams: [
            { stream: 'latency', row: 0, ts: [0, 100], value: [1, 2.5] },
            { stream: 'codes', row: 0, ts: [0, 100], value: ['200', '502'] },
          ],
        },
      },
    },
  },
  answers: {
    ...ANSWERS,
    200: jsonAnswer('The points are stored: the answer comes after the commit.', shape('StoredRowsOfStreams'), {
      streams: [{ stream: 'latency', ...STORED }],
    }),
  },
};

const LIMIT = query('limit', 'RowLimit', 'The maximum of rows in the answer, without an upper bound.', {
  ...{ type: 'integer', minimum: 1, default: DEFAULT_ROWS },
});

/** The parameters of a read of rows of a stream. */
export const READ_PARAMETERS: readonly Parameter[] = [
  ...[TIME_BASE, ...ROW_BOUNDS, ORDER, LIMIT],
  ...PAGE.filter(({ name }) => name === 'offset'),
];

/** GET `sessions/S/streams/T/points`. */
export const GET_ROWS: OperationDocs = {
  id: 'getRows',
  tag: 'sessions',
  summary: 'Reads points of a stream',
  description:
    'The points in the order of time and row number; `[]` where the stream keeps none (`"raw": false`). Any number may be ' +
    'asked for: the answer is streamed.',
  parameters: [...READ_PARAMETERS, rowFormat('StreamRowFormat', namesOf(POINT_FORMATS))],
  answers: {
    200: {
      description: 'The points.',
      headers: { Link: HEADERS.link },
      content: {
        'application/json': {
          schema: { type: 'array', items: shape('StreamRow') },
          example: [
            { ts: 1574164720249248, value: 30021, row: 0 },
            { ts: 1574164720450572, value: 30764, row: 1 },
          ],
        },
        'application/x-ndjson': {
          schema: { type: 'string', description: 'A line a point, each a JSON object as in the array.' },
          example: '{"ts":1574164720249248,"value":30021,"row":0}\n',
        },
        'text/csv': {
          schema: { type: 'string', description: 'A header, then a line a point.' },
          example: 'ts,value\n1574164720249248,30021\n',
        },
        [TSV_TYPE]: {
          schema: { type: 'string', description: 'A line a point, without a header.' },
          example: '1574164720249248\t30021\n',
        },
      },
    },
  },
};
