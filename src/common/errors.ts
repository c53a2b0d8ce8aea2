import { type ErrorCode, ERRORS } from './error-codes.js';

/**
 * Base of the archive's errors. Each class has the code of its name; the registry of codes has the HTTP status, so that
 * nothing else below the error filter knows HTTP.
 */
export abstract class ArchiveError extends Error {
  abstract readonly code: ErrorCode;
  /** Extra fields of the JSON error body, beside `detail`, `error` and `code`. */
  readonly fields: Readonly<Record<string, unknown>> = {};
  /** Seconds after which a retry makes sense, for the `Retry-After` header. */
  readonly retryAfter?: number;

  /** The HTTP status of the answer. */
  get status(): number {
    return ERRORS[this.code].status;
  }
}

/** The request is malformed or a value is out of its bounds; the message names the field and its position. */
export class Invalid extends ArchiveError {
  readonly code: ErrorCode = 'invalid';
}

/**
 * A part of a body is invalid. Parsers add its position from the inside out (`at`), so that no position is formatted for
 * the many parts that are valid.
 * @param path the position of the part, such as `data item 2, val 1`; empty where that is not known yet.
 */
export class BadPart extends Invalid {
  constructor(
    readonly path: string,
    readonly problem: string,
  ) {
    super(path === '' ? problem : `${path}: ${problem}`);
  }

  /** The error of a part with the position of its container added; any other error stays as it is. */
  static at(place: string, error: unknown): unknown {
    if (!(error instanceof BadPart)) return error;
    return new BadPart(error.path === '' ? place : `${place}, ${error.path}`, error.problem);
  }
}

/** The request needs a key and has none, or has one that is not valid. */
export class Unauthorized extends ArchiveError {
  readonly code = 'unauthorized';
}

/** The key is valid but lacks the scope, or is limited to other measurements. */
export class Forbidden extends ArchiveError {
  readonly code = 'forbidden';
}

/** The resource does not exist. */
export class NotFound extends ArchiveError {
  readonly code = 'not-found';
}

/** The resource exists, but not with this method. */
export class MethodNotAllowed extends ArchiveError {
  readonly code = 'method-not-allowed';
}

/** A point that was not stored because another one is stored at its time (in seconds). */
export interface ConflictingPoint {
  ts: number;
  'event-type': string;
}

/** How many conflicting points an answer names. */
const NAMED_CONFLICTS = 100;

/**
 * Some points were stored already and stay as they are; all others of the request are stored.
 * @param stored points inserted or replaced.
 * @param conflicts the skipped points, in the order of the request; the body names the first 100.
 */
export class Conflict extends ArchiveError {
  readonly code = 'conflict';
  override readonly fields: Readonly<Record<string, unknown>>;

  constructor(message: string, stored: number, conflicts: readonly ConflictingPoint[]) {
    super(message);
    this.fields = { stored, conflicts: conflicts.slice(0, NAMED_CONFLICTS) };
  }
}

/** The request contradicts what is stored; nothing has changed. */
export class StateConflict extends ArchiveError {
  readonly code = 'state-conflict';
}

/** The body is larger than `BODY_LIMIT`, or has more points than `MAX_POINTS`. */
export class TooLarge extends ArchiveError {
  readonly code = 'too-large';

  constructor(message = 'the body is larger than this archive takes (BODY_LIMIT)') {
    super(message);
  }
}

/** A write would make a bin of `categories` count more different values than it may; nothing was stored. */
export class TooManyCategories extends ArchiveError {
  readonly code = 'too-many-categories';
}

/** The route does not accept the body's content type. */
export class UnsupportedMediaType extends ArchiveError {
  readonly code = 'unsupported-media-type';
}

/** The `Idempotency-Key` belongs to another request. */
export class KeyReused extends ArchiveError {
  readonly code = 'key-reused';
}

/** The client has sent more requests than its limit. */
export class TooManyRequests extends ArchiveError {
  readonly code = 'too-many-requests';

  constructor(
    message: string,
    override readonly retryAfter: number,
  ) {
    super(message);
  }
}

/** The archive cannot answer now (the database is away, say); the same request may succeed later. */
export class Unavailable extends ArchiveError {
  readonly code: ErrorCode = 'unavailable';
  override readonly retryAfter: number;

  constructor(message: string, retryAfter = 1, options?: ErrorOptions) {
    super(message, options);
    this.retryAfter = retryAfter;
  }
}

/** The archive has as much to do at once as it takes (requests, bodies, the write queue); nothing was stored. */
export class Overloaded extends Unavailable {
  override readonly code = 'overloaded';
}

/** The program cannot start: one sentence for the admin, shown without a stack trace; the exit code is 1. */
export class OperatorError extends Error {
  readonly exitCode: number = 1;
}

/** The same command may succeed later; the exit code is EX_TEMPFAIL of sysexits.h. */
export class TryLater extends OperatorError {
  override readonly exitCode = 75;
}
