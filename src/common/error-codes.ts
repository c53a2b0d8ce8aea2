/** What a code of the registry stands for. */
interface ErrorKind {
  /** The HTTP status of the answer. */
  readonly status: number;
  /** `error`: logged with its cause and the request's id. `info`: only the answered request is logged. */
  readonly level: 'info' | 'error';
  /** One sentence for clients, the same as in docs/errors.md. */
  readonly meaning: string;
}

/**
 * All errors that an answer can carry, by the `code` of its body. Codes are stable: clients decide by them, people read
 * `detail`. A class of errors.ts has the code of its name (`KeyReused`: `key-reused`); the codes without a class are
 * those of the HTTP server itself. Of several codes with one status, the first is the general one.
 */
export const ERRORS = {
  invalid: {
    status: 400,
    level: 'info',
    meaning: 'The request is malformed, or a value is out of its bounds.',
  },
  'unknown-event-type': {
    status: 400,
    level: 'info',
    meaning: 'No event type has this name, neither a built-in nor a declared one.',
  },
  unauthorized: {
    status: 401,
    level: 'info',
    meaning: 'A key is needed and absent, or the given one is unknown, expired or revoked.',
  },
  forbidden: {
    status: 403,
    level: 'info',
    meaning: 'The key is valid, but lacks the scope or may not write to these measurements.',
  },
  'not-found': {
    status: 404,
    level: 'info',
    meaning: 'The URL, the resource or its `format` does not exist.',
  },
  'method-not-allowed': {
    status: 405,
    level: 'info',
    meaning: 'The URL exists, but not with this method.',
  },
  'request-timeout': {
    status: 408,
    level: 'info',
    meaning: 'The request took too long to arrive.',
  },
  conflict: {
    status: 409,
    level: 'info',
    meaning: 'Some points were stored already and stay as they are; all others of the request are stored.',
  },
  'state-conflict': {
    status: 409,
    level: 'info',
    meaning: 'The request contradicts what is stored; nothing has changed.',
  },
  'too-large': {
    status: 413,
    level: 'info',
    meaning: 'The body is larger than `BODY_LIMIT`, or has more points than `MAX_POINTS`.',
  },
  'uri-too-long': {
    status: 414,
    level: 'info',
    meaning: 'A part of the URL is longer than the server reads.',
  },
  'unsupported-media-type': {
    status: 415,
    level: 'info',
    meaning: 'The body has a content type or an encoding that the route does not take.',
  },
  'expectation-failed': {
    status: 417,
    level: 'info',
    meaning: 'The `Expect` header asks for something other than `100-continue`.',
  },
  'key-reused': {
    status: 422,
    level: 'info',
    meaning: 'The `Idempotency-Key` belongs to another request.',
  },
  'too-many-categories': {
    status: 422,
    level: 'info',
    meaning: 'A bin of `categories` would count more than 100,000 different values; nothing was stored.',
  },
  'too-many-requests': {
    status: 429,
    level: 'info',
    meaning: 'The key or the address has sent more requests in this minute than its limit.',
  },
  'headers-too-large': {
    status: 431,
    level: 'info',
    meaning: 'The headers of the request are larger than the server reads.',
  },
  'internal-error': {
    status: 500,
    level: 'error',
    meaning: 'A bug in the server.',
  },
  unavailable: {
    status: 503,
    level: 'error',
    meaning: 'The database, or another service that the request needs, cannot answer now.',
  },
  overloaded: {
    status: 503,
    level: 'error',
    meaning: 'The server has as much to do at once as it takes; nothing was stored.',
  },
  'statement-timeout': {
    status: 503,
    level: 'error',
    meaning: 'The database took longer than `STATEMENT_TIMEOUT`.',
  },
  'disk-full': {
    status: 503,
    level: 'error',
    meaning: 'The disk of the database is full, so that nothing can be stored.',
  },
  'commit-unknown': {
    status: 503,
    level: 'error',
    meaning: 'The connection was lost during the commit: the data may be stored or not.',
  },
} as const satisfies Readonly<Record<string, ErrorKind>>;

/** The stable name of an error, `code` in the body of an answer. */
export type ErrorCode = keyof typeof ERRORS;

/** All codes, in the order of their statuses. */
export const ERROR_CODES = Object.keys(ERRORS) as readonly ErrorCode[];

/** The code of an error of which only the status is known; the general code if the status has no special one. */
export function codeOfStatus(status: number): ErrorCode {
  const code = ERROR_CODES.find((name) => ERRORS[name].status === status);
  return code ?? (status < 500 ? 'invalid' : 'internal-error');
}
