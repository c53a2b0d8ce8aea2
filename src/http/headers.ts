import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type FastifyError, type FastifyReply, type onRequestHookHandler, type onSendHookHandler } from 'fastify';
import { codeOfStatus } from '../common/error-codes.js';
import { errorBody } from './error-body.js';

/** The content type of almost every answer, byte for byte. */
export const JSON_TYPE = 'application/json';

/** The request headers by which answers vary, in the form that `@fastify/compress` looks for. */
export const VARY = 'Accept, accept-encoding';

/** The headers that a script of another origin may read. */
const EXPOSED =
  'Allow, ETag, Link, Location, Marigram-Cut, Marigram-Dropped, Marigram-Dropped-Reason, Marigram-Stored, ' +
  'RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id';

/**
 * Policy of the reference's pages: they may load their own files (Swagger UI has inline styles, and icons in its style
 * sheet) and call this server, and no other site may frame them.
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

function setCommonHeaders(raw: ServerResponse): void {
  raw.setHeader('access-control-allow-origin', '*');
  raw.setHeader('access-control-expose-headers', EXPOSED);
  raw.setHeader('vary', VARY);
  // No browser may guess another content type, and no URL is sent to other sites as a referrer.
  raw.setHeader('x-content-type-options', 'nosniff');
  raw.setHeader('referrer-policy', 'no-referrer');
}

/** Answers requests that the router refuses (bad escapes in a URL, an endless key): these pass no hook and no filter. */
export function refuseUrl({ statusCode = 400, message }: FastifyError, _request: unknown, reply: FastifyReply): void {
  setCommonHeaders(reply.raw);
  reply.raw.writeHead(statusCode, { 'content-type': JSON_TYPE }).end(errorBody(codeOfStatus(statusCode), message));
}

/** Answers an `Expect` other than `100-continue`, which Node handles before the router sees the request. */
export function refuseExpectation({ headers: { expect = '' } }: IncomingMessage, response: ServerResponse): void {
  setCommonHeaders(response);
  // The body is not read, so the connection cannot serve another request.
  response.writeHead(417, { 'content-type': JSON_TYPE, connection: 'close' });
  response.end(errorBody('expectation-failed', `Expect: only 100-continue is possible, got ${JSON.stringify(expect)}`));
}

/** Removes the charset that Fastify adds: esmond's clients compare the content type for equality. */
export const exactContentType: onSendHookHandler = (_request, reply, payload, done) => {
  const type = reply.getHeader('content-type');
  if (typeof type === 'string' && type.startsWith(`${JSON_TYPE};`)) void reply.header('content-type', JSON_TYPE);
  done(null, payload);
};
