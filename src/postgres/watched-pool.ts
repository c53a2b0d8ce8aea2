import { type Socket } from 'node:net';
import pg from 'pg';

/** Timeout of getting a connection, from the server or from a full pool. */
const CONNECTION_TIMEOUT_MS = 5000;

/** A connection that is in use for longer makes the pool probe the database. */
const STALL_AFTER_MS = 2000;

const PROBE_INTERVAL_MS = 500;

/**
 * A probe fails after so many turns of the event loop, each at least so long. Elapsed time alone would blame the
 * database when this process is too busy to read the answer.
 */
const PROBE_TURNS = 20;
const PROBE_TURN_MS = 100;

/** The database counts as unavailable after this number of failed probes in a row. A busy moment may fail one. */
const MAX_FAILED_PROBES = 2;

const ignore = (): void => undefined;

/** Text formats that the driver and the SQL rely on; a database or a role may have other defaults. */
const SESSION = `SET extra_float_digits = 1; SET DateStyle = 'ISO'`;

/**
 * A pool whose connections may break at any moment, or stop answering.
 *
 * Between statements an error event of a connection would have no listener and would end the process. The pool listens;
 * the next statement on the connection fails.
 *
 * A frozen database, or one whose host is gone, breaks no connection: its clients would wait for ever. A statement may
 * take long, so elapsed time proves nothing. When a connection has been in use for a while, the pool opens another one
 * as a probe. If probes fail, it closes all connections, and refuses new ones at once until the database answers again.
 */
export class WatchedPool extends pg.Pool {
  private readonly clients = new Set<pg.PoolClient>();
  /** The connections in use and since when, the longest in use first. */
  private readonly busy = new Map<pg.PoolClient, number>();
  private timer: NodeJS.Timeout | undefined;
  private probing = false;
  private failedProbes = 0;

  constructor(options?: pg.PoolConfig) {
    super({
      ...{ connectionTimeoutMillis: CONNECTION_TIMEOUT_MS, keepAlive: true },
      ...options,
      // The pool awaits the promise; its types do not say so.
      // eslint-disable-next-line @typescript-eslint/no-misused-promises
      onConnect: (client) => client.query(SESSION),
    });
    // A broken idle connection is dropped by the pool; without a listener it would end the process.
    this.on('error', ignore);
    this.on('connect', (client) => {
      client.on('error', ignore);
      this.clients.add(client);
    });
    this.on('acquire', (client) => {
      this.busy.set(client, performance.now());
      this.timer ??= setInterval(() => void this.probeIfStalled(), PROBE_INTERVAL_MS).unref();
    });
    this.on('release', (_error, client) => this.busy.delete(client));
    this.on('remove', (client) => {
      this.busy.delete(client);
      this.clients.delete(client);
    });
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    if (this.failedProbes < MAX_FAILED_PROBES) {
      if (!callback) return super.connect();
      super.connect(callback);
      return undefined;
    }
    const error = Object.assign(new Error('it does not answer'), { code: 'ETIMEDOUT' });
    if (!callback) return Promise.reject(error);
    callback(error, undefined, ignore);
    return undefined;
  }

  override end(): Promise<void>;
  override end(callback: () => void): void;
  override end(callback?: () => void): Promise<void> | undefined {
    const ended = super.end().then(() => {
      // A frozen database never closes its side; that must not keep the process alive.
      for (const client of this.clients) streamOf(client).unref();
    });
    if (!callback) return ended;
    void ended.then(callback);
    return undefined;
  }

  private async probeIfStalled(): Promise<void> {
    if (this.ended || (this.busy.size === 0 && this.failedProbes === 0)) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const [since = Infinity] = this.busy.values();
    if (this.probing || (this.failedProbes === 0 && performance.now() - since < STALL_AFTER_MS)) return;
    this.probing = true;
    this.failedProbes = (await this.isAnswered()) ? 0 : this.failedProbes + 1;
    this.probing = false;
    if (this.failedProbes >= MAX_FAILED_PROBES) for (const client of this.clients) streamOf(client).destroy();
  }

  /** Probes the database on a new connection. An error from the database is an answer, too. */
  private async isAnswered(): Promise<boolean> {
    const client = new pg.Client({
      ...this.options,
      // The pool hides it from copies.
      password: this.options.password,
      application_name: `${this.options.application_name ?? ''}-probe`,
      connectionTimeoutMillis: 0,
    });
    client.on('error', ignore);
    let turns = 0;
    const timer = setInterval(() => {
      if (++turns === PROBE_TURNS) streamOf(client).destroy();
    }, PROBE_TURN_MS).unref();
    try {
      await client.connect();
      await client.query('SELECT 1');
      void client.end().catch(ignore);
      return true;
    } catch (error) {
      streamOf(client).destroy();
      return error instanceof pg.DatabaseError;
    } finally {
      clearInterval(timer);
    }
  }
}

/** The callback form of node-postgres, which its own `query` uses. */
type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** The socket of a connection, which the types of node-postgres leave out. */
export function streamOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
