import { type Answer, EXAMPLE, type Header, named, shape } from '../common/api-docs.js';
import { type ErrorCode } from '../common/error-codes.js';
import { errorBody } from './error-body.js';

const text = (name: string, description: string, example: string | number): Header =>
  named(name, { description, schema: { type: typeof example === 'number' ? 'integer' : 'string' }, example });

/** Response headers beyond those of every HTTP server. */
export const HEADERS = {
  allow: text('Allow', 'The methods that the URL has.', 'GET, HEAD, OPTIONS, POST, PUT'),
  etag: text(
    'ETag',
    'Identifies this state of the document. Send it as `If-None-Match` to get 304 while the document is unchanged.',
    'W/"qEJk1W2Zp1cUhB1bq4YlGZ5hJ0A"',
  ),
  link: text(
    'Link',
    'The neighbouring pages, `rel="next"` and `rel="prev"` (RFC 8288); absent if there are none.',
    `<${EXAMPLE.origin}/esmond/perfsonar/archive/?limit=100&offset=200>; rel="next"`,
  ),
  location: text(
    'Location',
    'The URL of the stored resource, the same as `url` in the body.',
    `${EXAMPLE.origin}/esmond/perfsonar/archive/${EXAMPLE.key}/`,
  ),
  stored: text('Marigram-Stored', 'The number of stored points; absent if all were stored as sent.', 1),
  dropped: text('Marigram-Dropped', 'The number of dropped points; absent if all were stored as sent.', 2),
  droppedReason: text(
    'Marigram-Dropped-Reason',
    'Why points were dropped, with their number for each reason: `event type not registered` or `older than retention keeps`.',
    'event type not registered: 2',
  ),
  cut: text(
    'Marigram-Cut',
    'The number of points that lost a fraction because they must be integers; absent if there are none.',
    1,
  ),
  requestId: text(
    'X-Request-Id',
    "Identifies the request in the server's log.",
    '0b8e7a52-6b1c-4d0f-9c3e-2f1a4b5c6d7e',
  ),
  retryAfter: text('Retry-After', 'The seconds to wait before a retry.', 1),
  wwwAuthenticate: text('WWW-Authenticate', 'The standard form of a key.', 'Token'),
};

/**
 * An answer with the JSON body of all errors.
 * @param code the code of its examples.
 * @param detail an example of its text, or several by name.
 */
export function refusal(
  name: string,
  code: ErrorCode,
  description: string,
  detail: string | Readonly<Record<string, string>>,
  headers: Readonly<Record<string, Header>> = {},
): Answer {
  const body = (text: string): unknown => JSON.parse(errorBody(code, text));
  const example =
    typeof detail === 'string'
      ? { example: body(detail) }
      : { examples: Object.fromEntries(Object.entries(detail).map(([key, text]) => [key, { value: body(text) }])) };
  return named(name, {
    description,
    headers: { ...headers },
    content: { 'application/json': { schema: shape('ErrorBody'), ...example } },
  });
}

/** Errors of any request, by status; the writes of points describe 409. */
export const REFUSALS = {
  400: refusal(
    'Invalid',
    'invalid',
    'The request is malformed, or a value is out of bounds. Nothing was stored.',
    'time-start: expected a number of seconds, got "yesterday"',
  ),
  401: refusal(
    'Unauthorized',
    'unauthorized',
    'A key is required and absent, or the given key is unknown or revoked (which is refused even if none is required).',
    'this needs an API key: send "Authorization: Token KEY"',
    { 'WWW-Authenticate': HEADERS.wwwAuthenticate },
  ),
  403: refusal(
    'Forbidden',
    'forbidden',
    'The key is valid, but lacks the scope.',
    'the API key of pS_user lacks the scope admin',
  ),
  404: refusal('NotFound', 'not-found', 'There is no such resource, or not in this `format`.', {
    resource: `there is no metadata ${EXAMPLE.key}`,
    format: 'format: there is no format "xml" here',
  }),
  413: refusal(
    'TooLarge',
    'too-large',
    'The body is larger than the server accepts (`BODY_LIMIT`, 16 MiB by default), or has more points (`MAX_POINTS`, ' +
      '100,000).',
    'the body is larger than this archive takes (BODY_LIMIT)',
  ),
  415: refusal(
    'UnsupportedMediaType',
    'unsupported-media-type',
    'The body has a content type or an encoding that the route does not take.',
    'Content-Type: expected application/json, got none',
  ),
  429: refusal(
    'TooManyRequests',
    'too-many-requests',
    'The key, or without a valid key the address, has sent too many requests this minute (`RATE_LIMIT`, ' +
      '`RATE_LIMIT_ADDRESS`).',
    'more than 1200000 requests in a minute with this API key (RATE_LIMIT)',
    { 'Retry-After': HEADERS.retryAfter },
  ),
  500: refusal('InternalError', 'internal-error', 'A bug in the server; its log has the details.', 'internal error', {
    'X-Request-Id': HEADERS.requestId,
  }),
  503: refusal(
    'Unavailable',
    'unavailable',
    'The database is unavailable, the write queue is full, or there are too many requests. It is safe to repeat the ' +
      'request, which may succeed later.',
    'the database does not answer, try again',
    { 'Retry-After': HEADERS.retryAfter, 'X-Request-Id': HEADERS.requestId },
  ),
};

/** The answer to a client that already has the current document. */
export const NOT_MODIFIED: Answer = named('NotModified', {
  description: 'The document is still that of `If-None-Match`; there is no body.',
  headers: { ETag: HEADERS.etag },
});

/** All other errors of any request. */
export const OTHER_REFUSAL = refusal(
  'OtherRefusal',
  'method-not-allowed',
  'Any other error, with the same body: 405 for a method that the URL does not have (`Allow` lists its methods), 408 ' +
    'for a request that takes too long to arrive, 413 for a body that is too large, 414 and 431 for a URL or headers ' +
    'that are too long.',
  'PATCH is not possible here, only GET, HEAD, OPTIONS',
  { Allow: HEADERS.allow },
);
