import { shape } from '../common/api-docs.js';
import { HEADERS, refusal } from '../http/error-responses.js';
import { KEY_HEADER } from '../http/idempotency-key.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { PAGE, query } from '../http/parameters.js';
import { DEFAULT_SESSIONS } from './session-query.js';
import { MICROS, STATUSES } from './session.dto.js';

const TEXT = { type: 'string' };

/** The form of times in an answer. */
export const TIME_FORM = query('time', 'TimeForm', 'With `iso`, times are ISO 8601 texts; else microseconds.', {
  type: 'string',
  enum: ['iso'],
});

const SESSION = {
  session: 'job_7d0f6c2e-3b1a-4f8e-9a55-0c8d1e2f3a4b',
  number: 17,
  name: 'checkout, 5k rps',
  operator: 'me',
  status: 'open',
  'test-start': 1574164720249248,
  'test-end': null,
  duration: null,
  streams: 0,
  rows: 0,
  first: null,
  last: null,
  created: 1574164720300000,
  updated: 1574164720300000,
  url: 'http://archive.example.net:8080/api/v1/sessions/job_7d0f6c2e-3b1a-4f8e-9a55-0c8d1e2f3a4b',
  meta: { component: 'checkout', ammo: 3 },
};

const ENDED = {
  ...SESSION,
  ...{ status: 'closed', 'test-end': 1574164780249248, duration: 60000000, streams: 1, rows: 119900 },
  ...{ first: 1574164720249248, last: 1574164780249248 },
  gaps: [{ stream: 'latency', from: 100, to: 200 }],
};

/** The refusal of a request that contradicts what is stored of a session. */
const CONTRADICTION = refusal(
  'SessionContradiction',
  'state-conflict',
  'It contradicts what is stored; nothing was changed.',
  {
    'test-start': 'session job_1 exists already, with test-start 1574164720249248',
    user: 'session job_1 exists already, and belongs to another user',
    ended: 'session job_1 is closed already, with test-end 1574164780249248: POST …/reopen first',
  },
);

const BODY = {
  schema: shape('NewSession'),
  examples: {
    test: {
      summary: 'A load test',
      value: {
        name: 'checkout, 5k rps',
        operator: 'me',
        'test-start': 1574164720249248,
        meta: { component: 'checkout', ammo: 3 },
      },
    },
  },
};

const CREATED = {
  200: jsonAnswer('It was there already, and stays as it is.', shape('Session'), SESSION, {
    Location: HEADERS.location,
  }),
  201: jsonAnswer('It is created now.', shape('Session'), SESSION, { Location: HEADERS.location }),
  409: CONTRADICTION,
};

/** PUT `sessions/S`. */
export const PUT_SESSION: OperationDocs = {
  id: 'putSession',
  tag: 'sessions',
  summary: 'Creates a session',
  description:
    'Or finds the same one: the request may be repeated. Name, operator and meta of a repeat are ignored; PATCH changes ' +
    'them. Another `test-start`, and the key of another user, are 409.',
  parameters: [TIME_FORM],
  body: BODY,
  answers: CREATED,
};

/** POST `sessions`. */
export const POST_SESSION: OperationDocs = {
  id: 'createSession',
  tag: 'sessions',
  summary: 'Creates a session with an id of the archive’s',
  description: 'Requests with the same `Idempotency-Key` get the same session, however late they come.',
  parameters: [KEY_HEADER, TIME_FORM],
  body: BODY,
  answers: CREATED,
};

