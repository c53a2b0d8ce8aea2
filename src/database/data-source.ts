import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { StartError } from '../common/errors.js';
import { ApiKey, Network } from '../storage/access.entity.js';
import { AuditEntry, DroppedPoints, WriteCount } from '../storage/audit.entity.js';
import { CONNECTION_TIMEOUT, ForgivingPool } from '../storage/forgiving-pool.js';
import { IdempotencyRecord } from '../storage/idempotency.entity.js';
import { Metadata } from '../storage/metadata.entity.js';
import { BackFill, Series, Summary } from '../storage/series.entity.js';
import { StorageInfo } from '../storage/storage-info.entity.js';

/**
 * Connects to PostgreSQL. The result owns the one connection pool of this process; nothing is migrated yet.
 * Throws a `StartError` that says where it tried and why it failed.
 */
export async function connect(url: string, poolSize: number, onPoolError: (error: Error) => void): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    driver: FORGIVING_PG,
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
  try {
    return await dataSource.initialize();
  } catch (error) {
    const { hostname, port, pathname } = new URL(url);
    const place = `${hostname || 'localhost'}:${port || '5432'}${pathname}`;
    throw new StartError(`The database at ${place} cannot be reached (${reasonOf(error)}): check DATABASE_URL.`, {
      cause: error,
    });
  }
}

const ENTITIES = [
  ...[Metadata, Series, Summary, BackFill, StorageInfo],
  ...[ApiKey, Network, AuditEntry, WriteCount, DroppedPoints, IdempotencyRecord],
];

/** The driver as TypeORM uses it, with our pool. */
const FORGIVING_PG = Object.assign(Object.create(pg) as typeof pg, { Pool: ForgivingPool });

/** The shortest honest text for a failed connection; of several addresses tried, the reason of the first. */
function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}

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
