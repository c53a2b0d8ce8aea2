import { Overloaded, Unavailable } from '../common/errors.js';
import { HOLD_MS } from '../http/held-refusals.js';
import { retry, type RetryPolicy } from '../postgres/retry.js';

/** While the queue is full or the database away. */
const AWAY: RetryPolicy = {
  withinMs: HOLD_MS,
  pauseMs: 200,
  isWorthRetrying: (error) => error instanceof Unavailable,
};

/**
 * Does some work, again while the archive has too much to do or its database is away, for at most 4 seconds. Throws what
 * the work throws; `Overloaded` where it is not done in time: an attempt that is under way goes on then, and no other one
 * begins.
 * @param work may run several times; its signal is aborted when the time is over.
 */
export async function hold<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const late = new AbortController();
  const { signal } = late;
  const isLate = new Promise<never>((_, fail) => {
    signal.addEventListener('abort', () => {
      fail(signal.reason as Error);
    });
  });
  const timer = setTimeout(() => {
    late.abort(new Overloaded('the archive has too much to do at once, try again soon'));
  }, HOLD_MS);
  try {
    return await Promise.race([isLate, retry(AWAY, () => work(signal), { signal })]);
  } finally {
    clearTimeout(timer);
  }
}
