import { ApiError, ConnectionError, TimeoutError } from './errors.js';

/** The maximum pause between attempts if the server sends no `Retry-After`, plus the random part. */
const MAX_PAUSE_MS = 8_000;

/** The maximum `Retry-After` to wait for; if it is longer, the error is thrown. */
const MAX_RETRY_AFTER_SECONDS = 60;

/** Too many requests, and the three statuses for a server that is unavailable, from itself or a proxy. */
const PASSING: readonly number[] = [429, 502, 503, 504];

/**
 * Whether the same request may succeed if it is repeated. A timeout is not repeated: it has already cost the caller the
 * whole time, and the archive may still be working on the first attempt.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) {
    // The archive answers so to a repeat while it is still working on the first attempt.
    const passing = PASSING.includes(error.status) || (error.status === 409 && error.retryAfter !== undefined);
    return passing && (error.retryAfter ?? 0) <= MAX_RETRY_AFTER_SECONDS;
  }
  return error instanceof ConnectionError && !(error instanceof TimeoutError);
}

/**
 * The pause before the next attempt, in milliseconds: doubled each time, at least the server's `Retry-After`, and up to
 * half longer at random, so that many clients do not return at the same time.
 * @param attempt the number of attempts so far, at least 1.
 */
export function pauseMs(attempt: number, backoffMs: number, retryAfter: number | undefined): number {
  const least = Math.max(Math.min(backoffMs * 2 ** (attempt - 1), MAX_PAUSE_MS), (retryAfter ?? 0) * 1000);
  return least * (1 + Math.random() / 2);
}

/** Waits; rejects with the signal's reason when that aborts before. */
export async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      // The reason is whatever the caller aborted with.
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** The seconds of a `Retry-After` header, which may be a number or a date. */
export function parseRetryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - Date.now()) / 1000);
}
