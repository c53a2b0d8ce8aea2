import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import { MIGRATIONS } from '../../../migrations/index.js';
import { OperatorError } from '../../common/errors.js';
import { placeOf } from '../../postgres/database-url.js';
import { retry, type RetryPolicy } from '../../postgres/retry.js';
import { reasonOf } from '../../postgres/sql-errors.js';
import { WatchedPool } from '../../postgres/watched-pool.js';
import { ApiKey, Network } from './access.entity.js';
import { Annotation } from './annotation.entity.js';
import { AuditEntry, DroppedPoints, WriteCount } from './audit.entity.js';
import { DatabaseEntity, Field } from './database.entity.js';
import { EventEntity } from './event.entity.js';
import { EventType } from './event-type.entity.js';
import { IdempotencyRecord } from './idempotency.entity.js';
import { ImportProgress, SealedBin } from './import.entity.js';
import { LunaUpload } from './luna.entity.js';
import { Metadata } from './metadata.entity.js';
import { RuleEntity, RuleGeneration, RuleState } from './rule.entity.js';
import { BackFill, Series, Summary } from './series.entity.js';
import { Session, SessionStream } from './session.entity.js';
import { StorageInfo } from './storage-info.entity.js';

/** Connections of TypeORM, which runs the migrations and the repositories of small tables. */
const POOL_SIZE = 2;

/** A PostgreSQL that refuses connections while it starts, which may include a long recovery. */
const STARTING_UP: RetryPolicy = {
  withinMs: 10 * 60_000,
  pauseMs: 250,
  isWorthRetrying: (error) => error instanceof pg.DatabaseError && error.code === '57P03',
};

/** Hooks for waiting on others. */
export interface WaitOptions {
  /** Called once, with a sentence. */
  readonly onWait?: (message: string) => void;
  /** Aborts the wait; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Connects TypeORM, with a small pool of its own. Waits up to ten minutes for a PostgreSQL that starts or recovers; does
 * not migrate. Throws an `OperatorError` with the place and the reason.
 */
export async function connect(url: string, { onWait, signal }: WaitOptions = {}): Promise<DataSource> {
  const beforeNext = (error: unknown, attempt: number): void => {
    if (attempt === 1) onWait?.(`waits for the database at ${placeOf(url)}: ${reasonOf(error)}`);
  };
  try {
    return await retry(STARTING_UP, () => dataSourceOf(url).initialize(), { beforeNext, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new OperatorError(
      `The database at ${placeOf(url)} cannot be reached (${reasonOf(error)}): check DATABASE_URL.`,
      { cause: error },
    );
  }
}

function dataSourceOf(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    // TypeORM uses nothing else of the driver.
    driver: { Pool: WatchedPool },
    url,
    poolSize: POOL_SIZE,
    applicationName: 'marigram-typeorm',
    entities: ENTITIES,
    migrations: MIGRATIONS,
    synchronize: false,
    installExtensions: false,
    logging: false,
    logger: SILENT,
  });
}

const ENTITIES = [
  ...[Metadata, Series, Summary, BackFill, StorageInfo, EventType, Session, SessionStream, Annotation],
  ...[DatabaseEntity, Field, RuleEntity, RuleGeneration, RuleState, EventEntity],
  ...[ApiKey, Network, AuditEntry, WriteCount, DroppedPoints, IdempotencyRecord, ImportProgress, LunaUpload, SealedBin],
];

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
