import { type RequestAddress } from '../http/request.js';
import { compact } from '../json/json-text.js';
import { timestampOf } from '../postgres/timestamps.js';
import { type StoredSession } from '../storage/sessions/session-store.js';
import { type SessionObject } from './session.dto.js';
import { showsIso } from './session-query.js';

/** Where sessions are. */
export const SESSIONS = '/api/v1/sessions';

/** How an answer shows sessions and streams. */
export interface ViewOptions {
  /** Scheme and host for absolute URLs. */
  readonly origin: string;
  /** Whether times are ISO 8601 texts, not numbers. */
  readonly iso: boolean;
}

/** The options that a request asks for. Throws `Invalid` as `showsIso` does. */
export function viewOf({ origin, query }: RequestAddress): ViewOptions {
  return { origin, iso: showsIso(query) };
}

/** The URL of a session. */
export function sessionUrl({ origin }: ViewOptions, id: string): string {
  return `${origin}${SESSIONS}/${id}`;
}

/** A session as JSON. */
export function sessionText(session: StoredSession, options: ViewOptions, more: object = {}): string {
  const time = timeView(options);
  const { testStart, testEnd } = session;
  const object: Omit<SessionObject, 'meta'> = {
    session: session.id,
    number: session.number,
    name: session.name,
    operator: session.operator,
    status: session.status,
    'test-start': time(testStart),
    'test-end': time(testEnd),
    duration: testEnd === null ? null : testEnd - testStart,
    streams: session.streams,
    rows: session.rows,
    first: time(session.first),
    last: time(session.last),
    created: time(session.created),
    updated: time(session.updated),
    url: sessionUrl(options, session.id),
  };
  return withMeta({ ...object, ...more }, session.meta);
}

/** The JSON of an object with a meta, whose text stays as it is: `JSON.parse` would change its numbers. */
export function withMeta(object: object, meta: string, name = 'meta'): string {
  return `${JSON.stringify(object).slice(0, -1)},"${name}":${compact(meta)}}`;
}

/** Shows times (micros) as the options say; `null` stays `null`. */
export function timeView({ iso }: ViewOptions): <T extends number | null>(micros: T) => T | string {
  return (micros) => (micros !== null && iso ? timestampOf(micros) : micros);
}
