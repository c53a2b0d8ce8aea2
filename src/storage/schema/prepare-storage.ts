import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource } from 'typeorm';
import { POINTS_VIEW } from '../../../migrations/points-view.js';
import { OperatorError } from '../../common/errors.js';
import { type Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type EngineName, type StorageEngine } from '../hypertables/engine.js';
import { type Hypertable, HYPERTABLE_NAMES } from '../hypertables/hypertables.js';
import { NativeEngine } from '../hypertables/native-engine.js';
import { TimescaleEngine } from '../hypertables/timescale-engine.js';
import { type WaitOptions } from './data-source.js';
import { StorageInfo } from './storage-info.entity.js';

/** The oldest PostgreSQL that the archive runs on. */
const OLDEST_MAJOR = 15;

const DEFAULT_CHUNK_SECONDS = 30 * 86_400;

/** The pause between two attempts at the lock that another process holds, in milliseconds. */
const LOCK_INTERVAL_MS = 200;

/** The number of the advisory lock; another program on the database is unlikely to use it. */
const MIGRATION_LOCK = 0x6d617269;

/**
 * Migrates the schema and returns the archive's storage engine. The first start chooses and stores the engine and the
 * length of the chunks; later starts use what is stored. An advisory lock lets one of several processes migrate. Each
 * migration is one transaction, and so is the creation of the hypertables that do not exist yet.
 * @param chunkSeconds the wanted length; `undefined` means the stored one (30 days at the first start).
 * Throws an `OperatorError` if the database is too old, or if the stored engine cannot be used or the stored length
 * differs from `chunkSeconds`.
 */
export async function prepareStorage(
  db: Database,
  dataSource: DataSource,
  chunkSeconds: number | undefined,
  wait: WaitOptions = {},
): Promise<StorageEngine> {
  await refuseOldPostgres(db);
  return db.session(async (sql) => {
    await lock(sql, wait);
    try {
      const available = await detectEngine(sql);
      await dataSource.runMigrations({ transaction: 'each' });
      const stored = await dataSource.getRepository(StorageInfo).findOneBy({ id: 1 });
      if (stored) refuseContradiction(stored, available, chunkSeconds);
      const info = stored ?? { id: 1, engine: available, chunkSeconds: chunkSeconds ?? DEFAULT_CHUNK_SECONDS };
      const engine = engineOf(info.engine, info.chunkSeconds);
      if (!stored && engine.name === 'timescale') await db.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
      await createHypertables(db, engine);
      return engine;
    } finally {
      await sql.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
    }
  });
}

/** Acquires the migration lock. PostgreSQL also releases it when the session ends. */
async function lock(sql: Sql, { onWait, signal }: WaitOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const text = 'SELECT pg_try_advisory_lock($1) AS locked';
    const { rows } = await sql.query<{ locked: boolean }>(text, [MIGRATION_LOCK]);
    if (rows[0]?.locked) return;
    if (attempt === 1) onWait?.('waits for another process, which brings the schema of the database up to date');
    await sleep(LOCK_INTERVAL_MS, undefined, { signal });
  }
}

async function refuseOldPostgres(sql: Sql): Promise<void> {
  const { rows } = await sql.query<{ server_version: string }>('SHOW server_version');
  const version = rows[0]?.server_version ?? '';
  if (parseInt(version) < OLDEST_MAJOR)
    throw new OperatorError(`The database is PostgreSQL ${version}, but Marigram needs ${OLDEST_MAJOR} or newer.`);
}

/** TimescaleDB must be preloaded: creating its extension on a server without it kills the connection. */
async function detectEngine(sql: Sql): Promise<EngineName> {
  const { rows } = await sql.query<{ loaded: boolean }>(`
    SELECT current_setting('shared_preload_libraries') ~ '\\mtimescaledb\\M'
       AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS loaded`);
  return rows[0]?.loaded ? 'timescale' : 'native';
}

/**
 * Turns the tables into hypertables that are still plain and empty: all at the first start, those that migrations have
 * added at a later one. Stores the engine with them, in one transaction.
 */
async function createHypertables(db: Database, engine: StorageEngine): Promise<void> {
  const plain: Hypertable[] = [];
  for (const table of HYPERTABLE_NAMES) if (!(await engine.isHypertable(db, table))) plain.push(table);
  if (plain.length === 0) return;
  await db.transaction(async (sql) => {
    for (const table of plain) await engine.createHypertable(sql, table);
    await sql.query(POINTS_VIEW);
    await sql.query(
      'INSERT INTO storage_info (id, engine, chunk_seconds) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING',
      [engine.name, engine.chunkSeconds],
    );
  });
}

function refuseContradiction(info: StorageInfo, available: EngineName, chunkSeconds: number | undefined): void {
  if (info.engine === 'timescale' && available !== 'timescale')
    throw new OperatorError(
      'This archive is stored in TimescaleDB hypertables, but the database has not loaded TimescaleDB: ' +
        "add timescaledb to shared_preload_libraries in the database's configuration and restart the database.",
    );
  if (chunkSeconds !== undefined && chunkSeconds !== info.chunkSeconds)
    throw new OperatorError(
      `CHUNK_INTERVAL asks for chunks of ${chunkSeconds / 3600}h, but this archive was made with ` +
        `${info.chunkSeconds / 3600}h: remove the variable.`,
    );
}

function engineOf(name: string, chunkSeconds: number): StorageEngine {
  if (name === 'timescale') return new TimescaleEngine(chunkSeconds);
  if (name === 'native') return new NativeEngine(chunkSeconds);
  throw new OperatorError(
    `This archive is stored by the engine "${name}", which this version of Marigram does not know.`,
  );
}
