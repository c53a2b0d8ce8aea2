import { type FastifyRequest } from 'fastify';
import { Invalid, NotFound, TooLarge, UnsupportedMediaType } from '../common/errors.js';
import { JSON_TYPE } from './headers.js';
import { mediaTypeOf } from './request.js';
import { type StepOf } from './steps.js';

/** A name or an IPv4 address, or an IPv6 address in brackets; with a port or without (RFC 3986, 3.2.2). */
const HOST = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d{0,5})?$/i;

/** The characters of keys, built-in and declared event types, summary types, windows and ids. */
const SEGMENT = /^[\w.@-]+$/;

/** The parameters that may have any other character: what the line protocol names, and the fields of it as event types. */
const FREE_TEXTS: ReadonlySet<string> = new Set(['eventType', 'database', 'measurement', 'field']);

/** The parameters that a pipe of their route checks, because it refuses them in another way. */
const CHECKED_LATER: ReadonlySet<string> = new Set(['sensor']);

/**
 * Aborts a request whose client has disconnected: before any check, it has no address to be judged by; after the look-up
 * of its key, its body would never end.
 */
export const checkClient: StepOf =
  () =>
  ({ raw: { socket } }) => {
    if (socket.destroyed || socket.remoteAddress === undefined) throw new Invalid('the client went away');
  };

/** Answers 404 to paths that can't name a resource, before any look-up. */
export const checkPath: StepOf = () => (request) => {
  const segments = (request.params ?? {}) as Record<string, string>;
  for (const name in segments) {
    const segment = segments[name] ?? '';
    if (SEGMENT.test(segment) || CHECKED_LATER.has(name)) continue;
    if (!(FREE_TEXTS.has(name) && isStorable(segment))) throw new NotFound('there is nothing at this path');
  }
};

/** Whether a part of a path is a text that PostgreSQL can store. */
function isStorable(segment: string): boolean {
  return segment !== '' && !segment.includes('\0');
}

/**
 * Refuses a NUL character in the query, which PostgreSQL can't store, and a missing, repeated or malformed `Host`
 * (RFC 9112, 3.2).
 */
export const checkUrl: StepOf =
  () =>
  ({ url, headers: { host }, raw }) => {
    // That of the path, `checkPath` has seen.
    if (/\?.*%00/.test(url)) throw new Invalid('the query has a NUL character');
    if (host === undefined) {
      if (raw.httpVersion === '1.1') throw new Invalid('Host: the header is missing');
      return;
    }
    if (countHeader(raw.rawHeaders, 'host') > 1) throw new Invalid('Host: the header stands there more than once');
    if (!isHost(host)) throw new Invalid(`Host: expected a host name or an address, got ${JSON.stringify(host)}`);
  };

/**
 * Refuses a body that is not declared as JSON, or another type of the route, with the status that esmond gives on it. Routes
 * that take any type take an empty one as none.
 */
export const checkContentType: StepOf = ({ config: { contentTypeRefusal, bodyTypes = [] } = {} }) => {
  if (contentTypeRefusal === undefined) return dropEmptyContentType;
  const types = [JSON_TYPE, ...bodyTypes];
  return (request) => {
    const type = request.headers['content-type'] ?? '';
    if (type === JSON_TYPE || types.includes(mediaTypeOf(request))) return;
    const text = `Content-Type: expected ${types.join(' or ')}, got ${type === '' ? 'none' : JSON.stringify(type)}`;
    throw contentTypeRefusal === 415 ? new UnsupportedMediaType(text) : new Invalid(text);
  };
};

/**
 * Refuses a body that is declared larger than the limit before it is read. Fastify would do so too, but it closes the
 * connection while the client still sends, so that the client sees a broken pipe instead of the answer.
 * @param serverLimit of routes that have no limit of their own.
 */
export function checkContentLength(serverLimit: number): StepOf {
  return ({ bodyLimit = serverLimit }) =>
    ({ headers }) => {
      if (Number(headers['content-length'] ?? 0) > bodyLimit) throw new TooLarge();
    };
}

/** Whether a text is a valid value of `Host`. It may be empty. */
export function isHost(text: string): boolean {
  return HOST.test(text);
}

/** Fastify refuses an empty `Content-Type`; InfluxDB's shell sends one. */
function dropEmptyContentType({ headers }: FastifyRequest): void {
  if (headers['content-type'] === '') delete headers['content-type'];
}

/** How often a request has a header of which Node keeps only one. */
function countHeader(rawHeaders: readonly string[], name: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index] ?? '';
    if (header.length === name.length && header.toLowerCase() === name) count++;
  }
  return count;
}
