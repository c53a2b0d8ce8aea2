import { type FastifyError, type FastifyReply, type onRequestHookHandler, type onSendHookHandler } from 'fastify';
import { Invalid, TooLarge, UnsupportedMediaType } from '../common/errors.js';
import { errorBody } from './error-body.js';

/** The one type of almost every answer: exactly this text. */
export const JSON_TYPE = 'application/json';

/** What answers differ by, in the form that `@fastify/compress` looks for. */
export const VARY = 'Accept, accept-encoding';

/** The headers that a script of another origin may read. */
const EXPOSED =
  'Allow, ETag, Link, Location, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id';

/** Every answer is JSON unless its route says otherwise, and may be read by scripts of any origin. */
export const addHeaders: onRequestHookHandler = (_request, reply, done) => {
  setCommonHeaders(reply);
  void reply.header('content-type', JSON_TYPE);
  done();
};

function setCommonHeaders({ raw }: FastifyReply): void {
  raw.setHeader('access-control-allow-origin', '*');
  raw.setHeader('access-control-expose-headers', EXPOSED);
  raw.setHeader('vary', VARY);
}

/** Answers what the router refuses itself (bad escapes in a URL, an endless key): it passes no hook and no filter. */
export function refuseUrl({ statusCode = 400, message }: FastifyError, _request: unknown, reply: FastifyReply): void {
  setCommonHeaders(reply);
  reply.raw.writeHead(statusCode, { 'content-type': JSON_TYPE }).end(errorBody(message));
}

/** Refuses a NUL character in the query: no text of PostgreSQL can hold one. */
export const checkUrl: onRequestHookHandler = (request, _reply, done) => {
  done(request.url.includes('%00') ? new Invalid('the query has a NUL character') : undefined);
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
