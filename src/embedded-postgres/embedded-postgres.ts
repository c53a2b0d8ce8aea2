import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUrl } from './cluster.js';
import { type Postmaster } from './postmaster.js';
import { isAlive } from './process-identity.js';
import { PostgresLease, type LeaseOptions } from './postgres-lease.js';

/** Options of the embedded database. */
export interface EmbeddedPostgresOptions extends LeaseOptions {
  /** Aborts the start: `start` then throws and leaves nothing running. */
  signal?: AbortSignal | undefined;
  /** Called with a sentence for the log, such as when a database died and was restarted. */
  onEvent?: ((message: string) => void) | undefined;
}

/** A database that ran this long before it died is restarted without a pause. */
const STEADY_AFTER_MS = 30_000;

/** The pause between two looks at the process of a running database. */
const WATCH_INTERVAL_MS = 100;

/** The longest pause between two attempts to restart a database that died. */
const MAX_RESTART_PAUSE_MS = 10_000;

/** A PostgreSQL of this process, shared with other processes that use the same data directory. */
export class EmbeddedPostgres {
  /** With user, password, host, port and the database `marigram`; it stays the same when the database is restarted. */
  readonly url: string;
  /** The major version, such as `18`. */
  readonly version: string;
  #postmaster: Postmaster;
  #readyAt = Date.now();
  #pause = 0;
  #watchTimer: NodeJS.Timeout | undefined;
  #restart: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    private readonly lease: PostgresLease,
    private readonly tell: (message: string) => void,
    postmaster: Postmaster,
  ) {
    this.#postmaster = postmaster;
    this.url = databaseUrl(postmaster.port, lease.data.password());
    this.version = String(lease.binaries.major);
    if (lease.role === 'tool') return;
    // Polling, as there is no event for the end of an adopted postmaster.
    this.#watchTimer = setInterval(() => {
      this.restartIfDead();
    }, WATCH_INTERVAL_MS).unref();
  }

  /** Creates the cluster if there is none, then starts the database or adopts a running one. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const lease = PostgresLease.acquire(options);
    const cancel = (): void => {
      lease.cancel();
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    const postmaster = await lease.open();
    options.signal?.removeEventListener('abort', cancel);
    if (postmaster.adopted)
      options.onEvent?.(`Uses the PostgreSQL that runs already, process ${postmaster.process.pid}.`);
    return new EmbeddedPostgres(lease, options.onEvent ?? (() => undefined), postmaster);
  }

  /**
   * Stops the database if this process owns it. Call it after the last connection is closed; it may be called again, and
   * during a restart.
   */
  stop(): Promise<void> {
    this.#closed ??= this.close();
    return this.#closed;
  }

  private async close(): Promise<void> {
    clearInterval(this.#watchTimer);
    this.lease.cancel();
    await this.#restart;
    await this.lease.release(this.#postmaster);
  }

  private restartIfDead(): void {
    if (this.#restart !== undefined || isAlive(this.#postmaster.process)) return;
    this.#restart = this.restart().finally(() => {
      this.#restart = undefined;
    });
  }

  /** Restarts a postmaster that died, on the same port; retries until it succeeds. */
  private async restart(): Promise<void> {
    const { data, signal } = this.lease;
    this.tell('PostgreSQL ended unexpectedly and is started again.');
    if (Date.now() - this.#readyAt > STEADY_AFTER_MS) this.#pause = 0;
    for (;;) {
      try {
        await sleep(this.#pause, undefined, { ref: false, signal });
        this.#pause = Math.min(Math.max(2 * this.#pause, WATCH_INTERVAL_MS), MAX_RESTART_PAUSE_MS);
        this.#postmaster = await this.lease.run(this.#postmaster.port);
        this.#readyAt = Date.now();
        this.tell(`PostgreSQL runs again as process ${this.#postmaster.process.pid}.`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!data.hasCluster) {
          clearInterval(this.#watchTimer);
          this.tell(`The database in ${data.path} is gone; it is not started again.`);
          return;
        }
        this.tell(error instanceof Error ? error.message : String(error));
      }
    }
  }
}
