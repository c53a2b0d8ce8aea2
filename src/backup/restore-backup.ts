import { OperatorError } from '../common/errors.js';
import { BACKUP_TABLES, type BackupTable } from '../storage/dump/backup-store.js';
import { type Hypertable, HYPERTABLE_NAMES, HYPERTABLES, isHypertable } from '../storage/hypertables/hypertables.js';
import { type Filling, type RestoreStore } from '../storage/dump/restore-store.js';
import { BackupReader } from './backup-reader.js';
import { type Contents } from './check-backup.js';
import { ChunkFinder } from './chunk-finder.js';
import { BadBackup, throwDatabaseError, throwFileError } from './backup-errors.js';
import { type Description } from './format.js';
import { type Progress } from '../jobs/progress.js';

/** The chunks that a backup needs in this archive. */
type NeededChunks = ReadonlyMap<Hypertable, ReadonlySet<number>>;

/**
 * Fills an empty archive from a file. The file is read twice: first it is verified and the chunks that it needs are
 * collected, then its rows are stored in one transaction, which is committed only if the file was verified once more.
 * So a bad file is found early, and neither it nor a crash changes anything. Memory stays flat.
 * Throws an `OperatorError` where the archive is not empty, where the file is no complete backup or holds tables or
 * columns that this version does not know, and where the database fails.
 */
export async function restoreBackup(store: RestoreStore, file: string, progress: Progress = {}): Promise<Contents> {
  const size = await BackupReader.size(file);
  const reading = (before: number): Promise<BackupReader> =>
    BackupReader.open(file, (bytes) => progress.onProgress?.(before + bytes, 2 * size));
  try {
    if (!(await store.isEmpty())) throw notEmpty();
    const chunks = await findChunks(store, await reading(0), progress.signal);
    const reader = await reading(size);
    const isFilled = await store
      .fill((filling) => fill(filling, reader, chunks, progress.signal))
      .finally(() => reader.close());
    if (!isFilled) throw notEmpty();
    return { description: reader.description, manifest: reader.contents };
  } catch (error) {
    if (error instanceof BadBackup) throwFileError(file, error);
    return throwDatabaseError(error, 'Nothing was restored');
  }
}

/** Collects the chunks for all rows. Reads the whole file, and so verifies it. */
async function findChunks(store: RestoreStore, reader: BackupReader, signal?: AbortSignal): Promise<NeededChunks> {
  const { description } = reader;
  await refuseUnknown(store, description).catch(async (error: unknown) => {
    await reader.close();
    throw error;
  });
  const finderOf = (table: Hypertable): ChunkFinder =>
    new ChunkFinder(description.tables[table]?.indexOf(HYPERTABLES[table].time) ?? 0, (micros) =>
      store.chunkOf(micros),
    );
  const finders = new Map(HYPERTABLE_NAMES.map((table) => [table, finderOf(table)]));
  for await (const { table, rows } of reader.parts()) {
    signal?.throwIfAborted();
    if (isHypertable(table)) finders.get(table)?.add(rows);
  }
  return new Map([...finders].map(([table, { chunks }]) => [table, chunks]));
}

/** Stores all rows, table by table. */
async function fill(filling: Filling, reader: BackupReader, chunks: NeededChunks, signal?: AbortSignal): Promise<void> {
  for (const [table, numbers] of chunks) await filling.createChunks(table, numbers);
  const parts = reader.parts();
  const counts = new Map<string, number>();
  let part = await parts.next();
  while (part.done !== true) {
    // Checked by refuseUnknown().
    const table = part.value.table as BackupTable;
    const columns = reader.description.tables[table] ?? [];
    const rows = async function* (): AsyncGenerator<Buffer, void, undefined> {
      for (; part.done !== true && part.value.table === table; part = await parts.next()) {
        signal?.throwIfAborted();
        yield part.value.rows;
      }
    };
    counts.set(table, await filling.copyIn(table, columns, rows()));
  }
  await filling.fitSegments();
  for (const [table, count] of counts)
    if (count !== reader.contents.tables[table]?.rows) throw new BadBackup(`some rows of "${table}" are no rows`);
}

/** Refuses unknown tables and columns. Those that the backup lacks stay empty or get their defaults. */
async function refuseUnknown(store: RestoreStore, { tables, marigram }: Description): Promise<void> {
  const known = await store.columns();
  for (const [name, columns] of Object.entries(tables)) {
    const table = BACKUP_TABLES.find((ours) => ours === name);
    const unknown = table ? columns.find((column) => !known[table]?.includes(column)) : name;
    if (unknown !== undefined)
      throw new OperatorError(
        `The backup was made by Marigram ${marigram} and holds "${unknown}", which this version does not know: use that version.`,
      );
  }
}

function notEmpty(): OperatorError {
  return new OperatorError(
    'The archive is not empty, and a backup is restored into an empty one only: give it a new database or DATA_DIR.',
  );
}
