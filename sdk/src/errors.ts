/** Everything that can go wrong between this client and an archive; catch this class to catch them all. */
export class ArchiveError extends Error {
  override readonly name: string = 'ArchiveError';
}

/** What is known of an answer that was a refusal. */
export interface Refusal {
  readonly status: number;
  readonly detail: string;
  readonly method: string;
  readonly url: string;
  readonly retryAfter?: number | undefined;
  readonly requestId?: string | undefined;
}

/** The archive answered, but not with what was asked for: a refusal (4xx), a failure (5xx), or no JSON of an archive. */
export class ApiError extends ArchiveError {
  override readonly name: string = 'ApiError';
  /** The HTTP status; 200 or 201 where the answer came from something that is no measurement archive. */
  readonly status: number;
  /** The archive's sentence about it; it names the field and its position. */
  readonly detail: string;
  /** The method and URL of the request; a key is in neither. */
  readonly method: string;
  readonly url: string;
  /** Seconds after which a repeat makes sense, where the archive says so. */
  readonly retryAfter: number | undefined;
  /** The name of this request in the archive's log, where the failure is the archive's. */
  readonly requestId: string | undefined;

  constructor(refusal: Refusal) {
    super(`${refusal.method} ${refusal.url}: ${refusal.status}, ${refusal.detail}`);
    this.status = refusal.status;
    this.detail = refusal.detail;
    this.method = refusal.method;
    this.url = refusal.url;
    this.retryAfter = refusal.retryAfter;
    this.requestId = refusal.requestId;
  }
}

/** A point that was not stored, because another one is stored at its time. */
export interface Conflict {
  readonly eventType: string;
  /** Seconds since 1970-01-01 UTC. */
  readonly ts: number;
}

/**
 * Some points of a write were there already, and stay as they are; all others of the write are stored (409). From an
 * esmond, which does not say what it has stored, this is an `ApiError` with status 409.
 */
export class ConflictError extends ApiError {
  override readonly name: string = 'ConflictError';
  /** How many points were stored or replaced. */
  readonly stored: number;
  /** The points that were not, in the order of the request; the archive names the first 100. */
  readonly conflicts: readonly Conflict[];
  /**
   * Whether the write was sent more than once, because the first time had no answer, or no good one. From an archive that
   * does not know `Idempotency-Key`, the points may be there because of this very write.
   */
  repeated = false;

  constructor(refusal: Refusal, what: { stored: number; conflicts: readonly Conflict[] }) {
    super(refusal);
    this.stored = what.stored;
    this.conflicts = what.conflicts;
  }
}

/** There is no answer, or it broke off: nobody listens, the connection is lost, a browser forbids it. See `cause`. */
export class ConnectionError extends ArchiveError {
  override readonly name: string = 'ConnectionError';
}

/** No answer, or no further piece of a stream, came in the time allowed. A write may have been stored, or not. */
export class TimeoutError extends ConnectionError {
  override readonly name: string = 'TimeoutError';
}
