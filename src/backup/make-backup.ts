import { BACKUP_TABLES, isAccess, type BackupStore } from '../storage/dump/backup-store.js';
import { BackupWriter } from './backup-writer.js';
import { throwDatabaseError } from './backup-errors.js';
import { type Description, FORMAT, FORMAT_VERSION, type Manifest } from './format.js';
import { programVersion } from '../common/program-version.js';
import { type Progress } from '../jobs/progress.js';

/** How to make a backup. */
export interface BackupOptions extends Progress {
  /** Whether the digests of the API keys are part of it. */
  withKeys: boolean;
  /** Whether an existing file is replaced. */
  force: boolean;
}

/**
 * Writes a consistent state of the archive to a file, beside readers and writers, and returns its manifest. The file
 * gets its name only when it is complete. Memory stays flat.
 * Throws an `OperatorError` where the file can't be written or the database is away; no part of the file remains then.
 */
export async function makeBackup(store: BackupStore, file: string, options: BackupOptions): Promise<Manifest> {
  const tables = BACKUP_TABLES.filter((table) => options.withKeys || !isAccess(table));
  let writer: BackupWriter | undefined;
  try {
    await store.snapshot(tables, async (snapshot) => {
      const { made, engine, chunkSeconds, postgres, columns } = snapshot;
      const description: Description = {
        format: FORMAT,
        version: FORMAT_VERSION,
        made: made.toISOString(),
        marigram: programVersion(),
        engine,
        chunkSeconds,
        postgres,
        tables: Object.fromEntries(tables.map((table) => [table, columns[table] ?? []])),
      };
      writer = await BackupWriter.begin(file, options.force, description);
      let done = 0;
      for (const table of tables) {
        let passed = 0;
        await writer.add(table, snapshot.rows(table), (rows) => {
          options.signal?.throwIfAborted();
          passed = rows;
          options.onProgress?.(done + passed, Math.max(snapshot.estimatedRows, done + passed));
        });
        done += passed;
      }
    });
    if (!writer) throw new Error('the snapshot was not used');
    return await writer.finish();
  } catch (error) {
    await writer?.discard();
    return throwDatabaseError(error, 'No backup was made');
  }
}