/** GET `sessions`. */
export const LIST_SESSIONS: OperationDocs = {
  id: 'listSessions',
  tag: 'sessions',
  summary: 'Lists sessions',
  description:
    'The sessions that match all conditions, the newest `test-start` first, in pages of `limit`; the `Link` header has ' +
    'the next page. `meta.KEY=VALUE` selects those with this member of `meta`.',
  parameters: [
    query('name', 'SessionName', 'Exactly this name.', TEXT),
    query('operator', 'SessionOperator', 'Exactly this operator.', TEXT),
    query('status', 'SessionStatus', 'This status.', { type: 'string', enum: [...STATUSES] }),
    query('from', 'StartedFrom', 'A `test-start` at this time or later.', MICROS),
    query('to', 'StartedTo', 'A `test-start` at this time or earlier.', MICROS),
    query('limit', 'SessionLimit', 'The maximum of sessions in the answer.', {
      ...{ type: 'integer', minimum: 1, default: DEFAULT_SESSIONS },
    }),
    ...PAGE.filter(({ name }) => name === 'offset'),
    TIME_FORM,
  ],
  answers: {
    200: jsonAnswer('The sessions.', { type: 'array', items: shape('Session') }, [SESSION], { Link: HEADERS.link }),
  },
};

/** GET `sessions/S`. */
export const GET_SESSION: OperationDocs = {
  id: 'getSession',
  tag: 'sessions',
  summary: 'Reads a session',
  description: 'One session; 404 if there is none.',
  parameters: [TIME_FORM],
  answers: { 200: jsonAnswer('The session.', shape('Session'), SESSION) },
};

/** PATCH `sessions/S`. */
export const PATCH_SESSION: OperationDocs = {
  id: 'changeSession',
  tag: 'sessions',
  summary: 'Changes name and meta of a session',
  description:
    'What is absent stays. Members of `meta` are merged one by one: each replaces the stored one, `null` removes it.',
  parameters: [TIME_FORM],
  body: {
    schema: shape('MetaChanges'),
    examples: { ammo: { summary: 'A new member, and one that is removed', value: { meta: { ammo: 4, draft: null } } } },
  },
  answers: { 200: jsonAnswer('The session as it is now.', shape('Session'), SESSION) },
};

const END_BODY = {
  schema: shape('SessionEnd'),
  examples: { end: { summary: 'The end of the test', value: { 'test-end': 1574164780249248 } } },
};

const END_ANSWERS = {
  200: jsonAnswer('The session, and the rows that are missing.', shape('EndedSession'), ENDED),
  409: CONTRADICTION,
};

const END_RULES =
  'Points are refused from then on, with 409. The body may be absent. The same again is 200; with another `test-end`, and ' +
  'after another end, it is 409.';

/** POST `sessions/S/close`. */
export const CLOSE_SESSION: OperationDocs = {
  id: 'closeSession',
  tag: 'sessions',
  summary: 'Closes a session',
  description: END_RULES,
  parameters: [TIME_FORM],
  body: END_BODY,
  answers: END_ANSWERS,
};

/** POST `sessions/S/interrupt`. */
export const INTERRUPT_SESSION: OperationDocs = {
  id: 'interruptSession',
  tag: 'sessions',
  summary: 'Gives a session up',
  description: `What was stored stays. ${END_RULES}`,
  parameters: [TIME_FORM],
  body: END_BODY,
  answers: END_ANSWERS,
};

/** POST `sessions/S/reopen`. */
export const REOPEN_SESSION: OperationDocs = {
  id: 'reopenSession',
  tag: 'sessions',
  summary: 'Opens a session again',
  description: 'It takes points again, and has no `test-end`. 200 for an open one, too.',
  parameters: [TIME_FORM],
  answers: { 200: jsonAnswer('The session.', shape('Session'), SESSION) },
};

/** DELETE `sessions/S`. */
export const DELETE_SESSION: OperationDocs = {
  id: 'deleteSession',
  tag: 'sessions',
  summary: 'Deletes a session',
  description:
    'Deletes the session with all its streams, points and summaries; 404 if it does not exist. An unknown parameter is 400, ' +
    'because ignoring it could delete more than intended.',
  answers: {
    200: jsonAnswer('The numbers of deleted streams and points.', shape('SessionDeletion'), {
      deleted: { streams: 2, points: 120000 },
    }),
  },
};
