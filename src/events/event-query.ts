import { isUUID } from 'class-validator';
import { Invalid } from '../common/errors.js';
import { parseMoment, type Query } from '../common/time-range.js';
import { SEVERITIES } from '../evaluation/rule.js';
import { type EventFilter, type EventPlace, type EventSearch } from '../storage/events/event-search.js';

/** How many events a page has unless `limit` says otherwise, and at most. */
export const DEFAULT_EVENTS = 100;
export const MAX_EVENTS = 1000;

/** How many of one sensor an answer has, unless `limit` wants fewer. */
export const MAX_SENSOR_EVENTS = 10_000;

/** Names with a special meaning; every other one filters by a parameter of the metadata. */
const NAMES = new Set([
  ...['state', 'acknowledged', 'rule', 'type', 'severity', 'sensor', 'metadata-key', 'event-type'],
  ...['since', 'until', 'overlapping', 'order', 'limit', 'cursor', 'format'],
]);

/** The page of events that a query string asks for. Throws `Invalid`, naming the parameter. */
export function parseEventQuery(query: Query): EventSearch {
  return {
    filter: filterOf(query),
    descending: oneOf(query, 'order', ['desc', 'asc']) !== 'asc',
    after: afterOf(query),
    limit: limitOf(query, DEFAULT_EVENTS, MAX_EVENTS),
  };
}

/** The page of a sensor's events that a query string asks for, oldest first. Throws `Invalid`, naming the parameter. */
export function parseSensorEventQuery(query: Query): EventSearch {
  return {
    filter: { since: parseMoment(query, 'since'), until: parseMoment(query, 'until') },
    descending: false,
    after: afterOf(query),
    limit: limitOf(query, MAX_SENSOR_EVENTS, MAX_SENSOR_EVENTS),
  };
}

/** The cursor of the page behind an event. */
export function cursorOf({ opened, id }: EventPlace): string {
  return Buffer.from(`${opened} ${id}`).toString('base64url');
}

function filterOf(query: Query): EventFilter {
  const acknowledged = oneOf(query, 'acknowledged', ['true', 'false']);
  const { rule, type, sensor, overlapping } = query;
  const parameters = Object.entries(query).flatMap(([name, value]) =>
    NAMES.has(name) ? [] : [[name.replaceAll('_', '-'), value] as const],
  );
  return {
    ...{ rule, type, sensor },
    state: oneOf(query, 'state', ['open', 'closed']),
    acknowledged: acknowledged === undefined ? undefined : acknowledged === 'true',
    severity: oneOf(query, 'severity', SEVERITIES),
    metadataKey: query['metadata-key'],
    eventType: query['event-type'],
    parameters: Object.fromEntries(parameters),
    since: parseMoment(query, 'since'),
    until: parseMoment(query, 'until'),
    overlapping: overlapping === undefined ? undefined : boundsOf(overlapping),
  };
}

function oneOf<T extends string>(query: Query, name: string, values: readonly T[]): T | undefined {
  const text = query[name];
  const known = values.find((value) => value === text);
  if (text !== undefined && known === undefined)
    throw new Invalid(`${name}: expected ${values.join(' or ')}, got ${JSON.stringify(text)}`);
  return known;
}

function limitOf({ limit = '' }: Query, normal: number, most: number): number {
  if (limit === '') return normal;
  const number = /^\d{1,9}$/.test(limit) ? Number(limit) : 0;
  if (number < 1 || number > most) throw new Invalid(`limit: expected 1 to ${most}, got ${JSON.stringify(limit)}`);
  return number;
}

function afterOf({ cursor }: Query): EventPlace | undefined {
  if (cursor === undefined) return undefined;
  const [, opened, id] = /^(-?\d{1,16}) ([\da-f-]{36})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (opened === undefined || id === undefined || !isUUID(id))
    throw new Invalid('cursor: expected the `next` of another page');
  return { opened: Number(opened), id };
}

function boundsOf(text: string): [since: number, until: number] {
  const [since, until, ...others] = text.split(',').map((bound) => parseMoment({ overlapping: bound }, 'overlapping'));
  if (since === undefined || until === undefined || others.length > 0)
    throw new Invalid(`overlapping: expected SINCE,UNTIL, got ${JSON.stringify(text)}`);
  if (until < since) throw new Invalid('overlapping: it ends before it begins');
  return [since, until];
}
