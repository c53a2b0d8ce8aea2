import { setTimeout } from 'node:timers/promises';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { ArchiveError, Unavailable } from '../common/errors.js';
import { AppConfig } from '../config/config.js';
import { poolOf, urlOf } from './database-url.js';
import { WatchedPool } from './watched-pool.js';
import { Replica } from './replica.js';
import { type Result, type Sql, type Statement } from './sql.js';
import { classify, isBrokenConnection } from './sql-errors.js';

/** How often a transaction is tried that others are in the way of. */
const RETRIES = 5;

/** How long, and after how many milliseconds each, to ask what became of a commit. */
const DOUBT_PATIENCE = 5000;
const DOUBT_PAUSE = 250;

/** SQLSTATE of a statement that was given up, and in how many seconds to try it again. */
const QUERY_CANCELED = '57014';
const TIMED_OUT = 10;

/** SQLSTATE of a full disk. */
const DISK_FULL = '53100';

/** Nothing can be stored: the disk is full, or so nearly that PostgreSQL needs the rest. */
export class DiskFull extends Unavailable {
  override readonly code = 'disk-full';

  constructor(options?: ErrorOptions) {
    // Somebody has to make room first.
    super('the disk of the database is full: nothing can be stored now', 30, options);
  }
}

/** A statement took longer than `STATEMENT_TIMEOUT`. */
export class StatementTimeout extends Unavailable {
  override readonly code = 'statement-timeout';

  constructor(options?: ErrorOptions) {
    super('the database took too long (STATEMENT_TIMEOUT): ask for less at a time', TIMED_OUT, options);
  }
}

/** The connection was lost in COMMIT: what was to be stored may be stored or not. */
export class CommitUnknown extends Unavailable {
  override readonly code = 'commit-unknown';

  constructor(options?: ErrorOptions) {
    super('the connection to the database was lost in the commit: it is not known whether it took place', 1, options);
  }
}

/**
 * The way to PostgreSQL for the stores: TypeORM's own pool, used without TypeORM, because the stores write their SQL
 * themselves. Reads have a pool of their own, so that slow ones keep no write waiting and only they are timed. Where a
 * replica is configured and fit for it, it answers the reads; what it fails at, or does not know, the primary answers.
 */
@Injectable()
export class Database implements Sql, OnApplicationShutdown {
  private readonly primary: pg.Pool;
  private readonly readers: pg.Pool;
  private readonly primaryReader: Sql = { query: (statement, values) => run(this.readers, statement, values) };
  private readonly anyReader: Sql = {
    query: async <Row extends object>(statement: string | Statement, values?: unknown[]) =>
      (await this.onReplica((pool) => pool.query<Row & pg.QueryResultRow>(statement, values))) ??
      run<Row>(this.readers, statement, values),
  };

  constructor(
    @InjectDataSource() dataSource: DataSource,
    config: AppConfig,
    private readonly replica: Replica,
  ) {
    this.primary = poolOf(dataSource);
    this.readers = new WatchedPool({
      connectionString: urlOf(dataSource),
      max: config.poolSize,
      // Of the server: what a client of ours gives up goes on there.
      statement_timeout: config.statementTimeout,
      application_name: 'marigram-read',
    });
  }

  /** Runs one statement on the primary. Throws `Unavailable` when the database is away. */
  query<Row extends object>(statement: string | Statement, values?: unknown[]): Promise<Result<Row>> {
    return run<Row>(this.primary, statement, values);
  }

  /** Resolves when the database answers; throws `Unavailable` when it does not. */
  async ping(): Promise<void> {
    await this.query('SELECT 1');
  }

  /**
   * Runs single reading statements: on the replica if there is one that is fit for it, else on the primary. They throw
   * `Unavailable` when the database is away, or works on one for longer than STATEMENT_TIMEOUT.
   * @param fromPrimary keeps the replica out of it.
   */
  reader(fromPrimary = false): Sql {
    return fromPrimary ? this.primaryReader : this.anyReader;
  }

  /**
   * Runs one reading statement on the replica; where that does not know enough, or there is none, on the primary.
   * @param isEnough whether the rows tell what is asked for.
   * Returns, too, whether the primary has answered: what else is read about it must come from there.
   */
  async readKnown<Row extends object>(
    statement: Statement,
    isEnough: (rows: readonly Row[]) => boolean,
  ): Promise<{ result: Result<Row>; fromPrimary: boolean }> {
    const result = await this.onReplica((pool) => pool.query<Row & pg.QueryResultRow>(statement));
    if (result && isEnough(result.rows)) return { result, fromPrimary: false };
    return { result: await run<Row>(this.readers, statement), fromPrimary: true };
  }

