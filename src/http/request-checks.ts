import { type onRequestHookHandler } from 'fastify';
import { Invalid, NotFound, TooLarge, UnsupportedMediaType } from '../common/errors.js';
import { JSON_TYPE } from './headers.js';
import { mediaTypeOf } from './request.js';

/** A name or an IPv4 address, or an IPv6 address in brackets; with a port or without (RFC 3986, 3.2.2). */
const HOST = /^(?:\[[\da-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[\da-f]{2})*)(?::\d{0,5})?$/i;

/** The characters of keys, event types, summary types and windows; no resource has others. */
const SEGMENT = /^[\w.@-]+$/;

/**
 * Aborts a request whose client has disconnected: before any check, it has no address to be judged by; after the look-up
 * of its key, its body would never end.
 */
export const checkClient: onRequestHookHandler = ({ raw: { socket } }, _reply, done) => {
  const isGone = socket.destroyed || socket.remoteAddress === undefined;
  done(isGone ? new Invalid('the client went away') : undefined);
};

/** Answers 404 to paths that can't name a resource, before any look-up. */
export const checkPath: onRequestHookHandler = (request, _reply, done) => {
  const segments = Object.values((request.params ?? {}) as Record<string, string>);
  done(segments.every((segment) => SEGMENT.test(segment)) ? undefined : new NotFound('there is nothing at this path'));
};

/**
 * Refuses a NUL character in the query, which PostgreSQL can't store, and a missing, repeated or malformed `Host`
 * (RFC 9112, 3.2).
 */
export const checkUrl: onRequestHookHandler = ({ url, headers, raw }, _reply, done) => {
  const { host } = headers;
  if (url.includes('%00')) done(new Invalid('the query has a NUL character'));
  else if (host === undefined && raw.httpVersion === '1.1') done(new Invalid('Host: the header is missing'));
  else if (host !== undefined && countHeader(raw.rawHeaders, 'host') > 1)
    done(new Invalid('Host: the header stands there more than once'));
  else if (host !== undefined && !isHost(host))
    done(new Invalid(`Host: expected a host name or an address, got ${JSON.stringify(host)}`));
  else done();
};

/** Refuses a body that is not declared as JSON, or another type of the route, with the status that esmond gives on it. */
export const checkContentType: onRequestHookHandler = (request, _reply, done) => {
  const { contentTypeRefusal, bodyTypes = [] } = request.routeOptions.config;
  const type = request.headers['content-type'] ?? '';
  if (contentTypeRefusal === undefined || [JSON_TYPE, ...bodyTypes].includes(mediaTypeOf(request))) {
    done();
    return;
  }
  const expected = [JSON_TYPE, ...bodyTypes].join(' or ');
  const text = `Content-Type: expected ${expected}, got ${type === '' ? 'none' : JSON.stringify(type)}`;
  done(contentTypeRefusal === 415 ? new UnsupportedMediaType(text) : new Invalid(text));
};

/**
 * Refuses a body that is declared larger than the limit before it is read. Fastify would do so too, but it closes the
 * connection while the client still sends, so that the client sees a broken pipe instead of the answer.
 */
export const checkContentLength: onRequestHookHandler = (request, _reply, done) => {
  const length = Number(request.headers['content-length'] ?? 0);
  done(length > request.routeOptions.bodyLimit ? new TooLarge() : undefined);
};

/** Whether a text is a valid value of `Host`. It may be empty. */
export function isHost(text: string): boolean {
  return HOST.test(text);
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
