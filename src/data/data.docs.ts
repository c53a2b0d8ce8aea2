import { type Answer, EXAMPLE, named, shape } from '../common/api-docs.js';
import { errorBody } from '../http/error-body.js';
import { KEY_HEADER, KEY_REUSED } from '../http/idempotency-key.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT, query } from '../http/parameters.js';
import { HEADERS } from '../http/error-responses.js';
import { ROW_PARAMETERS, rowAnswer } from '../rows/row-docs.js';

const { key, ts } = EXAMPLE;

/** What tells a writer which points were not stored as they were sent. */
const REPORT_HEADERS = {
  'Marigram-Stored': HEADERS.stored,
  'Marigram-Dropped': HEADERS.dropped,
  'Marigram-Dropped-Reason': HEADERS.droppedReason,
  'Marigram-Cut': HEADERS.cut,
};

const STORED = named('Stored', {
  ...jsonAnswer(
    'All points are stored, but for those that the headers tell of: the answer comes after the commit.',
    { type: 'string', enum: [''] },
    '',
    REPORT_HEADERS,
  ),
});

const CONFLICT: Answer = named('Conflict', {
  description:
    'Some points were there already and stay as they are; **all others of the request are stored**. After a retry this ' +
    'means that the points are there; one with the same `Idempotency-Key` gets the first answer.',
  headers: REPORT_HEADERS,
  content: {
    'application/json': {
      schema: shape('ConflictBody'),
      example: JSON.parse(
        errorBody('conflict', `throughput has a point at ${ts} already`, {
          stored: 1,
          conflicts: [{ ts, 'event-type': 'throughput' }],
        }),
      ) as unknown,
    },
  },
});

const RULES =
  'The request is one transaction. A point at a time that is taken depends on the data type: numbers (integer, float, ' +
  'percentage) stay as they are and the answer is 409; documents (histogram, json, subinterval) are replaced. So any ' +
  'request can be sent again: nothing is counted twice. A point of a known event type that the metadata does not list, ' +
  'or from before what retention keeps, is dropped with 201; `Marigram-Dropped` tells how many.';

/** POST `archive/K/ET/base`. */
export const ADD_POINT: OperationDocs = {
  id: 'addPoint',
  tag: 'points',
  summary: 'Stores one point',
  description: RULES,
  parameters: [KEY_HEADER, JSON_FORMAT],
  body: {
    schema: shape('NewPoint'),
    examples: {
      number: { summary: 'Throughput, in bits per second', value: { ts, val: 9400000000 } },
      percentage: { summary: 'Packet loss', value: { ts, val: { numerator: 1, denominator: 25 } } },
      histogram: { summary: 'One-way delays', value: { ts, val: { '41.0': 98, '41.1': 2 } } },
      json: { summary: 'A failure', value: { ts, val: { error: 'connection refused' } } },
      subinterval: {
        summary: 'Throughput of each second of a test',
        value: { ts, val: [{ start: 0, duration: 1, val: 9400000000 }] },
      },
    },
  },
  answers: { 201: STORED, 409: CONFLICT, 422: KEY_REUSED },
};

const ITEMS = [
  {
    ts,
    val: [
      { 'event-type': 'throughput', val: 9400000000 },
      { 'event-type': 'packet-retransmits', val: 3 },
    ],
  },
  { ts: ts + 3600, val: [{ 'event-type': 'failures', val: { error: 'connection refused' } }] },
];

/** PUT `archive/K/`. */
export const ADD_POINTS: OperationDocs = {
  id: 'addPoints',
  tag: 'points',
  summary: 'Stores points of one metadata',
  description: RULES,
  parameters: [KEY_HEADER, JSON_FORMAT],
  body: {
    schema: shape('Bulk'),
    examples: { bulk: { summary: 'Two times, three event types', value: { data: ITEMS } } },
  },
  answers: { 201: STORED, 409: CONFLICT, 422: KEY_REUSED },
};

/** PUT `archive/`. */
export const ADD_POINTS_OF_MANY: OperationDocs = {
  id: 'addPointsOfMany',
  tag: 'points',
  summary: 'Stores points of many metadata',
  description: `Each item of \`data\` names its metadata; one that is not known is 404, with nothing stored. ${RULES}`,
  parameters: [KEY_HEADER, JSON_FORMAT],
  body: {
    schema: shape('BulkOfMany'),
    examples: {
      bulk: {
        summary: 'The same points, each with its metadata',
        value: { data: ITEMS.map((item) => ({ 'metadata-key': key, ...item })) },
      },
    },
  },
  answers: { 201: STORED, 409: CONFLICT, 422: KEY_REUSED },
};

const FRACTIONS = query(
  'percentages',
  'Percentages',
  'With `fractions` a percentage comes as it was posted, `{"numerator": 1, "denominator": 600}`, in place of the quotient. ' +
    'Where only the rate is known, from an import, it is still a number. Other event types are the same as without it.',
  { type: 'string', enum: ['fractions'] },
);

/** GET `archive/K/ET/base`. */
export const GET_POINTS: OperationDocs = {
  id: 'getPoints',
  tag: 'points',
  summary: 'Reads points',
  description:
    'The points of an event type in the asked time, in time order; from 1970 to now where no time is given. An open end ' +
    'reaches one hour beyond now, since clocks of measurement hosts run ahead. `[]` where there is nothing, also for an ' +
    'unknown key. Any number of points may be asked for: the answer is streamed, and a connection that ends before the ' +
    'array does means that the server failed in the middle.',
  parameters: [...ROW_PARAMETERS, FRACTIONS],
  answers: {
    200: rowAnswer('The points.', shape('Point'), [
      { ts, val: 9400000000 },
      { ts: ts + 3600, val: 9380000000 },
    ]),
  },
};
