import { BackupWriter } from '../backup/backup-writer.js';
import { makeBackup } from '../backup/make-backup.js';
import { BackupStore } from '../storage/dump/backup-store.js';
import { Database } from '../postgres/database.js';
import { type StorageEngine } from '../storage/hypertables/engine.js';
import { STORAGE_ENGINE } from '../storage/hypertables/storage-engine.token.js';
import { contentsOf, sizeOf } from './backup-summary.js';
import { interruptible } from './interruption.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

/** Writes a backup of the archive to a file, and says in one line what is in it. Throws as `makeBackup` does. */
export async function backup(
  env: NodeJS.ProcessEnv,
  file: string,
  options: { withKeys?: boolean; force?: boolean },
): Promise<void> {
  const { withKeys = false, force = false } = options;
  // Checked before a database is started.
  await BackupWriter.check(file, force);
  await withDatabase(env, async (app, place) => {
    const store = new BackupStore(app.get(Database), app.get<StorageEngine>(STORAGE_ENGINE));
    const bar = new ProgressBar('Backup');
    const manifest = await interruptible((signal) =>
      makeBackup(store, file, { withKeys, force, signal, onProgress: bar.show }),
    ).finally(() => {
      bar.stop();
    });
    console.log(`Backed up ${contentsOf(manifest)} of ${place} to ${file} (${await sizeOf(file)}).`);
  });
}
