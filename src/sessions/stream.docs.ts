import { EXAMPLE, shape } from '../common/api-docs.js';
import { HEADERS, refusal } from '../http/error-responses.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { PAGE, query } from '../http/parameters.js';
import { TIME_FORM } from './session.docs.js';
import { STREAM_TYPES } from './stream-types.js';

const TEXT = { type: 'string' };

const STREAM = {
  stream: 'latency',
  session: 'job_7d0f',
  number: 42,
  type: 'metric',
  name: 'latency',
  case: 'GET /cart',
  parent: null,
  raw: true,
  aggregate: true,
  summaries: [
    { 'summary-type': 'quantiles', 'summary-window': 1, uri: '/api/v1/sessions/job_7d0f/streams/latency/quantiles/1' },
  ],
  'metadata-key': EXAMPLE.key,
  rows: 119900,
  'next-row': 120000,
  received: [
    [0, 100],
    [200, 120000],
  ],
  gaps: [[100, 200]],
  first: 1574164720249248,
  last: 1574164780249248,
  meta: { host: 'backend-1' },
};

/** PUT `sessions/S/streams/T`. */
export const PUT_STREAM: OperationDocs = {
  id: 'putStream',
  tag: 'sessions',
  summary: 'Registers a stream',
  description:
    'Or finds the same one: the request may be repeated. Summaries that the stream lacks are added, and filled from its ' +
    'points; where these are not kept, they count what comes later. Name and meta of a repeat are ignored; PATCH changes ' +
    'them. 404 where the session or the parent does not exist.',
  parameters: [TIME_FORM],
  body: {
    schema: shape('NewStream'),
    examples: {
      metric: {
        summary: 'Response times, with quantiles of each second',
        value: {
          ...{ type: 'metric', name: 'latency', meta: { host: 'backend-1' }, aggregate: true, case: 'GET /cart' },
          summaries: [{ 'summary-type': 'quantiles', 'summary-window': 1 }],
        },
      },
      event: {
        summary: 'Codes, of which only the counts of each second are kept',
        value: { type: 'event', name: 'HTTP codes', raw: false, aggregate: true },
      },
    },
  },
  answers: {
    200: jsonAnswer('It was there already.', shape('Stream'), STREAM, { Location: HEADERS.location }),
    201: jsonAnswer('It is registered now.', shape('Stream'), STREAM, { Location: HEADERS.location }),
    409: refusal('StreamContradiction', 'state-conflict', 'It contradicts what is stored; nothing was changed.', {
      kind: 'type: stream latency of session job_1 exists already, with type "metric"',
      closed: 'session job_1 is closed: POST …/reopen first',
    }),
  },
};

/** GET `sessions/S/streams`. */
export const LIST_STREAMS: OperationDocs = {
  id: 'listStreams',
  tag: 'sessions',
  summary: 'Lists the streams of a session',
  description:
    'The streams that match all conditions, in the order of registration, in pages of `limit`; the `Link` header has the ' +
    'next page. `meta.KEY=VALUE` selects those with this member of `meta`. 404 if there is no such session.',
  parameters: [
    query('type', 'StreamType', 'This type.', { type: 'string', enum: [...STREAM_TYPES] }),
    query('name', 'StreamName', 'Exactly this name.', TEXT),
    query('case', 'StreamCase', 'Exactly this case.', TEXT),
    ...PAGE,
    TIME_FORM,
  ],
  answers: {
    200: jsonAnswer('The streams.', { type: 'array', items: shape('Stream') }, [STREAM], { Link: HEADERS.link }),
  },
};

/** GET `sessions/S/streams/T`. */
export const GET_STREAM: OperationDocs = {
  id: 'getStream',
  tag: 'sessions',
  summary: 'Reads a stream',
  description: 'One stream, with the rows that were taken of it; 404 if there is none.',
  parameters: [TIME_FORM],
  answers: { 200: jsonAnswer('The stream.', shape('Stream'), STREAM) },
};

/** PATCH `sessions/S/streams/T`. */
export const PATCH_STREAM: OperationDocs = {
  id: 'changeStream',
  tag: 'sessions',
  summary: 'Changes name and meta of a stream',
  description:
    'What is absent stays. Members of `meta` are merged one by one: each replaces the stored one, `null` removes it. The ' +
    'parameters of its metadata follow.',
  parameters: [TIME_FORM],
  body: {
    schema: shape('MetaChanges'),
    examples: { unit: { summary: 'A new member', value: { meta: { unit: 'µs' } } } },
  },
  answers: { 200: jsonAnswer('The stream as it is now.', shape('Stream'), STREAM) },
};
