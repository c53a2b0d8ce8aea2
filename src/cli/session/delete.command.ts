import { OperatorError } from '../../common/errors.js';
import { plain } from '../get/quantity.js';
import { type ArchiveOptions, withSessions } from './connection.js';

/** Whether to delete, or only to say what would be deleted. */
export interface DeleteSessionOptions extends ArchiveOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Deletes a session with all its data. Throws an `OperatorError` without `yes` and `dryRun`. */
export async function deleteSession(env: NodeJS.ProcessEnv, id: string, options: DeleteSessionOptions): Promise<void> {
  if (!options.dryRun && !options.yes)
    throw new OperatorError('Nothing was deleted: look with --dry-run first, then give --yes.');
  await withSessions(env, options, async (sessions) => {
    if (options.dryRun) {
      const { streams, rows } = await sessions.get(id);
      console.log(`Session ${id} has ${plain(rows)} rows in ${plain(streams)} streams; nothing was deleted.`);
      return;
    }
    const { streams, points } = await sessions.delete(id);
    console.log(`Deleted session ${id} with ${plain(points)} kept points in ${plain(streams)} streams.`);
  });
}
