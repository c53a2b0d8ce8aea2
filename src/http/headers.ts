import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type FastifyError, type FastifyReply } from 'fastify';
import { codeOfStatus } from '../common/error-codes.js';
import { errorBody } from './error-body.js';
import { type AnswerStep, type StepOf } from './steps.js';

/** The content type of almost every answer, byte for byte. */
export const JSON_TYPE = 'application/json';

/** The request headers by which answers vary, in the form that `@fastify/compress` looks for. */
const VARY = 'Accept, accept-encoding';

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

/** What every answer carries: it may be read by scripts of any origin. */
const COMMON_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': EXPOSED,
  vary: VARY,
  // No browser may guess another content type, and no URL is sent to other sites as a referrer.
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  // Unless a route says otherwise.
  'content-type': JSON_TYPE,
};

/** The headers that protect the reader of a page. */
const PAGE_HEADERS = { 'content-security-policy': PAGES_POLICY, 'x-frame-options': 'DENY' };

/**
 * Sets the headers that all answers of a route have.
 * @param pages the path at and below which routes are pages.
 * @param allow the `Allow` header of a URL.
 */
export function setHeaders(pages: string, allow: (url: string) => string | undefined): StepOf {
  return ({ url = '', config }) => {
    // Made at the first request: more methods of the URL may be registered after this one.
    let headers: Readonly<Record<string, string>> | undefined;
    const make = (): Readonly<Record<string, string>> => {
      const allowed = allow(url);
      return {
        ...COMMON_HEADERS,
        ...(url.startsWith(pages) && PAGE_HEADERS),
        ...(allowed !== undefined && { allow: allowed }),
      };
    };
    const ofRoute = config?.headers;
    return (request, reply) => {
      void reply.headers((headers ??= make()));
      if (ofRoute) void reply.headers(ofRoute(request));
    };
  };
}

/** Sets the headers that protect the reader of a page. */
export function protectPage(reply: FastifyReply): void {
  void reply.headers(PAGE_HEADERS);
}

/** Answers requests that the router refuses (bad escapes in a URL, an endless key): these pass no hook and no filter. */
export function refuseUrl({ statusCode = 400, message }: FastifyError, _request: unknown, reply: FastifyReply): void {
  reply.raw.writeHead(statusCode, COMMON_HEADERS).end(errorBody(codeOfStatus(statusCode), message));
}

/** Answers an `Expect` other than `100-continue`, which Node handles before the router sees the request. */
export function refuseExpectation({ headers: { expect = '' } }: IncomingMessage, response: ServerResponse): void {
  // The body is not read, so the connection cannot serve another request.
  response.writeHead(417, { ...COMMON_HEADERS, connection: 'close' });
  response.end(errorBody('expectation-failed', `Expect: only 100-continue is possible, got ${JSON.stringify(expect)}`));
}

/** Removes the charset that Fastify adds: esmond's clients compare the content type for equality. */
export const exactContentType: StepOf<AnswerStep> = ({ config: { keepsCharset = false } = {} }) => {
  if (keepsCharset) return undefined;
  return (_request, reply, payload) => {
    const type = reply.getHeader('content-type');
    if (typeof type === 'string' && type.startsWith(`${JSON_TYPE};`)) void reply.header('content-type', JSON_TYPE);
    return payload;
  };
};
