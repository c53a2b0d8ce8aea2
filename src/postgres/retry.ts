import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectionLost, Contention } from './unavailable.js';

/** Which failures of some work are worth another attempt, how many attempts there are, and the pause between them. */
export interface RetryPolicy {
  /** Attempts in all; without a limit unless given. */
  readonly attempts?: number;
  /** No attempt begins later than so many milliseconds after the first; without a limit unless given. */
  readonly withinMs?: number;
  /** After a failed attempt (counted from 1), in milliseconds; 0 unless given. */
  readonly pauseMs?: number | ((attempt: number) => number);
  /** @param attempt which one failed, counted from 1. */
  readonly isWorthRetrying: (error: unknown, attempt: number) => boolean;
}

/** What else happens between two attempts. */
export interface RetryOptions {
  /** Prepares the next attempt, before the pause; what it throws ends the attempts. */
  readonly beforeNext?: (error: unknown, attempt: number) => void | Promise<void>;
  /** Ends the pause and the attempts; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` until it succeeds, or until the policy allows no further attempt; then what the last one threw is thrown.
 */
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

/** A transaction that others were in the way of, or whose connection broke before its commit. */
export const TRANSACTION: RetryPolicy = {
  attempts: 5,
  isWorthRetrying: (error) => error instanceof Contention || error instanceof ConnectionLost,
};

/** A table that is wanted alone and that others are using: they get on in the pauses. */
const BUSY_TABLE: RetryPolicy = {
  attempts: 10,
  pauseMs: 300,
  isWorthRetrying: (error) => error instanceof Contention,
};

/** For SQL, the time to wait for the lock of a table that is wanted alone: whoever comes meanwhile waits too. */
export const LOCK_TIMEOUT = `'1s'`;

/** Runs `work`, which wants a table alone, again while others use the table; `undefined` where they do not stop. */
export async function retryWhileLocked<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await retry(BUSY_TABLE, work);
  } catch (error) {
    if (error instanceof Contention) return undefined;
    throw error;
  }
}
