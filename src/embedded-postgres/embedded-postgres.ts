import { setTimeout as sleep } from 'node:timers/promises';
import { databaseUrl } from './cluster.js';
import { type Postmaster } from './postmaster.js';
import { isAlive } from './process-identity.js';
import { PostgresLease, type TenancyOptions } from './postgres-lease.js';

/** Where the database lies, what it is started for, and who is told of its troubles. */
export interface EmbeddedPostgresOptions extends TenancyOptions {
  /** Gives up the start when it is aborted: `start` throws then, and leaves nothing running. */
  signal?: AbortSignal | undefined;
  /** Told about what is worth a log line, such as a database that died and was started again. */
  onEvent?: ((message: string) => void) | undefined;
}

/** A database that ran this long without dying, in milliseconds, is started again at once. */
const STEADY = 30_000;

/** How often a running database is looked after, in milliseconds. */
const WATCH = 100;

/** The longest pause between two attempts to start a database that died, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/** A PostgreSQL of this process's own, or shared with the other processes that use the same data directory. */
export class EmbeddedPostgres {
  /** With user, password, host, port and the database `marigram`; it stays the same when the database is restarted. */
  readonly url: string;
  /** The major version, such as `18`. */
  readonly version: string;
  #postmaster: Postmaster;
  #readyAt = Date.now();
  #pause = 0;
  #watch: NodeJS.Timeout | undefined;
  #revival: Promise<void> | undefined;
  #closed: Promise<void> | undefined;

  private constructor(
    private readonly tenancy: PostgresLease,
    private readonly tell: (message: string) => void,
    postmaster: Postmaster,
  ) {
    this.#postmaster = postmaster;
    this.url = databaseUrl(postmaster.port, tenancy.data.password());
    this.version = String(tenancy.binaries.major);
    if (tenancy.role === 'tool') return;
    // The pid is looked at, as there is no event for the end of an adopted postmaster.
    this.#watch = setInterval(() => {
      this.look();
    }, WATCH).unref();
  }

  /** Makes the cluster if there is none, then starts the database or adopts a running one. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const tenancy = PostgresLease.take(options);
    const cancel = (): void => {
      tenancy.cancel();
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    const postmaster = await tenancy.open();
    options.signal?.removeEventListener('abort', cancel);
    if (postmaster.adopted)
      options.onEvent?.(`Uses the PostgreSQL that runs already, process ${postmaster.process.pid}.`);
    return new EmbeddedPostgres(tenancy, options.onEvent ?? (() => undefined), postmaster);
  }

  /**
   * Stops the database if it is this process's to stop; to be called after the last connection is closed. It may be
   * called again, and while the database is being restarted.
   */
  stop(): Promise<void> {
    this.#closed ??= this.close();
    return this.#closed;
  }

  private async close(): Promise<void> {
    clearInterval(this.#watch);
    this.tenancy.cancel();
    await this.#revival;
    await this.tenancy.leave(this.#postmaster);
  }

  private look(): void {
    if (this.#revival !== undefined || isAlive(this.#postmaster.process)) return;
    this.#revival = this.revive().finally(() => {
      this.#revival = undefined;
    });
  }

  /** Starts a postmaster that died again, on the same port, until it succeeds. */
  private async revive(): Promise<void> {
    const { data, signal } = this.tenancy;
    this.tell('PostgreSQL ended unexpectedly and is started again.');
    if (Date.now() - this.#readyAt > STEADY) this.#pause = 0;
    for (;;) {
      try {
        await sleep(this.#pause, undefined, { ref: false, signal });
        this.#pause = Math.min(Math.max(2 * this.#pause, WATCH), LONGEST_PAUSE);
        this.#postmaster = await this.tenancy.run(this.#postmaster.port);
        this.#readyAt = Date.now();
        this.tell(`PostgreSQL runs again as process ${this.#postmaster.process.pid}.`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        if (!data.hasCluster) {
          clearInterval(this.#watch);
          this.tell(`The database in ${data.path} is gone; it is not started again.`);
          return;
        }
        this.tell(error instanceof Error ? error.message : String(error));
      }
    }
  }
}
