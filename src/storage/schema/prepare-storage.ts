import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type QueryRunner } from 'typeorm';
import { OperatorError } from '../../common/errors.js';
import { type EngineName, type StorageEngine } from '../hypertables/engine.js';
import { HYPERTABLE_NAMES } from '../hypertables/hypertables.js';
import { NativeEngine } from '../hypertables/native-engine.js';
import { type Sql } from '../../postgres/sql.js';
import { StorageInfo } from './storage-info.entity.js';
import { TimescaleEngine } from '../hypertables/timescale-engine.js';

/** The oldest PostgreSQL that the archive runs on. */
const OLDEST_MAJOR = 15;

const DEFAULT_CHUNK_SECONDS = 30 * 86_400;

/** How often the lock is tried that another process holds, in milliseconds. */
const PAUSE = 200;

/** Any number that no other program on the database is likely to lock. */
const MIGRATION_LOCK = 0x6d617269;

/**
 * Brings the schema up to date and returns the archive's storage engine. The engine and the length of the chunks are
 * chosen at the first start and stored; later starts follow what is stored. Several processes may start at once:
 * an advisory lock lets one of them migrate. Each migration is one transaction.
 * @param chunkSeconds the length wanted, or `undefined` for what is stored (30 days at the first start).
 * Throws an `OperatorError` where the database is too old, or where what is stored cannot be used or contradicts
 * `chunkSeconds`.
 */
export async function prepareStorage(
  dataSource: DataSource,
  chunkSeconds: number | undefined,
  wait: WaitOptions = {},
): Promise<StorageEngine> {
  const runner = dataSource.createQueryRunner();
  try {
    await refuseOldPostgres(runner);
    await lock(runner, wait);
    const available = await detectEngine(runner);
    await dataSource.runMigrations({ transaction: 'each' });
    const stored = await dataSource.getRepository(StorageInfo).findOneBy({ id: 1 });
    const info = stored ?? (await createHypertables(runner, available, chunkSeconds ?? DEFAULT_CHUNK_SECONDS));
    refuseContradiction(info, available, chunkSeconds);
    return engineOf(info.engine, info.chunkSeconds);
  } finally {
    await runner.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    await runner.release();
  }
}

/** How others are waited for that migrate at the same time. */
export interface WaitOptions {
  /** Told once, with a sentence. */
  readonly onWait?: (message: string) => void;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/** Takes the lock of migrations, which the end of the session gives back. */
async function lock(runner: QueryRunner, { onWait, signal }: WaitOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    const text = 'SELECT pg_try_advisory_lock($1) AS locked';
    const [row] = (await runner.query(text, [MIGRATION_LOCK])) as [{ locked: boolean }];
    if (row.locked) return;
    if (attempt === 1) onWait?.('waits for another process, which brings the schema of the database up to date');
    await sleep(PAUSE, undefined, { signal });
  }
}

async function refuseOldPostgres(runner: QueryRunner): Promise<void> {
  const [row] = (await runner.query('SHOW server_version')) as [{ server_version: string }];
  if (parseInt(row.server_version) < OLDEST_MAJOR)
    throw new OperatorError(
      `The database is PostgreSQL ${row.server_version}, but Marigram needs ${OLDEST_MAJOR} or newer.`,
    );
}

/** TimescaleDB must be preloaded: to create its extension on a server that did not load it kills the connection. */
async function detectEngine(runner: QueryRunner): Promise<EngineName> {
  const [row] = (await runner.query(`
    SELECT current_setting('shared_preload_libraries') ~ '\\mtimescaledb\\M'
       AND EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb') AS loaded`)) as [
    { loaded: boolean },
  ];
  return row.loaded ? 'timescale' : 'native';
}

/** Turns the empty tables into hypertables and stores the choice, all in one transaction. */
async function createHypertables(runner: QueryRunner, name: EngineName, chunkSeconds: number): Promise<StorageInfo> {
  if (name === 'timescale') await runner.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
  const engine = engineOf(name, chunkSeconds);
  const db = (await runner.connect()) as Sql;
  await runner.startTransaction();
  try {
    for (const table of HYPERTABLE_NAMES) await engine.createHypertable(db, table);
    const info = await runner.manager.save(StorageInfo, { id: 1, engine: name, chunkSeconds });
    await runner.commitTransaction();
    return info;
  } catch (error) {
    await runner.rollbackTransaction();
    throw error;
  }
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
