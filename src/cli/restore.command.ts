import { BackupReader } from '../backup/backup-reader.js';
import { checkBackup } from '../backup/check-backup.js';
import { restoreBackup } from '../backup/restore-backup.js';
import { type Progress } from '../jobs/progress.js';
import { Database } from '../postgres/database.js';
import { type StorageEngine } from '../storage/hypertables/engine.js';
import { RestoreStore } from '../storage/dump/restore-store.js';
import { STORAGE_ENGINE } from '../storage/hypertables/storage-engine.token.js';
import { contentsOf } from './backup-summary.js';
import { interruptible } from './interruption.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

/** Fills the empty archive from a backup, and says in one line with what. Throws as `restoreBackup` does. */
export async function restore(env: NodeJS.ProcessEnv, file: string): Promise<void> {
  // Checked before a database is started.
  await (await BackupReader.open(file)).close();
  await withDatabase(env, async (app, place) => {
    const store = new RestoreStore(app.get(Database), app.get<StorageEngine>(STORAGE_ENGINE));
    const { manifest } = await withBar('Restore', (progress) => restoreBackup(store, file, progress));
    console.log(`Restored ${contentsOf(manifest)} from ${file} to ${place}.`);
  });
}

/** Verifies a backup without a database, and says in one line what is in it. Throws as `checkBackup` does. */
export async function checkFile(file: string): Promise<void> {
  const { description, manifest } = await withBar('Check', (progress) => checkBackup(file, progress));
  const { made, marigram } = description;
  console.log(`${file} is complete: ${contentsOf(manifest)}, as of ${made}, by Marigram ${marigram}.`);
}

function withBar<T>(what: string, work: (progress: Progress) => Promise<T>): Promise<T> {
  const bar = new ProgressBar(what);
  return interruptible((signal) => work({ signal, onProgress: bar.show })).finally(() => {
    bar.stop();
  });
}
