import { EXAMPLE, type Parameter, shape } from '../common/api-docs.js';
import { SEVERITIES } from '../evaluation/rule.js';
import { HEADERS, refusal } from '../http/error-responses.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { query, SECONDS } from '../http/parameters.js';
import { DEFAULT_EVENTS, MAX_EVENTS, MAX_SENSOR_EVENTS } from './event-query.js';

const EVENT = {
  id: '01944f3b-0d5a-7c3e-8f21-6b9c0d4e5a17',
  rule: '01944f3a-7c1e-7b52-9d0e-3f5a8c6b2d10',
  'rule-name': 'hot',
  type: 'TEMPERATURE_EXCEEDED',
  severity: 'warning',
  state: 'open',
  sensor: 's1',
  'metadata-key': EXAMPLE.key,
  'event-type': 'temperature',
  opened: EXAMPLE.ts + 3,
  'first-warning': EXAMPLE.ts + 1,
  received: EXAMPLE.ts + 3.41,
  value: 99,
  threshold: { op: '>=', value: 95 },
  warnings: 3,
  peak: 100,
  closed: null,
  'closed-by': null,
  acknowledged: null,
  text: '99 at s1',
};

const TEXT = { type: 'string' } as const;

const SINCE = query('since', 'Since', 'Opened at this time or later.', SECONDS);
const UNTIL = query('until', 'Until', 'Opened before this time.', SECONDS);
const CURSOR = query('cursor', 'Cursor', 'The `next` of the page before.', TEXT);

const FILTERS: readonly Parameter[] = [
  query('state', 'EventState', 'Only open or only closed events.', { type: 'string', enum: ['open', 'closed'] }),
  query('acknowledged', 'Acknowledged', 'Only events that are acknowledged, or that are not.', { type: 'boolean' }),
  query('rule', 'RuleOfEvents', 'The id of a rule, or what it was called when it opened the event.', TEXT),
  query('type', 'TypeOfEvents', 'The type that the rule gives its events.', TEXT),
  query('severity', 'Severity', 'How bad they are.', { type: 'string', enum: [...SEVERITIES] }),
  query('sensor', 'SensorOfEvents', 'The id of a sensor.', TEXT),
  query('metadata-key', 'MetadataKeyOfEvents', 'The key of a metadata, which may be gone.', TEXT),
  query('event-type', 'EventTypeOfEvents', 'The event type of the points.', TEXT),
  SINCE,
  UNTIL,
  query('overlapping', 'Overlapping', '`SINCE,UNTIL`: open at some time between these, both inclusive.', TEXT),
];

const PAGE: readonly Parameter[] = [
  query('order', 'OrderOfEvents', 'By the times when they were opened.', {
    ...{ type: 'string', enum: ['desc', 'asc'], default: 'desc' },
  }),
  query('limit', 'LimitOfEvents', 'How many events the answer may have.', {
    ...{ type: 'integer', minimum: 1, maximum: MAX_EVENTS, default: DEFAULT_EVENTS },
  }),
  CURSOR,
];

/** GET `events`. */
export const LIST_EVENTS: OperationDocs = {
  id: 'listEvents',
  tag: 'rules',
  summary: 'Lists the events',
  description:
    'What the rules have found, newest first. Any other parameter is one of the metadata. Events that appear between two ' +
    'pages neither shift nor repeat others.',
  parameters: [...FILTERS, ...PAGE],
  answers: { 200: jsonAnswer('A page of events.', shape('EventPage'), { events: [EVENT], next: null }) },
};

/** GET `events/EVENT`. */
export const GET_EVENT: OperationDocs = {
  id: 'getEvent',
  tag: 'rules',
  summary: 'Reads an event',
  description: '404 if there is no such event.',
  answers: { 200: jsonAnswer('The event.', shape('Event'), EVENT) },
};

const CLOSED = refusal('EventClosed', 'state-conflict', 'The event is closed.', `the event ${EVENT.id} is closed`);

/** POST `events/EVENT/acknowledge`. */
export const ACKNOWLEDGE_EVENT: OperationDocs = {
  id: 'acknowledgeEvent',
  tag: 'rules',
  summary: 'Acknowledges an event',
  description:
    'Notes who has taken note of an open event; it changes nothing else. A second time it replaces the note, where one is given.',
  body: {
    schema: shape('NewAcknowledgement'),
    examples: { note: { summary: 'With a note', value: { note: 'somebody is on the way' } } },
  },
  answers: {
    200: jsonAnswer('The event.', shape('Event'), {
      ...EVENT,
      acknowledged: { by: 'me', at: EXAMPLE.ts + 60, note: 'somebody is on the way' },
    }),
    409: CLOSED,
  },
};

/** POST `events/EVENT/resolve`. */
export const RESOLVE_EVENT: OperationDocs = {
  id: 'resolveEvent',
  tag: 'rules',
  summary: 'Closes an event',
  description: 'By hand, at the time of the database. Of two at once, one gets 409.',
  body: {
    schema: shape('Resolution'),
    examples: { rearm: { summary: 'Further warnings may open another event', value: { rearm: true } } },
  },
  answers: {
    200: jsonAnswer('The event.', shape('Event'), {
      ...EVENT,
      state: 'closed',
      closed: EXAMPLE.ts + 60,
      'closed-by': 'manual',
    }),
    409: CLOSED,
  },
};

/** GET `sensors/S/events`. */
export const LIST_SENSOR_EVENTS: OperationDocs = {
  id: 'listSensorEvents',
  tag: 'sensors',
  summary: "Lists the events of a sensor's temperature",
  description:
    'Oldest first; none where there is no such sensor. The `Link` header has the next page. `events?sensor=S` lists all ' +
    'events of the sensor, and more of each.',
  parameters: [
    SINCE,
    UNTIL,
    CURSOR,
    query('limit', 'LimitOfSensorEvents', 'How many events the answer may have.', {
      ...{ type: 'integer', minimum: 1, maximum: MAX_SENSOR_EVENTS, default: MAX_SENSOR_EVENTS },
    }),
  ],
  answers: {
    200: jsonAnswer(
      'The events.',
      shape('SensorEvents'),
      { sensorUuid: 's1', events: [{ temperature: 99, at: '2026-01-05T10:00:03Z', type: 'TEMPERATURE_EXCEEDED' }] },
      { Link: HEADERS.link },
    ),
  },
};
