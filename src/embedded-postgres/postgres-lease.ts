import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../common/errors.js';
import { ensureDatabase, createCluster } from './cluster.js';
import { DataDirectory } from './data-directory.js';
import { DatabaseLocks } from './database-locks.js';
import { findBinaries, type PgBinaries } from './pg-binaries.js';
import {
  findPostmaster,
  freePort,
  POLL_INTERVAL_MS,
  type Postmaster,
  PostmasterFailure,
  signalStop,
  startPostmaster,
  waitForEnd,
} from './postmaster.js';
import { postgresSettings } from './postgres-settings.js';
import { reachablePrograms } from './reachable-programs.js';
import { isAlive } from './process-identity.js';

/** Options for acquiring the embedded database. */
export interface LeaseOptions {
  /** Holds everything: the cluster in `postgres/`, beside it the log, the password and the locks. */
  dataDir: string;
  /** From PG_BIN_DIR; undefined: the npm binaries, then an installed PostgreSQL. */
  pgBinDir?: string | undefined;
  /** A server owns the database until it stops; a tool (the command line) only stops one that a tool started. */
  role: 'server' | 'tool';
  /** Extra settings of postgresql.conf; they apply from the next start of the database on. */
  settings?: Readonly<Record<string, string>> | undefined;
}

/** Temporary obstacles may last this long: processes of a killed database, or another process that starts it. */
const START_TIMEOUT_MS = 30_000;

/** One process's lease on the database in a data directory: from acquiring the lock to releasing it. */
export class PostgresLease {
  readonly #cancelled = new AbortController();

  private constructor(
    private readonly options: LeaseOptions,
    readonly binaries: PgBinaries,
    readonly data: DataDirectory,
    private readonly locks: DatabaseLocks,
  ) {}

  /** Checks the programs and the directory, and acquires the lock. Throws an `OperatorError` for a second server. */
  static acquire(options: LeaseOptions): PostgresLease {
    const found = findBinaries(options.pgBinDir);
    return withOperatorError(options.dataDir, () => {
      const data = DataDirectory.prepare(options.dataDir, found);
      const binaries = reachablePrograms(found, data);
      const locks = new DatabaseLocks(data.locks, data.path);
      if (options.role === 'server') locks.acquireAsServer();
      else locks.acquireAsTool();
      return new PostgresLease(options, binaries, data, locks);
    });
  }

  get role(): 'server' | 'tool' {
    return this.options.role;
  }

  /** Aborted once cancel() was called. */
  get signal(): AbortSignal {
    return this.#cancelled.signal;
  }

  /** Stops `run` from starting anything and from waiting for a start: a recovery may last long. */
  cancel(): void {
    this.#cancelled.abort();
  }

  /** Starts the database and waits until it answers; starts it again if it ends in between. */
  async open(): Promise<RunningPostmaster> {
    const { data, locks } = this;
    const deadline = Date.now() + START_TIMEOUT_MS;
    try {
      for (;;) {
        const running = await this.run();
        const problem = await ensureDatabase(data, running.port);
        if (problem === undefined) {
          if (this.role === 'server') locks.recordStartedByTool(undefined);
          return running;
        }
        if (Date.now() > deadline) {
          throw new OperatorError(`The database in ${data.path} does not answer (${problem}): see ${data.log}.`);
        }
        await sleep(POLL_INTERVAL_MS);
      }
    } catch (error) {
      await this.release();
      return withOperatorError(data.path, () => {
        throw error;
      });
    }
  }

  /**
   * Starts the postmaster, or takes the one that runs, and waits until it is ready.
   * @param port the port it must have; undefined: any.
   */
  async run(port?: number): Promise<RunningPostmaster> {
    const { data, locks } = this;
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      this.signal.throwIfAborted();
      const found = findPostmaster(data.cluster);
      if (found?.state === 'ready') {
        if (port === undefined || port === found.port) return { ...found, adopted: true };
        // Started by a tool meanwhile, on a port that the connections of this process do not lead to.
        signalStop(found);
        await waitForEnd(found);
      } else if (found === undefined && (this.role === 'server' || locks.server() === undefined)) {
        const started = await this.tryStart(port, Date.now() > deadline);
        if (started !== undefined) return { ...started, adopted: false };
      } else if (found?.state !== 'starting' && Date.now() > deadline) {
        // A recovery, by contrast, may take its time.
        const reason = found === undefined ? 'its server has not started it yet' : 'it is still being stopped';
        throw new OperatorError(
          `The database in ${data.path} is not there (${reason}): try again, or see ${data.log}.`,
        );
      }
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /**
   * Releases the lock, and stops the database unless it ran before or another process needs it.
   * @param known the postmaster that ran last; the data directory that names it may have been deleted.
   */
  async release(known?: Postmaster): Promise<void> {
    const { data, locks } = this;
    if (this.role === 'tool') locks.release();
    const postmaster = findPostmaster(data.cluster) ?? known;
    if (postmaster !== undefined && isAlive(postmaster.process)) {
      const shared = locks.server() !== undefined || locks.hasTools();
      // Nothing may be awaited between the look at the locks and the signal.
      if (this.role === 'server' || (!shared && locks.isStartedByTool(postmaster.process))) {
        signalStop(postmaster);
        await waitForEnd(postmaster);
      }
    }
    if (this.role === 'server') locks.release();
  }

  /** The postmaster, or undefined if another attempt may succeed. */
  private async tryStart(port: number | undefined, isLast: boolean): Promise<Postmaster | undefined> {
    const { binaries, data } = this;
    try {
      if (!data.hasCluster) await createCluster(data, binaries);
      // On the command line of each start, so that nothing in the data directory has to be changed for them.
      const settings = { ...postgresSettings(), ...this.options.settings };
      const started = await startPostmaster(data, binaries, port ?? (await freePort()), settings, this.signal);
      if (this.role === 'tool') this.locks.recordStartedByTool(started.process);
      return started;
    } catch (error) {
      if (!(error instanceof PostmasterFailure)) throw error;
      this.signal.throwIfAborted();
      const mayPass = error.isPassing || (error.isPortTaken && port === undefined);
      if (mayPass && !isLast) return undefined;
      throw new OperatorError(`PostgreSQL does not start in ${data.path} (${error.message}): see ${data.log}.`);
    }
  }
}

/** A postmaster that takes connections. */
export interface RunningPostmaster extends Postmaster {
  /** Whether it ran already. */
  readonly adopted: boolean;
}

/** Runs an action; errors of the file system, such as a full or read-only one, become an `OperatorError`. */
function withOperatorError<T>(dataDir: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof OperatorError || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new OperatorError(
      `The data directory ${dataDir} cannot be used (${error.message}): choose another DATA_DIR.`,
    );
  }
}
