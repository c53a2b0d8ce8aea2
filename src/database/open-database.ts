import { type Logger } from 'pino';
import { type DataSource } from 'typeorm';
import { type AppConfig } from '../config/config.js';
import { type StorageEngine } from '../storage/engine.js';
import { prepareStorage } from '../storage/engine-choice.js';
import { connect } from './data-source.js';
import { EmbeddedPostgres, type EmbeddedPostgresOptions } from './embedded-postgres.js';

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
 * Throws a `StartError`; nothing is left running then.
 */
export async function openDatabase(
  config: AppConfig,
  role: EmbeddedPostgresOptions['role'],
  logger: Logger,
): Promise<OpenDatabase> {
  const embedded = config.databaseUrl === undefined ? await startEmbedded(config, role, logger) : undefined;
  const url = embedded?.url ?? config.databaseUrl ?? '';
  let dataSource: DataSource | undefined;
  let stopping = false;
  try {
    dataSource = await connect(url, config.poolSize, (error) => {
      // The pool does not wait for its last sockets when it closes.
      if (stopping) return;
      // Not the error itself: pg hangs the whole client on it.
      logger.warn(`a connection to the database broke: ${error.message}`);
    });
    const engine = await prepareStorage(dataSource, config.chunkSeconds);
    return {
      dataSource,
      engine,
      place: placeOf(config, url),
      stop: async () => {
        stopping = true;
        await embedded?.stop();
      },
    };
  } catch (error) {
    await dataSource?.destroy();
    await embedded?.stop();
    throw error;
  }
}

function startEmbedded(
  { dataDir, pgBinDir }: AppConfig,
  role: EmbeddedPostgresOptions['role'],
  logger: Logger,
): Promise<EmbeddedPostgres> {
  const onEvent = (message: string): void => {
    logger.info(message);
  };
  return EmbeddedPostgres.start({ dataDir, role, onEvent, ...(pgBinDir !== undefined && { pgBinDir }) });
}

function placeOf({ databaseUrl, dataDir }: AppConfig, url: string): string {
  if (databaseUrl === undefined) return dataDir;
  const { hostname, port, pathname } = new URL(url);
  return `PostgreSQL at ${hostname || 'localhost'}:${port || '5432'}${pathname}`;
}
