import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, ArchiveError } from 'marigram-client';
import { ArchiveBackend, type DataSession, dataSession, Sessions } from 'marigram-client/session';
import { OperatorError } from '../../../common/errors.js';
import { usable } from '../../get/connection.js';
import { type Destination } from '../../http-target.js';
import { printable } from '../../text-table.js';
import { type ArchiveOptions } from '../connection.js';

/** A session to begin. */
export interface NewSessionOptions extends ArchiveOptions {
  readonly name: string;
  readonly id?: string;
  readonly meta?: [string, string][];
  /** The directory in which its points wait for the archive. */
  readonly spool: string;
  /** Whether the archive keeps points, not only summaries. */
  readonly raw: boolean;
}

/** How long an archive that is there may take to know the session. */
const KNOWN_WITHIN_MS = 10_000;

const POLL_MS = 50;

/**
 * Begins a session; resolves when the archive knows it, or is away. Throws an `OperatorError` where it refuses the session:
 * nothing is left of it then.
 */
export async function openSession(
  to: Destination,
  { name, id, meta = [], spool, raw }: NewSessionOptions,
): Promise<DataSession> {
  const backend = usable(
    to.url,
    () =>
      new ArchiveBackend({
        ...to,
        ...{ spoolDir: spool, storeRaw: raw },
        onProblem: ({ message }) => {
          console.error(`marigram: ${printable(message)}`);
        },
      }),
  );
  const session = await dataSession({ ...Object.fromEntries(meta), name }, { id }).catch((error: unknown) => {
    throw error instanceof RangeError || error instanceof TypeError ? new OperatorError(`${error.message}.`) : error;
  });
  session.subscribe(backend);
  // Resolves when the spool is open.
  await session.updateJob({});
  const [failed] = session.failed;
  if (failed) throw new OperatorError(`The session cannot be spooled: ${failed.error.message}.`);
  try {
    await untilKnown(to, session);
  } catch (error) {
    await session.interrupt({ timeoutMs: 0 });
    await rm(join(spool, session.id), { recursive: true, force: true });
    throw error;
  }
  return session;
}

/** Waits until the archive has the session, so that the program can write to it by itself. */
async function untilKnown({ url, apiKey }: Destination, { id, testStart }: DataSession): Promise<void> {
  const sessions = new Sessions(url, { apiKey, retries: 0 });
  for (const begin = Date.now(); Date.now() - begin < KNOWN_WITHIN_MS;) {
    try {
      const known = await sessions.get(id);
      if (known['test-start'] === testStart) return;
      throw new OperatorError(`${url} has a session ${id} already: give another --id.`);
    } catch (error) {
      if (!(error instanceof ArchiveError)) throw error;
      if (!(error instanceof ApiError) || error.status >= 500) return;
      if (error.status !== 404 || error.code === undefined)
        throw new OperatorError(`${url} refuses the session: ${printable(error.detail)}.`, { cause: error });
      await sleep(POLL_MS);
    }
  }
}
