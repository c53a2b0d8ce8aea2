import { type Socket } from 'node:net';
import pg from 'pg';

/** How long to wait for a connection (from the server or from a full pool) before giving up, in milliseconds. */
const CONNECTION_TIMEOUT_MS = 5000;

/** How long a connection may be in use, in milliseconds, before it is asked whether the database is still there. */
const PATIENCE = 2000;

/** How often connections are looked at, in milliseconds. */
const GLANCE = 500;

/**
 * How long the database may take for the answer: so many turns of the event loop, each of so many milliseconds or more.
 * Time alone would blame it for a process that is too busy to read its answer.
 */
const ANSWER_TURNS = 20;
const TURN = 100;

/** So many questions in a row without an answer mean that the database is gone: one may be lost in a busy moment. */
const SILENCES = 2;

const ignore = (): void => undefined;

/**
 * How values look as text: the driver and the stores read numbers with all their digits and dates in ISO 8601, but a
 * database or a role may have been told otherwise.
 */
const SESSION = `SET extra_float_digits = 1; SET DateStyle = 'ISO'`;

/**
 * A pool whose connections may break at any moment, or stop answering.
 *
 * Between two statements, and after the statement that noticed, an error event of a connection would have no listener,
 * and would end the process. The next statement fails, which is all that its user needs to know.
 *
 * A database that is frozen, or whose host is gone, breaks no connection: whoever waits for it would wait for ever. A
 * statement may take long, so time alone says nothing. Where a connection has been in use for a while, another one is
 * opened to ask; if nobody answers there, all connections are given up, and further ones are refused at once until the
 * database answers again.
 */
export class WatchedPool extends pg.Pool {
  private readonly clients = new Set<pg.PoolClient>();
  /** The connections in use and since when, the longest in use first. */
  private readonly busy = new Map<pg.PoolClient, number>();
  private timer: NodeJS.Timeout | undefined;
  private asking = false;
  private silences = 0;

  constructor(options?: pg.PoolConfig) {
    super({
      ...{ connectionTimeoutMillis: CONNECTION_TIMEOUT_MS, keepAlive: true },
      ...options,
      // The pool waits for the promise, which its types do not tell.
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
      this.timer ??= setInterval(() => void this.look(), GLANCE).unref();
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
    if (this.silences < SILENCES) {
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
      // All is said on these; a database that is frozen never closes its side, which must not keep the process alive.
      for (const client of this.clients) streamOf(client).unref();
    });
    if (!callback) return ended;
    void ended.then(callback);
    return undefined;
  }

  private async look(): Promise<void> {
    if (this.ended || (this.busy.size === 0 && this.silences === 0)) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const [since = Infinity] = this.busy.values();
    if (this.asking || (this.silences === 0 && performance.now() - since < PATIENCE)) return;
    this.asking = true;
    this.silences = (await this.answers()) ? 0 : this.silences + 1;
    this.asking = false;
    if (this.silences >= SILENCES) for (const client of this.clients) streamOf(client).destroy();
  }

  /** Whether the database answers on a new connection; a refusal of its own is an answer, too. */
  private async answers(): Promise<boolean> {
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
      if (++turns === ANSWER_TURNS) streamOf(client).destroy();
    }, TURN).unref();
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

/** As node-postgres has it; its own `query` uses this form. */
type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** The socket of a connection, which node-postgres does not tell by its types. */
export function streamOf(client: pg.ClientBase): Socket {
  return (client as unknown as { connection: { stream: Socket } }).connection.stream;
}
