import { setTimeout as sleep } from 'node:timers/promises';
import { asUnavailable } from './database.js';
import { classify } from './sql-errors.js';

/** How long to wait for a table that is wanted alone, for SQL: whoever comes meanwhile waits too. */
export const LOCK_TIMEOUT = `'1s'`;

/** How often a busy table is tried, and the pause between, in milliseconds, in which others get on. */
const ATTEMPTS = 10;
const PAUSE = 300;

/** Tries again what others are in the way of; `undefined` when they stay there. */
export async function retryWhileLocked<T>(work: () => Promise<T>): Promise<T | undefined> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (classify(error) !== 'retry') asUnavailable(error);
      await sleep(PAUSE);
    }
  }
  return undefined;
}
