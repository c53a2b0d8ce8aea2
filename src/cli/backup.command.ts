import { stat } from 'node:fs/promises';
import { BackupReader } from '../backup/backup-reader.js';
import { BackupWriter } from '../backup/backup-writer.js';
import { checkBackup } from '../backup/check-backup.js';
import { type Manifest } from '../backup/format.js';
import { makeBackup } from '../backup/make-backup.js';
import { restoreBackup } from '../backup/restore-backup.js';
import { type Progress } from '../jobs/progress.js';
import { Database } from '../postgres/database.js';
import { BackupStore } from '../storage/dump/backup-store.js';
import { RestoreStore } from '../storage/dump/restore-store.js';
import { type StorageEngine } from '../storage/hypertables/engine.js';
import { STORAGE_ENGINE } from '../storage/hypertables/storage-engine.token.js';
import { interruptible } from './interruption.js';
import { ProgressBar } from './progress-bar.js';
import { withDatabase } from './with-database.js';

/** Writes a backup of the archive to a file and prints its content in one line. Throws as `makeBackup` does. */
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
    const manifest = await withBar('Backup', (progress) => makeBackup(store, file, { withKeys, force, ...progress }));
    console.log(`Backed up ${contentsOf(manifest)} of ${place} to ${file} (${await sizeOf(file)}).`);
  });
}

/** Fills the empty archive from a backup and prints its content in one line. Throws as `restoreBackup` does. */
export async function restore(env: NodeJS.ProcessEnv, file: string): Promise<void> {
  // Checked before a database is started.
  await (await BackupReader.open(file)).close();
  await withDatabase(env, async (app, place) => {
    const store = new RestoreStore(app.get(Database), app.get<StorageEngine>(STORAGE_ENGINE));
    const { manifest } = await withBar('Restore', (progress) => restoreBackup(store, file, progress));
    console.log(`Restored ${contentsOf(manifest)} from ${file} to ${place}.`);
  });
}

/** Verifies a backup without a database and prints its content in one line. Throws as `checkBackup` does. */
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

/** The content of a backup in words: `2 metadata, 3 series, 1,000 loose points, 20 segments and 80 rollups`. */
function contentsOf({ tables }: Manifest): string {
  const count = (table: string, name: string): string => `${(tables[table]?.rows ?? 0).toLocaleString('en')} ${name}`;
  const parts = [
    count('metadata', 'metadata'),
    count('series', 'series'),
    count('point', 'loose points'),
    count('segment', 'segments'),
    count('rollup', 'rollups'),
    ...(tables['api_key'] ? [count('api_key', 'keys')] : []),
  ];
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1) ?? ''}`;
}

/** The length of a file in words: `12.3 MB`. */
async function sizeOf(file: string): Promise<string> {
  const { size } = await stat(file);
  const unit =
    size < 1e6 ? { name: 'kB', bytes: 1e3 } : size < 1e9 ? { name: 'MB', bytes: 1e6 } : { name: 'GB', bytes: 1e9 };
  return `${(size / unit.bytes).toFixed(1)} ${unit.name}`;
}
