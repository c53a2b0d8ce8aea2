import pg from 'pg';
import { type Logger } from 'pino';
import { type DataSource, QueryFailedError } from 'typeorm';
import { OperatorError } from './common/errors.js';
import { type AppConfig } from './config/config.js';
import { placeOf } from './postgres/database-url.js';
import { type StorageEngine } from './storage/hypertables/engine.js';
import { prepareStorage } from './storage/schema/prepare-storage.js';
import { classify, reasonOf } from './postgres/sql-errors.js';
import { connect } from './storage/schema/data-source.js';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres/embedded-postgres.js';

/** A database that is connected and migrated. */
export interface OpenDatabase {
  readonly dataSource: DataSource;
  readonly engine: StorageEngine;
  /** Where the data are, for people. */
  readonly place: string;
  /** Stops the database if it is the embedded one and ours to stop. Call it last, after the pool is closed. */
  stop(): Promise<void>;
}

/**
 * Opens the configured database, or starts the embedded one, and brings its schema up to date.
 * @param role whether this process is the server or a command beside it: see `EmbeddedPostgres`.
 * @param signal gives the start up when it is aborted.
 * Throws an `OperatorError`, or `Unavailable` where the database goes away meanwhile; nothing is left running then.
 */
export async function openDatabase(
  config: AppConfig,
  role: EmbeddedPostgresOptions['role'],
  logger: Logger,
  signal?: AbortSignal,
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config, role, logger, signal) : undefined;
  const url = embedded?.url ?? config.databaseUrl ?? '';
  let dataSource: DataSource | undefined;
  let stopping = false;
  try {
    const onWait = (message: string): void => {
      logger.warn(message);
    };
    const onPoolError = (error: Error): void => {
      // The pool does not wait for its last sockets when it closes.
      if (stopping) return;
      // Not the error itself: pg hangs the whole client on it.
      logger.warn(`a connection to the database broke: ${error.message}`);
    };
    dataSource = await connect({ url, poolSize: config.poolSize, onPoolError, onWait, signal });
    const engine = await prepareStorage(dataSource, config.chunkSeconds, { onWait, signal }).catch((error: unknown) => {
      throw refusalOf(error, url);
    });
    return {
      dataSource,
      engine,
      place: embedded ? config.dataDir : `PostgreSQL at ${placeOf(url)}`,
      stop: async () => {
        stopping = true;
        await embedded?.stop();
      },
    };
  } catch (error) {
    stopping = true;
    await dataSource?.destroy().catch(() => undefined);
    await embedded?.stop();
    throw error;
  }
}

/** What a failed statement on the schema means for the admin. One that may succeed later stays as it is. */
function refusalOf(error: unknown, url: string): unknown {
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  if (!(cause instanceof pg.DatabaseError)) return error;
  const remedy = REMEDIES[cause.code ?? ''];
  if (remedy === undefined && classify(cause) !== 'bug') return error;
  return new OperatorError(
    `The database at ${placeOf(url)} cannot be used (${reasonOf(error)}): ${remedy ?? 'is it one for Marigram alone?'}`,
    { cause: error },
  );
}

/** What to do about what PostgreSQL refuses, by SQLSTATE. */
const REMEDIES: Readonly<Record<string, string>> = {
  '42501': 'its user must own the database, or have the right to CREATE in its schema public.',
  '25006': 'DATABASE_URL must lead to a primary, and this one is read-only.',
};

function startEmbedded(
  { dataDir, pgBinDir }: AppConfig,
  role: EmbeddedPostgresOptions['role'],
  logger: Logger,
  signal: AbortSignal | undefined,
): Promise<EmbeddedPostgres> {
  const onEvent = (message: string): void => {
    logger.info(message);
  };
  return EmbeddedPostgres.start({ dataDir, role, onEvent, signal, ...(pgBinDir !== undefined && { pgBinDir }) });
}
