/** Everything that can go wrong between this client and an archive; catch this class to catch them all. */
export class ArchiveError extends Error {
  override readonly name: string = 'ArchiveError';
}

/** What is known of an answer that was a refusal. */
export interface Refusal {
  readonly status: number;
  readonly code?: string | undefined;
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
  /**
   * The stable name of the error, to decide by, such as `key-reused` (docs/errors.md lists them); `undefined` where the
   * answer has none: an esmond's, a proxy's, an older archive's.
   */
  readonly code: string | undefined;
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
    this.code = refusal.code;
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
  /** How many points were dropped: their event type is not registered, or they are older than the archive keeps. */
  readonly dropped: number;
  /** The points that were there already, in the order of the request; the archive names the first 100. */
  readonly conflicts: readonly Conflict[];
  /**
   * Whether the write was sent more than once, because the first time had no answer, or no good one. From an archive that
   * does not know `Idempotency-Key`, the points may be there because of this very write.
   */
  repeated = false;

  constructor(refusal: Refusal, what: { stored: number; dropped: number; conflicts: readonly Conflict[] }) {
    super(refusal);
    this.stored = what.stored;
    this.dropped = what.dropped;
    this.conflicts = what.conflicts;
  }
}

/**
 * A write took place, but not all of its points are stored as they were sent (`strict`). The others are stored; a repeat
 * would change nothing.
 */
export class DroppedError extends ArchiveError {
  override readonly name: string = 'DroppedError';

  /** @param reason in the archive's words, with the number of points for each; empty where none was dropped. */
  constructor(
    /** How many points were stored or replaced. */
    readonly stored: number,
    /** How many points were dropped: their event type is not registered, or they are older than the archive keeps. */
    readonly dropped: number,
    readonly reason: string,
    /** How many points were stored without the fraction of a number that must be an integer. */
    readonly cut: number,
  ) {
    const parts = [
      ...(dropped > 0 ? [`${dropped} dropped (${reason})`] : []),
      ...(cut > 0 ? [`${cut} stored without a fraction`] : []),
    ];
    super(`not all points were stored as sent: ${parts.join(', ')}`);
  }

  /** What the headers of an answer tell; `undefined` where all points were stored as they were sent. */
  static of(headers: Headers): DroppedError | undefined {
    const count = (name: string): number => Number(headers.get(name) ?? 0);
    const [dropped, cut] = [count('marigram-dropped'), count('marigram-cut')];
    if (dropped === 0 && cut === 0) return undefined;
    return new DroppedError(count('marigram-stored'), dropped, headers.get('marigram-dropped-reason') ?? '', cut);
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
