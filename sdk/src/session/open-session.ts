import { DataSession } from './data-session.js';
import { checkId, newSessionId } from './id.js';
import { copyOfMeta, type MetaInput, nameIn } from './meta.js';
import { nowMicros } from './now.js';
import { type SessionReport } from './report.js';

/** What is to be known of a test: its name, who runs it, and anything else, which becomes its meta. */
export type Job = MetaInput & {
  readonly name?: string | undefined;
  /** The user of the key unless given. */
  readonly operator?: string | undefined;
};

/** How a session counts. */
export interface SessionOptions {
  /** `job_` and a random UUID unless given. */
  id?: string | undefined;
  /** µs since 1970-01-01 UTC: now unless given. It can't be changed later: seconds are counted from it. */
  testStart?: number | undefined;
  /** How `put` and `testEnd` count: µs since 1970 (`absolute`, unless given), or since `testStart`. */
  time?: 'absolute' | 'relative' | undefined;
  /** What a NaN does among numbers that are put: an error unless given; `skip` leaves the point out. */
  onNaN?: 'throw' | 'skip' | undefined;
}

/** A start below this, in the year 1973, is likely meant in seconds or milliseconds. */
const LIKELY_MICROS = 1e14;

/**
 * Begins a session: nothing is sent before a backend is subscribed. Rejects with a `RangeError` or a `TypeError` for what
 * an archive would refuse: an invalid id or start, a meta of more than 64 KiB.
 */
export async function dataSession(job: Job = {}, options: SessionOptions = {}): Promise<DataSession> {
  const { name, operator, ...rest } = job;
  const { id = newSessionId(), testStart = nowMicros(), time = 'absolute', onNaN = 'throw' } = options;
  if (!Number.isSafeInteger(testStart))
    throw new RangeError(`testStart: expected integer microseconds, got ${testStart}`);
  if (Math.abs(testStart) < LIKELY_MICROS && testStart !== 0)
    process.emitWarning(
      `testStart ${testStart} is ${new Date(testStart / 1000).toISOString()}: it is counted in microseconds`,
    );
  if (operator !== undefined && typeof operator !== 'string') throw new TypeError('operator: expected a text');
  const info = {
    id: checkId('id', id),
    name: nameIn('the session', { name: name ?? null }),
    operator,
    testStart,
    meta: copyOfMeta('the session', rest),
  };
  return Promise.resolve(
    new DataSession(info, { offset: time === 'relative' ? testStart : 0, skipsNaN: onNaN === 'skip' }),
  );
}

/**
 * Runs a test in a session of its own, and closes it; a session whose test throws is interrupted, and the error thrown on.
 * @returns what became of the data.
 */
export async function runSession(
  job: Job,
  options: SessionOptions,
  test: (session: DataSession) => void | Promise<void>,
): Promise<SessionReport> {
  const session = await dataSession(job, options);
  try {
    await test(session);
  } catch (error) {
    await session.interrupt();
    throw error;
  }
  return session.close();
}
