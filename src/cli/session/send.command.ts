import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ArchiveBackend, type ResumeReport } from 'marigram-client/session';
import { OperatorError, TryLater } from '../../common/errors.js';
import { refusesKey, usable } from '../get/connection.js';
import { plain } from '../get/quantity.js';
import { type Destination } from '../http-target.js';
import { interruptible } from '../interruption.js';
import { ProgressBar } from '../progress-bar.js';
import { printable } from '../text-table.js';
import { destinationOf } from '../write-over-http.js';
import { type ArchiveOptions } from './connection.js';

/** The options of `marigram session send`. */
export interface SendOptions extends ArchiveOptions {
  readonly watch?: boolean;
  readonly interrupt?: boolean;
}

/** Repeats of a request before `send` gives up: about 15 s. */
const RETRIES = 6;

const WATCH_INTERVAL_MS = 5000;

const INTERRUPTED = 'Interrupted: what was not sent is still in the spool.';

/**
 * Sends what lies in a spool and prints a line for each session. Throws a `TryLater` where the archive is away, and an
 * `OperatorError` where it refuses the key, or refused something.
 */
export async function sendSpool(env: NodeJS.ProcessEnv, directory: string, options: SendOptions): Promise<void> {
  const to = await destinationOf(env, options);
  usable(to.url, () => new ArchiveBackend(to));
  const isThere = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) throw new OperatorError(`${directory} is no directory.`);
  await interruptible(async (signal) => {
    if (options.watch) {
      await watch(to, directory, options, signal);
      return;
    }
    const reports = await sendOnce(to, directory, options, signal);
    for (const report of reports) console.log(printable(lineOf(report)));
    signal.throwIfAborted();
    conclude(to, directory, reports);
  }, INTERRUPTED);
}

/** Sends whatever comes until the signal, and prints what is new. */
async function watch(to: Destination, directory: string, options: SendOptions, signal: AbortSignal): Promise<void> {
  let printed = new Set<string>();
  do {
    const lines = (await sendOnce(to, directory, options, signal)).map(lineOf);
    for (const line of lines) if (!printed.has(line)) console.log(printable(line));
    printed = new Set(lines);
  } while (await pauseUnless(signal));
}

async function sendOnce(
  to: Destination,
  directory: string,
  { watch = false, interrupt = false }: SendOptions,
  signal: AbortSignal,
): Promise<ResumeReport[]> {
  const bar = new ProgressBar('Send');
  const refused = new AbortController();
  const onProblem = (problem: Error): void => {
    console.error(`marigram: ${printable(problem.message)}`);
    // With --watch the key may be mended meanwhile.
    if (!watch && refusesKey(problem)) refused.abort(problem);
  };
  try {
    return await ArchiveBackend.resume(directory, {
      ...to,
      ...{ onProblem, signal: AbortSignal.any([signal, refused.signal]) },
      unfinished: interrupt ? 'interrupt' : 'leave',
      onProgress: (_session, done, total) => {
        bar.show(done, total);
      },
      ...(!watch && { retries: RETRIES }),
    });
  } finally {
    bar.stop();
  }
}

function conclude({ url }: Destination, directory: string, reports: readonly ResumeReport[]): void {
  if (reports.length === 0) console.log(`Nothing waits in ${directory}.`);
  const problem = reports.find(({ error }) => error)?.error;
  if (reports.some(({ status }) => status === 'spooled') && !refusesKey(problem))
    throw new TryLater(`${url} cannot store it now. Run the same command again later.`);
  if (reports.some(({ status }) => status !== 'complete'))
    throw new OperatorError(`${url} refuses some of it. What it refuses stays in ${directory}.`);
}

function lineOf({ session, status, rows, pending, refused, isEnded }: ResumeReport): string {
  const counts = [`${plain(rows)} points sent`];
  if (pending > 0) counts.push(`${plain(pending)} wait`);
  if (refused > 0) counts.push(`${plain(refused)} refused`);
  if (!isEnded) counts.push('its program has not ended it');
  return `${session}: ${status} (${counts.join(', ')})`;
}

/** Waits for the next round; false where the signal has ended it. */
async function pauseUnless(signal: AbortSignal): Promise<boolean> {
  await sleep(WATCH_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}
