import { plain } from '../get/quantity.js';
import { checkConfirmed } from '../mistakes.js';
import { type ArchiveOptions, withSessions } from './connection.js';

/** Whether to delete, or only to say what would be deleted. */
export interface DeleteSessionOptions extends ArchiveOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** Deletes a session with all its data. Throws an `OperatorError` without `yes` and `dryRun`. */
export async function deleteSession(env: NodeJS.ProcessEnv, id: string, options: DeleteSessionOptions): Promise<void> {
  checkConfirmed(options);
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
