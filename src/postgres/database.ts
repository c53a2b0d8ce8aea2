import pg from 'pg';
import { Replica, type ReplicaOptions } from './replica.js';
import { retry, type RetryPolicy, TRANSACTION } from './retry.js';
import { type Result, type Sql, type Statement } from './sql.js';
import { microsOf } from './timestamps.js';
import { asCommitUnknown, asUnavailable, CommitUnknown, isTimeout, translated } from './unavailable.js';
import { WatchedPool } from './watched-pool.js';

/** Where the database is, and how many connections it gets. */
export interface DatabaseOptions {
  readonly url: string;
  /** The program's name in `pg_stat_activity`. */
  readonly applicationName: string;
  /** The maximum of connections for reads, and for everything else. */
  readonly poolSize: number;
  /** The server cancels longer reads, in milliseconds; 0 means no limit. */
  readonly readTimeoutMs: number;
  /** Called when an idle connection breaks. The pool opens another one when it is needed. */
  readonly onPoolError: (error: Error) => void;
  readonly replica: ReplicaOptions | undefined;
}

/** The outcome of a COMMIT whose answer was lost: PostgreSQL may have to restart, or may not have decided yet. */
const COMMIT_STATUS: RetryPolicy = {
  withinMs: 5000,
  pauseMs: 250,
  isWorthRetrying: (error) => !isUnknownTransaction(error),
};

/**
 * Runs SQL. Reads have a pool of their own, so that slow ones delay no write, and only they have a statement timeout. A
 * replica that is configured and fit answers the reads; the primary answers those that it fails or does not know enough
 * for. All methods throw the driver's errors translated (`translated`).
 */
export class Database implements Sql {
  /** Present even if no replica is configured. */
  readonly replica: Replica;
  private readonly primary: pg.Pool;
  private readonly readers: pg.Pool;
  private readonly onPoolError: (error: Error) => void;
  private readonly primaryReader: Sql = { query: (statement, values) => run(this.readers, statement, values) };
  private readonly anyReader: Sql = {
    query: async <Row extends object>(statement: string | Statement, values?: unknown[]) =>
      (await this.onReplica((pool) => pool.query<Row & pg.QueryResultRow>(statement, values))) ??
      run<Row>(this.readers, statement, values),
  };

  /** Connects when it is first used. */
  constructor({ url, applicationName, poolSize, readTimeoutMs, onPoolError, replica }: DatabaseOptions) {
    this.onPoolError = onPoolError;
    this.primary = new WatchedPool({ connectionString: url, max: poolSize, application_name: applicationName });
    this.primary.on('error', onPoolError);
    const reads: pg.PoolConfig = {
      max: poolSize,
      // A timeout of the client would leave the statement running on the server.
      statement_timeout: readTimeoutMs,
      application_name: `${applicationName}-read`,
    };
    this.readers = new WatchedPool({ connectionString: url, ...reads });
    this.replica = new Replica(this.primary, reads, replica);
  }

  /** Runs one statement on the primary. Throws `Unavailable` when the database is away. */
  query<Row extends object>(statement: string | Statement, values?: unknown[]): Promise<Result<Row>> {
    return run<Row>(this.primary, statement, values);
  }

  /** The database's time, in micros. */
  async now(): Promise<number> {
    const { rows } = await this.query<{ now: number }>(`SELECT ${microsOf('clock_timestamp()')} AS now`);
    return rows[0]?.now ?? NaN;
  }

  /** Resolves when the database answers; throws `Unavailable` when it does not. */
  async ping(): Promise<void> {
    await this.query('SELECT 1');
  }

  /**
   * Runs single reading statements, on the replica if one is fit, else on the primary. They throw `Unavailable` when the
   * database is away, and `StatementTimeout`.
   * @param fromPrimary reads from the primary only.
   */
  reader(fromPrimary = false): Sql {
    return fromPrimary ? this.primaryReader : this.anyReader;
  }

