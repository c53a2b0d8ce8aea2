import { Unavailable } from '../../common/errors.js';
import { retry, type RetryPolicy } from '../../postgres/retry.js';
import { StaleSeries } from '../registry/series-store.js';

/** The longest pause between two of the later attempts. */
const MAX_PAUSE_MS = 20;

/**
 * A write whose series keep changing between its look-up and its transaction. A change that is done needs no pause; where
 * rivals keep changing it, random pauses let them pass each other.
 */
const STALE_SERIES: RetryPolicy = {
  attempts: 10,
  pauseMs: (attempt) => (attempt > 5 ? Math.random() * MAX_PAUSE_MS : 0),
  isWorthRetrying: (error) => error instanceof StaleSeries,
};

/**
 * Looks series up and writes, again each time that the transaction finds one of them changed or deleted since
 * (`StaleSeries`; nothing is stored then). Throws `Unavailable` after 10 attempts.
 * @param write looks the series up and stores the points.
 * @param forget called before each further attempt: what was looked up is stale.
 */
export async function retryWhileStale<T>(write: () => Promise<T>, forget?: () => void): Promise<T> {
  try {
    return await retry(STALE_SERIES, write, forget && { beforeNext: forget });
  } catch (error) {
    if (!(error instanceof StaleSeries)) throw error;
    throw new Unavailable('the metadata keeps changing, try again', 1, { cause: error });
  }
}
