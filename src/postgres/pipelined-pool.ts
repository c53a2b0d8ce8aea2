import pg from 'pg';
import { rollBack } from './database.js';
import { type Sql } from './sql.js';
import { asCommitUnknown, asUnavailable, translated } from './unavailable.js';
import { streamOf, WatchedPool } from './watched-pool.js';

/** Transactions in progress at a time: two of the flusher, three that wait for held series, and a large one. */
const MAX_CONNECTIONS = 6;

/**
 * Connections that send statements without waiting for earlier answers: in small transactions the round trips were half
 * of the cost. Pipelining applies to a whole connection and excludes COPY, so these have a pool of their own.
 */
export class PipelinedPool {
  private readonly pool: pg.Pool;

  /** @param applicationName the program's name in `pg_stat_activity`. */
  constructor(url: string, applicationName: string) {
    this.pool = new WatchedPool({
      connectionString: url,
      max: MAX_CONNECTIONS,
      pipeline: true,
      application_name: applicationName,
    });
  }

  /**
   * Runs a transaction in two round trips: BEGIN goes out with what `prepare` sends first, and COMMIT right behind the
   * statements that `finish` sends.
   * @param prepare sends what must be answered before anything else can be decided, and waits for it.
   * @param finish sends the rest, and returns the answers to come. Where one is an error nothing is committed, and it
   * is thrown.
   * Throws what `Database.transaction` throws.
   */
  async transaction(prepare: (sql: Sql) => Promise<unknown>, finish: (sql: Sql) => Promise<unknown>[]): Promise<void> {
    const client = await this.pool.connect().catch(asUnavailable);
    let broken: Error | undefined;
    // What `prepare` sends after a failed BEGIN would be stored at once: giving the connection up ends it.
    const begin = (): Promise<unknown> =>
      client.query('BEGIN').catch((error: unknown) => {
        broken = error as Error;
        throw error;
      });
    try {
      await Promise.all(together(client, () => [begin(), prepare(client)]));
      await allAnswered(together(client, () => [...finish(client), client.query('COMMIT').catch(asCommitUnknown)]));
    } catch (error) {
      broken ??= await rollBack(client);
      throw translated(error, true);
    } finally {
      client.release(broken);
    }
  }

  /** Closes all connections once their statements have ended. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}

/** Sends statements in one packet: each write to the socket wakes PostgreSQL, which costs more than the bytes. */
function together(client: pg.PoolClient, send: () => Promise<unknown>[]): Promise<unknown>[] {
  const stream = streamOf(client);
  stream.cork();
  try {
    return send();
  } finally {
    stream.uncork();
  }
}

/**
 * Waits for all answers of a transaction; the last is that of its COMMIT. An error that PostgreSQL itself gave to a
 * statement means that it rolled back; where the connection was lost, only the COMMIT's own answer could have told.
 */
async function allAnswered(sent: readonly Promise<unknown>[]): Promise<void> {
  const answers = await Promise.allSettled(sent);
  const failures = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason as Error] : []));
  const failure = failures.find((reason) => reason instanceof pg.DatabaseError) ?? failures.at(-1);
  if (failure) throw failure;
}
