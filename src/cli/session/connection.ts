import { ApiError } from 'marigram-client';
import { Sessions } from 'marigram-client/session';
import { OperatorError } from '../../common/errors.js';
import { archiveUrl } from '../archive-url.js';
import { asking, optionsWith, usable } from '../get/connection.js';
import { printable } from '../text-table.js';
import { keyOf } from '../write-over-http.js';

/** Where an archive is, and the file with the key for it. */
export interface ArchiveOptions {
  readonly url?: string;
  readonly keyFile?: string;
}

/**
 * Runs requests to the sessions of the archive that the options or the environment name. Throws an `OperatorError` where
 * it does not answer or refuses.
 */
export async function withSessions(
  env: NodeJS.ProcessEnv,
  options: ArchiveOptions,
  work: (sessions: Sessions) => Promise<void>,
): Promise<void> {
  const url = archiveUrl(env, options.url);
  const apiKey = await keyOf(env, options);
  const sessions = usable(url, () => new Sessions(url, optionsWith(apiKey)));
  await asking(url, async () => {
    try {
      await work(sessions);
    } catch (error) {
      // What has a code comes from an archive that lacks what was asked for, not from something else.
      if (error instanceof ApiError && error.status === 404 && error.code !== undefined)
        throw new OperatorError(`${url}: ${printable(error.detail)}.`, { cause: error });
      throw error;
    }
  });
}
