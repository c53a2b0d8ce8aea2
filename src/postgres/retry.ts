import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, Contention } from './unavailable.js';

/** Which failures are retried, how often, and after which pause. */
export interface RetryPolicy {
  /** The maximum of attempts, the first included; unlimited by default. */
  readonly attempts?: number;
  /** An attempt that begins later than this after the first one is the last; unlimited by default. */
  readonly withinMs?: number;
  /** The pause after a failed attempt (counted from 1), in milliseconds; 0 by default. */
  readonly pauseMs?: number | ((attempt: number) => number);
  /** @param attempt which one failed, counted from 1. */
  readonly isWorthRetrying: (error: unknown, attempt: number) => boolean;
}

/** Hooks of a retry. */
export interface RetryOptions {
  /** Runs before the pause that precedes the next attempt; an error it throws ends the attempts. */
  readonly beforeNext?: (error: unknown, attempt: number) => void | Promise<void>;
  /** Aborts the attempts and the pause; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Runs `work` until it succeeds or the policy allows no further attempt. Throws what the last attempt threw. */
export async function retry<T>(
  { attempts = Infinity, withinMs = Infinity, pauseMs = 0, isWorthRetrying }: RetryPolicy,
  work: () => Promise<T>,
  { beforeNext, signal }: RetryOptions = {},
): Promise<T> {
  const begun = performance.now();
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const isLast = attempt >= attempts || performance.now() - begun > withinMs;
    try {
      return await work();
    } catch (error) {
      if (isLast || !isWorthRetrying(error, attempt)) throw error;
      await beforeNext?.(error, attempt);
    }
    const pause = typeof pauseMs === 'number' ? pauseMs : pauseMs(attempt);
    if (pause > 0) await sleep(pause, undefined, { signal });
  }
}

/** A transaction that hits a serialization failure, deadlock or lock timeout, or loses its connection before COMMIT. */
export const TRANSACTION: RetryPolicy = {
  attempts: 5,
  isWorthRetrying: (error) => error instanceof Contention || error instanceof ConnectionLost,
};

/** An exclusive lock on a table in use: its users proceed during the pauses. */
const BUSY_TABLE: RetryPolicy = {
  attempts: 10,
  pauseMs: 300,
  isWorthRetrying: (error) => error instanceof Contention,
};

/**
 * How long a statement waits for an exclusive lock: those that come later wait behind it. Longer than PostgreSQL's
 * `deadlock_timeout`, a second, after which it cancels an autovacuum that is in the way.
 */
export const LOCK_TIMEOUT = `'1500ms'`;

/** Retries `work`, which locks a table exclusively, while others use the table; `undefined` if they never stop. */
export async function retryWhileLocked<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await retry(BUSY_TABLE, work);
  } catch (error) {
    if (error instanceof Contention) return undefined;
    throw error;
  }
}
