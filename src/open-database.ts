import pg from 'pg';
import { type Logger } from 'pino';
import { type DataSource } from 'typeorm';
import { OperatorError } from './common/errors.js';
import { type AppConfig } from './config/config.js';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres/embedded-postgres.js';
import { Database } from './postgres/database.js';
import { placeOf } from './postgres/database-url.js';
import { DiskSpace } from './postgres/disk-space.js';
import { PipelinedPool } from './postgres/pipelined-pool.js';
import { causeOf, classify, reasonOf } from './postgres/sql-errors.js';
import { connect } from './storage/schema/data-source.js';
import { prepareStorage } from './storage/schema/prepare-storage.js';
import { type StorageParts } from './storage/storage.module.js';

/** This program's name in `pg_stat_activity`. */
const APPLICATION_NAME = 'marigram';

/** A database that is connected and migrated. */
export interface OpenDatabase extends StorageParts {
  /** TypeORM, which has a small pool of its own. */
  readonly dataSource: DataSource;
  /** Where the data are, for messages. */
  readonly place: string;
  /** Closes all connections, and stops the embedded database if this process owns it. Call it last. */
  stop(): Promise<void>;
}

/**
 * Opens the configured database, or starts the embedded one, and migrates its schema.
 * @param role whether this process is the server or a command beside it: see `EmbeddedPostgres`.
 * @param signal aborts the start.
 * Throws an `OperatorError`, or `Unavailable` if the database goes away meanwhile; then nothing is left running.
 */
export async function openDatabase(
  config: AppConfig,
  role: EmbeddedPostgresOptions['role'],
  logger: Logger,
  signal?: AbortSignal,
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config, role, logger, signal) : undefined;
  const url = embedded?.url ?? config.databaseUrl ?? '';
  const warn = (message: string): void => {
    logger.warn(message);
  };
  const database = databaseOf(config, url, warn);
  const pipelined = new PipelinedPool(url, `${APPLICATION_NAME}-write`);
  let dataSource: DataSource | undefined;
  const stop = async (): Promise<void> => {
    try {
      // Nest has closed it where there was an app.
      if (dataSource?.isInitialized) await dataSource.destroy();
      await Promise.all([database.close(), pipelined.close()]);
    } finally {
      await embedded?.stop();
    }
  };
  try {
    dataSource = await connect(url, { onWait: warn, signal });
    const engine = await prepareStorage(database, dataSource, config.chunkSeconds, { onWait: warn, signal });
    return {
      ...{ database, pipelined, dataSource, engine, stop },
      disk: new DiskSpace(embedded && config.dataDir),
      place: embedded ? config.dataDir : `PostgreSQL at ${placeOf(url)}`,
    };
  } catch (error) {
    await stop().catch(() => undefined);
    throw refusalOf(error, url);
  }
}

function databaseOf(config: AppConfig, url: string, warn: (message: string) => void): Database {
  const { databaseReadUrl, replicaMaxLag, poolSize, statementTimeout } = config;
  return new Database({
    ...{ url, applicationName: APPLICATION_NAME, poolSize, readTimeoutMs: statementTimeout },
    onPoolError: (error) => {
      // Without the error object: pg attaches the whole client to it.
      warn(`a connection to the database broke: ${error.message}`);
    },
    replica:
      databaseReadUrl === undefined ? undefined : { url: databaseReadUrl, maxLagMs: replicaMaxLag, onChange: warn },
  });
}

/** An `OperatorError` for a failed statement on the schema; errors that may be temporary unchanged. */
function refusalOf(error: unknown, url: string): unknown {
  const cause = causeOf(error);
  if (!(cause instanceof pg.DatabaseError)) return error;
  const remedy = REMEDIES[cause.code ?? ''];
  if (remedy === undefined && classify(cause) !== 'bug') return error;
  return new OperatorError(
    `The database at ${placeOf(url)} cannot be used (${reasonOf(cause)}): ${remedy ?? 'is it one for Marigram alone?'}`,
    { cause: error },
  );
}

/** Remedies by SQLSTATE. */
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