  /** What the replica answers; `undefined` where the primary has to. */
  private async onReplica<T>(ask: (pool: pg.Pool) => Promise<T>): Promise<T | undefined> {
    const { pool } = this.replica;
    if (!pool) return undefined;
    try {
      return await ask(pool);
    } catch (error) {
      // The primary would take as long.
      if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED) return asUnavailable(error);
      this.replica.failed(error);
      return undefined;
    }
  }

  /**
   * Runs `work` in one transaction on the primary: commits when it is done, rolls back when it throws.
   * Throws what `work` threw, raw; `Unavailable` when no connection can be had; `CommitUnknown` when the connection
   * was lost between COMMIT and its answer.
   */
  async transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.primary.connect().catch(asUnavailable);
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(client);
      await client.query('COMMIT').catch(asCommitUnknown);
      return result;
    } catch (error) {
      broken = await rollBack(client);
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /**
   * Like `transaction`, but starts over when another transaction was in the way (deadlock, lock time-out), or when the
   * connection broke before the commit: `work` may run several times. Throws `Unavailable` when that does not end.
   */
  async retrying<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    for (let attempt = 1; attempt <= RETRIES; attempt++) {
      try {
        return await this.transaction(work);
      } catch (error) {
        if (classify(error) !== 'retry' && !isBrokenConnection(error)) asUnavailable(error);
      }
    }
    throw new Unavailable('other transactions on the database are in the way, try again');
  }

  /**
   * Runs `work` on one connection to the primary, outside of any transaction: for what PostgreSQL refuses inside one,
   * and for locks that outlast transactions. `work` leaves the session as it was.
   */
  async session<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.primary.connect().catch(asUnavailable);
    let broken: Error | undefined;
    const note = (error: Error): void => {
      broken = error;
    };
    client.on('error', note);
    try {
      return await work(client);
    } finally {
      client.off('error', note);
      client.release(broken);
    }
  }

  /**
   * Whether the transaction with this id (of `pg_current_xact_id()`) was committed: for a COMMIT whose answer was
   * lost. Waits some seconds for the database to come back and to decide; throws `Unavailable` when it does not.
   * Where the database crashed before it wrote the id down, another transaction may get it: "committed" is then its.
   */
  async wasCommitted(transactionId: string): Promise<boolean> {
    const begun = performance.now();
    for (;;) {
      const isLast = performance.now() - begun > DOUBT_PATIENCE;
      try {
        const text = 'SELECT pg_xact_status($1::xid8) AS status';
        const status = (await this.query<{ status: string | null }>(text, [transactionId])).rows[0]?.status;
        if (status === 'committed' || status === 'aborted') return status === 'committed';
      } catch (error) {
        if (isOfTheFuture(error)) return false;
        if (isLast) throw error;
      }
      if (isLast) throw new CommitUnknown();
      await setTimeout(DOUBT_PAUSE);
    }
  }

  /** How many connections are open, idle, and how many requests wait for one. */
  usage(): { total: number; idle: number; waiting: number } {
    const pools = [this.primary, this.readers, ...this.replica.pools];
    const sum = (count: (pool: pg.Pool) => number): number => pools.reduce((total, pool) => total + count(pool), 0);
    return {
      total: sum(({ totalCount }) => totalCount),
      idle: sum(({ idleCount }) => idleCount),
      waiting: sum(({ waitingCount }) => waitingCount),
    };
  }

  /** The pool of the writes is closed with TypeORM's data source, that of the reads here. */
  async onApplicationShutdown(): Promise<void> {
    await this.readers.end();
  }
}

/** Runs one statement on some connection of a pool. */
function run<Row extends object>(
  pool: pg.Pool,
  statement: string | Statement,
  values?: unknown[],
): Promise<Result<Row>> {
  return pool.query<Row & pg.QueryResultRow>(statement, values).catch(asUnavailable);
}

/** Rolls back; returns the error of a connection that can't even do that, and is of no more use. */
export async function rollBack(client: pg.ClientBase): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether an id was never written down: the database crashed before, and has not come that far again. */
function isOfTheFuture(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '22023';
}

/** For a COMMIT: a lost connection leaves it open what became of it. */
export function asCommitUnknown(error: unknown): never {
  throw classify(error) === 'unavailable' ? new CommitUnknown({ cause: error }) : error;
}

/** What a statement threw, as the error that people get: for a database that is away or busy; all else stays as it is. */
export function explained(thrown: unknown): unknown {
  switch (classify(thrown)) {
    case 'retry':
      return new Unavailable('other transactions on the database are in the way, try again', 1, { cause: thrown });
    case 'unavailable':
      try {
        return asUnavailable(thrown);
      } catch (error) {
        return error;
      }
    default:
      return thrown;
  }
}

/** Turns "the database is away" into the error that clients get; everything else stays as it is. */
export function asUnavailable(error: unknown): never {
  if (error instanceof ArchiveError || classify(error) !== 'unavailable') throw error;
  if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED) throw new StatementTimeout({ cause: error });
  if (error instanceof pg.DatabaseError && error.code === DISK_FULL) throw new DiskFull({ cause: error });
  const reason = error instanceof pg.DatabaseError ? `SQLSTATE ${error.code ?? '?'}` : (error as Error).message;
  throw new Unavailable(`the database cannot answer now (${reason})`, 1, { cause: error });
}
