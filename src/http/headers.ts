import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type FastifyError, type FastifyReply, type onRequestHookHandler, type onSendHookHandler } from 'fastify';
import { codeOfStatus } from '../common/error-codes.js';
import { Invalid, TooLarge, UnsupportedMediaType } from '../common/errors.js';
import { errorBody } from './error-body.js';
import { countHeader, isHost } from './host.js';

/** The one type of almost every answer: exactly this text. */
export const JSON_TYPE = 'application/json';

/** What answers differ by, in the form that `@fastify/compress` looks for. */
export const VARY = 'Accept, accept-encoding';

/** The headers that a script of another origin may read. */
const EXPOSED =
  'Allow, ETag, Link, Location, Marigram-Cut, Marigram-Dropped, Marigram-Dropped-Reason, Marigram-Stored, ' +
  'RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id';

/**
 * What the pages of the reference may do: load their own files (Swagger UI sets styles in its elements, and has its
 * icons in its style sheet), ask this server, and stand in nobody's frame.
 */
const PAGES_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Sets the headers that protect the reader of a page, on the routes at and below this path. */
export function protectPages(path: string): onRequestHookHandler {
  return (request, reply, done) => {
    const { url = '' } = request.routeOptions;
    if (url.startsWith(path)) {
      protectPage(reply);
    }
    done();
  };
}

/** Sets the headers that protect the reader of a page. */
export function protectPage({ raw }: FastifyReply): void {
  raw.setHeader('content-security-policy', PAGES_POLICY);
  raw.setHeader('x-frame-options', 'DENY');
}

/** Every answer is JSON unless its route says otherwise, and may be read by scripts of any origin. */
export const addHeaders: onRequestHookHandler = (_request, reply, done) => {
  setCommonHeaders(reply.raw);
  void reply.header('content-type', JSON_TYPE);
  done();
};

/**
 * Gives up a request whose client went away before it was looked at: it has no address left to be judged by; or while
 * its key was looked up: its body would never come to an end.
 */
export const checkClient: onRequestHookHandler = ({ raw: { socket } }, _reply, done) => {
  const isGone = socket.destroyed || socket.remoteAddress === undefined;
  done(isGone ? new Invalid('the client went away') : undefined);
};

function setCommonHeaders(raw: ServerResponse): void {
  raw.setHeader('access-control-allow-origin', '*');
  raw.setHeader('access-control-expose-headers', EXPOSED);
  raw.setHeader('vary', VARY);
  // An answer is what it says it is, whatever of it a browser takes for a script; and no URL is told to other sites.
  raw.setHeader('x-content-type-options', 'nosniff');
  raw.setHeader('referrer-policy', 'no-referrer');
}

/** Answers what the router refuses itself (bad escapes in a URL, an endless key): it passes no hook and no filter. */
export function refuseUrl({ statusCode = 400, message }: FastifyError, _request: unknown, reply: FastifyReply): void {
  setCommonHeaders(reply.raw);
  reply.raw.writeHead(statusCode, { 'content-type': JSON_TYPE }).end(errorBody(codeOfStatus(statusCode), message));
}

/** Answers an `Expect` that is not `100-continue`, which Node takes out before the router sees it. */
export function refuseExpectation({ headers: { expect = '' } }: IncomingMessage, response: ServerResponse): void {
  setCommonHeaders(response);
  // What comes as the body is not read, so that the connection is of no use for another request.
  response.writeHead(417, { 'content-type': JSON_TYPE, connection: 'close' });
  response.end(errorBody('expectation-failed', `Expect: only 100-continue is possible, got ${JSON.stringify(expect)}`));
}

/**
 * Refuses a NUL character in the query, which no text of PostgreSQL can hold; and a request to no host, to several, or
 * to what can be none (RFC 9112, 3.2).
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

/** Refuses a body that is not declared as JSON, before it is read: with the status that esmond gives on the route. */
export const checkContentType: onRequestHookHandler = (request, _reply, done) => {
  const { contentTypeRefusal } = request.routeOptions.config;
  const type = request.headers['content-type'] ?? '';
  if (contentTypeRefusal === undefined || /^application\/json\s*(;|$)/i.test(type)) {
    done();
    return;
  }
  const text = `Content-Type: expected ${JSON_TYPE}, got ${type === '' ? 'none' : JSON.stringify(type)}`;
  done(contentTypeRefusal === 415 ? new UnsupportedMediaType(text) : new Invalid(text));
};

/**
 * Refuses a body that is declared larger than the limit, before it is read. Fastify would do so too, but closes the
 * connection while the client still sends, which sees a broken pipe instead of the answer.
 */
export const checkContentLength: onRequestHookHandler = (request, _reply, done) => {
  const length = Number(request.headers['content-length'] ?? 0);
  done(length > request.routeOptions.bodyLimit ? new TooLarge() : undefined);
};

/** esmond's clients compare the type for equality: no charset may follow, and Fastify likes to add one. */
export const exactContentType: onSendHookHandler = (_request, reply, payload, done) => {
  const type = reply.getHeader('content-type');
  if (typeof type === 'string' && type.startsWith(`${JSON_TYPE};`)) void reply.header('content-type', JSON_TYPE);
  done(null, payload);
};
