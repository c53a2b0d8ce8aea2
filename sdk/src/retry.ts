import { ApiError, ConnectionError, TimeoutError } from './errors.js';

/** The longest pause between two attempts without a wish of the server. */
const LONGEST_PAUSE_MS = 8_000;

/** A server that wants a longer pause than this is not waited for: its answer is thrown. */
const LONGEST_RETRY_AFTER_S = 60;

/** Too many requests, and the three ways of a server or a proxy before it to say that there is no server right now. */
const PASSING: readonly number[] = [429, 502, 503, 504];

/**
 * Whether the same request may succeed if it is sent again. A timeout is not repeated: it has cost the caller the
 * whole time already, and the archive may still be busy with the first one.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof ApiError) {
    // A repeat that comes while the archive still works on the first one is told to come later.
    const passing = PASSING.includes(error.status) || (error.status === 409 && error.retryAfter !== undefined);
    return passing && (error.retryAfter ?? 0) <= LONGEST_RETRY_AFTER_S;
  }
  return error instanceof ConnectionError && !(error instanceof TimeoutError);
}

/**
 * How long to wait before the next attempt, in milliseconds: doubled each time, never less than the server's
 * `Retry-After`, and by chance up to half of it longer, so that many clients do not come back at the same moment.
 * @param attempt how many attempts there were, at least 1.
 * @param longestMs what doubling ends at.
 */
export function pauseMs(
  attempt: number,
  backoffMs: number,
  retryAfter: number | undefined,
  longestMs = LONGEST_PAUSE_MS,
): number {
  const least = Math.max(Math.min(backoffMs * 2 ** (attempt - 1), longestMs), (retryAfter ?? 0) * 1000);
  return least * (1 + Math.random() / 2);
}

/** How often and after what pauses a call is repeated. */
export interface Retries {
  readonly retries: number;
  /** The pause before the first repeat, doubled each time. */
  readonly backoffMs: number;
}

/**
 * Runs a call, and again where its failure may pass.
 * @param call is given how many attempts there are with this one. What it throws last is thrown, or the signal's reason.
 */
export async function withRetries<T>(
  call: (attempt: number) => Promise<T>,
  { retries, backoffMs }: Retries,
  signal?: AbortSignal,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(attempt);
    } catch (error) {
      if (!isPassing(error) || attempt > retries) throw error;
      await pauseAfter(error, attempt, backoffMs, signal);
    }
  }
}

/** Waits before another attempt, for the error of the last one. @param attempt how many there were. */
export async function pauseAfter(
  error: unknown,
  attempt: number,
  backoffMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  await pause(pauseMs(attempt, backoffMs, error instanceof ApiError ? error.retryAfter : undefined), signal);
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
