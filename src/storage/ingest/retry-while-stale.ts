import { setTimeout } from 'node:timers/promises';
import { Unavailable } from '../../common/errors.js';
import { StaleSeries } from '../registry/series-store.js';

/** Attempts of a write whose series keep changing between its look-up and its transaction. */
const ATTEMPTS = 10;

/** The longest pause between two of the later attempts. */
const MAX_PAUSE_MS = 20;

/**
 * Looks series up and writes, again each time that the transaction finds one of them changed or deleted since
 * (`StaleSeries`; nothing is stored then). Throws `Unavailable` after 10 attempts.
 * @param write looks the series up and stores the points.
 * @param forget called before each further attempt: what was looked up is stale.
 */
export async function retryWhileStale<T>(write: () => Promise<T>, forget?: () => void): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await write();
    } catch (error) {
      if (!(error instanceof StaleSeries)) throw error;
      if (attempt >= ATTEMPTS) throw new Unavailable('the metadata keeps changing, try again', 1, { cause: error });
      forget?.();
      // A change that is done needs no pause. Where rivals keep changing it, random pauses let them pass each other.
      if (attempt > ATTEMPTS / 2) await setTimeout(Math.random() * MAX_PAUSE_MS);
    }
}
