import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';
import { OperatorError } from '../../common/errors.js';
import { ApiKey, Network } from './access.entity.js';
import { AuditEntry, DroppedPoints, WriteCount } from './audit.entity.js';
import { placeOf } from '../../postgres/database-url.js';
import { EventType } from './event-type.entity.js';
import { CONNECTION_TIMEOUT, WatchedPool } from '../../postgres/watched-pool.js';
import { reasonOf } from '../../postgres/sql-errors.js';
import { IdempotencyRecord } from './idempotency.entity.js';
import { Metadata } from './metadata.entity.js';
import { BackFill, Series, Summary } from './series.entity.js';
import { StorageInfo } from './storage-info.entity.js';

/** How long a PostgreSQL that starts is waited for, and the pause between two attempts, in milliseconds. */
const PATIENCE = 10 * 60_000;
const PAUSE = 250;

/** SQLSTATE of a PostgreSQL that takes no connections yet: it starts, which may include a long recovery. */
const STARTING_UP = '57P03';

/** How to connect, and who is told of what happens. */
export interface ConnectOptions {
  readonly url: string;
  readonly poolSize: number;
  readonly onPoolError: (error: Error) => void;
  /** Told once, with a sentence, that PostgreSQL is waited for. */
  readonly onWait: (message: string) => void;
  /** Ends the waiting; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects to PostgreSQL; one that is starting up or recovering is waited for, for ten minutes at most. The result
 * owns the one connection pool of this process; nothing is migrated yet.
 * Throws an `OperatorError` that says where it tried and why it failed.
 */
export async function connect(options: ConnectOptions): Promise<DataSource> {
  const place = placeOf(options.url);
  const begun = performance.now();
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await dataSourceOf(options).initialize();
    } catch (error) {
      const isStarting = error instanceof pg.DatabaseError && error.code === STARTING_UP;
      if (!isStarting || performance.now() - begun > PATIENCE)
        throw new OperatorError(
          `The database at ${place} cannot be reached (${reasonOf(error)}): check DATABASE_URL.`,
          {
            cause: error,
          },
        );
      if (attempt === 1) options.onWait(`waits for the database at ${place}: ${error.message}`);
      await sleep(PAUSE, undefined, { signal: options.signal });
    }
  }
}

function dataSourceOf({ url, poolSize, onPoolError }: ConnectOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    driver: WATCHED_PG,
    url,
    poolSize,
    applicationName: 'marigram',
    entities: ENTITIES,
    migrations: MIGRATIONS,
    synchronize: false,
    installExtensions: false,
    logging: false,
    logger: SILENT,
    // An idle connection broke: the pool has dropped it already and opens another one when it is needed.
    poolErrorHandler: onPoolError,
    extra: { connectionTimeoutMillis: CONNECTION_TIMEOUT, keepAlive: true },
  });
}

const ENTITIES = [
  ...[Metadata, Series, Summary, BackFill, StorageInfo, EventType],
  ...[ApiKey, Network, AuditEntry, WriteCount, DroppedPoints, IdempotencyRecord],
];

/** The driver as TypeORM uses it, with our pool. */
const WATCHED_PG = Object.assign(Object.create(pg) as typeof pg, { Pool: WatchedPool });

const ignore = (): void => undefined;

/** TypeORM's own messages repeat what its errors say. */
const SILENT: Logger = {
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
  logMigration: ignore,
  log: ignore,
};