  /**
   * Runs one reading statement on the replica, and on the primary if the replica does not know enough or none is fit.
   * @param isEnough whether the rows answer the question.
   * Also returns whether the primary answered: later reads about the same must then go to the primary.
   */
  async readKnown<Row extends object>(
    statement: Statement,
    isEnough: (rows: readonly Row[]) => boolean,
  ): Promise<{ result: Result<Row>; fromPrimary: boolean }> {
    const result = await this.onReplica((pool) => pool.query<Row & pg.QueryResultRow>(statement));
    if (result && isEnough(result.rows)) return { result, fromPrimary: false };
    return { result: await run<Row>(this.readers, statement), fromPrimary: true };
  }

  /** The replica's answer; `undefined` if the primary has to answer. */
  private async onReplica<T>(ask: (pool: pg.Pool) => Promise<T>): Promise<T | undefined> {
    const { pool } = this.replica;
    if (!pool) return undefined;
    try {
      return await ask(pool);
    } catch (error) {
      // The primary would take as long.
      if (isTimeout(error)) return asUnavailable(error);
      this.replica.recordFailure(error);
      return undefined;
    }
  }

  /**
   * Runs `work` in one transaction on the primary: commits when it is done, rolls back when it throws. `work` sees the
   * errors of its statements raw.
   * Throws what `work` threw, translated; `Unavailable` when no connection can be had; `ConnectionLost` when it was lost
   * before COMMIT was sent; `CommitUnknown` when it was lost between COMMIT and its answer.
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
      throw translated(error, true);
    } finally {
      client.release(broken);
    }
  }

  /**
   * Like `transaction`, but retries after a deadlock, serialization failure or lock timeout, and when the connection broke
   * before COMMIT: `work` may run several times. Throws `Contention` or `ConnectionLost` after the last attempt.
   */
  retrying<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return retry(TRANSACTION, () => this.transaction(work));
  }

  /**
   * Runs `work` on one connection to the primary outside of any transaction: for statements that PostgreSQL refuses in
   * one, and for locks of the session. `work` restores the session's settings, and sees the driver's errors raw. Throws
   * what `work` threw, translated.
   */
  async session<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.primary.connect().catch(asUnavailable);
    let broken: Error | undefined;
    const onError = (error: Error): void => {
      broken = error;
    };
    client.on('error', onError);
    try {
      return await work(client).catch(asUnavailable);
    } finally {
      client.off('error', onError);
      client.release(broken);
    }
  }

  /**
   * Whether the transaction with this id (`pg_current_xact_id()`) was committed, for a COMMIT whose answer was lost. Waits
   * up to 5 seconds for the database to return and to decide, then throws `Unavailable`. If the database crashed before
   * it wrote the id down, another transaction may get the same id, and the result is that one's.
   */
  async wasCommitted(transactionId: string): Promise<boolean> {
    const text = 'SELECT pg_xact_status($1::xid8) AS status';
    try {
      return await retry(COMMIT_STATUS, async () => {
        const { rows } = await this.query<{ status: string | null }>(text, [transactionId]);
        const status = rows[0]?.status;
        if (status === 'committed' || status === 'aborted') return status === 'committed';
        throw new CommitUnknown();
      });
    } catch (error) {
      if (isUnknownTransaction(error)) return false;
      throw error;
    }
  }

  /** Numbers of open and of idle connections, and of requests that wait for one. */
  usage(): { total: number; idle: number; waiting: number } {
    const pools = [this.primary, this.readers, ...this.replica.pools];
    const sum = (count: (pool: pg.Pool) => number): number => pools.reduce((total, pool) => total + count(pool), 0);
    return {
      total: sum(({ totalCount }) => totalCount),
      idle: sum(({ idleCount }) => idleCount),
      waiting: sum(({ waitingCount }) => waitingCount),
    };
  }

  /** Closes all connections once their statements have ended. */
  async close(): Promise<void> {
    // A pool does not wait for its last sockets; their errors from now on are expected.
    this.primary.off('error', this.onPoolError);
    await this.replica.close();
    await Promise.all([this.primary.end(), this.readers.end()]);
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

/** Rolls back; returns the error if that fails, which makes the connection useless. */
export async function rollBack(client: pg.ClientBase): Promise<Error | undefined> {
  try {
    await client.query('ROLLBACK');
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Whether the id is in the future: the database crashed before it wrote the id down. */
function isUnknownTransaction(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === '22023';
}
