import pg from 'pg';
import { OperatorError } from '../common/errors.js';
import { Recurring } from '../common/recurring.js';
import { placeOf } from './database-url.js';
import { ReplicaLag } from './replica-lag.js';
import { type Sql } from './sql.js';
import { reasonOf } from './sql-errors.js';
import { WatchedPool } from './watched-pool.js';

const PROBE_INTERVAL_MS = 500;
const ANSWER_TIMEOUT_MS = 2000;

/** A replica that failed a read is not used for this time, even if it answers probes. */
const REST_AFTER_FAILURE_MS = 5000;

/** SQLSTATEs of a wrong URL: password, rights, database. */
const WRONG_URL = /^(28|3D|42)/;

/** Node's error code for an unknown host. */
const NO_SUCH_HOST = 'ENOTFOUND';

const NOT_SEEN = 'it has not been seen to follow the primary yet';

const POSITION = `SELECT (pg_current_wal_flush_lsn() - '0/0')::text AS position`;
const IDENTITY = `system_identifier::text || ' ' || current_database()`;
const PRIMARY_IDENTITY = `SELECT ${IDENTITY} AS identity FROM pg_control_system()`;
const STATE = `
  SELECT ${IDENTITY} AS identity, pg_is_in_recovery() AS "isReplica",
         (pg_last_wal_replay_lsn() - '0/0')::text AS position
  FROM pg_control_system()`;

interface ReplicaState {
  readonly identity: string;
  /** Whether it follows a primary: a promoted one does not. */
  readonly isReplica: boolean;
  /** The position that it has replayed in the primary's log, in bytes; `null` if it is no replica. */
  readonly position: string | null;
}

/** Where the replica is, and when it may answer reads. */
export interface ReplicaOptions {
  readonly url: string;
  /** The lag beyond which the primary answers the reads, in milliseconds. */
  readonly maxLagMs: number;
  /** Called with a sentence when the replica starts or stops answering the reads. */
  readonly onChange: (message: string) => void;
}

/** The state of a replica, for metrics. */
export interface ReplicaStatus {
  /** Its host, port and database. */
  readonly place: string;
  readonly isUsed: boolean;
  readonly lagSeconds: number;
  /** Reads that the replica failed and the primary answered. */
  readonly failures: number;
}

/**
 * A streaming replica that answers reads while it is fit for them. It is unfit while it does not answer, after it failed a
 * read, while it lags by more than REPLICA_MAX_LAG, and when it no longer follows a primary. The lag is measured against
 * samples of the primary's log, twice a second, so no other machine's clock counts; while the primary is away, the last
 * known lag counts.
 */
export class Replica {
  private readonly place: string;
  /** For reads; `undefined` if no replica is configured. */
  private readonly reads: pg.Pool | undefined;
  private readonly probes: pg.Pool | undefined;
  private readonly lag = new ReplicaLag();
  private readonly probing = new Recurring(() => this.probe().then(() => PROBE_INTERVAL_MS));
  private identity: string | undefined;
  private unusedUntil = -Infinity;
  private failures = 0;
  /** Why the replica is not used; `undefined` while it is. */
  private problem: string | undefined = NOT_SEEN;

  /**
   * @param readOptions of the pool for reads.
   * @param options `undefined` if no replica is configured.
   */
  constructor(
    private readonly primary: Sql,
    readOptions: pg.PoolConfig,
    private readonly options: ReplicaOptions | undefined,
  ) {
    this.place = options ? placeOf(options.url) : '';
    if (!options) return;
    this.reads = new WatchedPool({ connectionString: options.url, ...readOptions });
    this.probes = new WatchedPool({
      ...{ connectionString: options.url, max: 1, application_name: `${readOptions.application_name ?? ''}-watch` },
      ...{ connectionTimeoutMillis: ANSWER_TIMEOUT_MS, query_timeout: ANSWER_TIMEOUT_MS },
    });
  }

  /**
   * Starts to use the replica. Only servers call it; commands read from the primary. Throws an `OperatorError` if the URL
   * is wrong: password, database, or a database that is no copy of the primary's. A replica that is away is no error.
   */
  async start(): Promise<void> {
    if (!this.probes) return;
    const { rows } = await this.primary.query<{ identity: string }>(PRIMARY_IDENTITY);
    this.identity = rows[0]?.identity;
    const wrong = await this.stateOf(this.probes).then(
      ({ identity }) => (identity === this.identity ? undefined : 'it is no copy of the database at DATABASE_URL'),
      (error: unknown) => (isWrongUrl(error) ? reasonOf(error) : undefined),
    );
    if (wrong !== undefined)
      throw new OperatorError(`The replica at ${this.place} cannot be used (${wrong}): check DATABASE_READ_URL.`);
    await this.probe();
    this.probing.start(PROBE_INTERVAL_MS);
  }

  /** The pool for reads; `undefined` while the replica is unfit. */
  get pool(): pg.Pool | undefined {
    return this.problem === undefined && this.lag.isKnown ? this.reads : undefined;
  }

  /** `used`, or `not used: ` and the reason; `undefined` if no replica is configured. */
  get state(): string | undefined {
    if (!this.reads) return undefined;
    return this.problem === undefined ? 'used' : `not used: ${this.problem}`;
  }

  /** The state for metrics; `undefined` if no replica is configured. */
  get status(): ReplicaStatus | undefined {
    if (!this.reads) return undefined;
    const { place, failures, lag } = this;
    return { place, isUsed: this.problem === undefined, lagSeconds: lag.seconds, failures };
  }

  /** The pools that count as the database's connections. */
  get pools(): pg.Pool[] {
    return this.reads ? [this.reads] : [];
  }

  /** Records that the replica failed a read. It stays in use unless the error concerns the server as a whole. */
  recordFailure(error: unknown): void {
    this.failures++;
    // A query cancelled by the replay, or a table that is not replicated yet, says nothing about other reads.
    if (error instanceof pg.DatabaseError && !/^(28|3D|53|57P|08)/.test(error.code ?? '')) return;
    this.unusedUntil = performance.now() + REST_AFTER_FAILURE_MS;
    this.setProblem(reasonOf(error));
  }

  /** Stops using the replica until it has replayed all that the primary has now: deleted data must not reappear. */
  catchUp(): void {
    this.lag.require(performance.now());
  }

  /** Stops probing and closes all connections. */
  async close(): Promise<void> {
    await this.probing.stop();
    await Promise.all([this.reads?.end(), this.probes?.end()]);
  }

  /** Updates the lag and the problem; never throws. */
  private async probe(): Promise<void> {
    if (!this.probes) return;
    const at = performance.now();
    const position = await this.primary.query<{ position: string }>(POSITION).then(
      ({ rows }) => rows[0]?.position,
      () => undefined,
    );
    if (position !== undefined) this.lag.sample(at, BigInt(position));
    try {
      const state = await this.stateOf(this.probes);
      if (state.position !== null) this.lag.recordReplayed(BigInt(state.position));
      this.setProblem(this.problemOf(state));
    } catch (error) {
      this.setProblem(reasonOf(error));
    }
  }

  private problemOf({ identity, isReplica }: ReplicaState): string | undefined {
    if (identity !== this.identity) return 'it is no copy of the database at DATABASE_URL';
    if (!isReplica) return 'it follows no primary: it was promoted, or never was a replica';
    const { seconds, isKnown } = this.lag;
    if (seconds * 1000 > (this.options?.maxLagMs ?? 0))
      return `it lags by ${Math.round(seconds)} seconds (REPLICA_MAX_LAG)`;
    if (this.problem === NOT_SEEN && !isKnown) return NOT_SEEN;
    return performance.now() < this.unusedUntil ? this.problem : undefined;
  }

  private setProblem(problem: string | undefined): void {
    if (this.probing.isStopping) return;
    const isNews = kindOf(problem) !== kindOf(this.problem) && problem !== NOT_SEEN;
    this.problem = problem;
    if (!isNews) return;
    this.options?.onChange(
      problem === undefined
        ? `the replica at ${this.place} answers the reads`
        : `the replica at ${this.place} is not used, the primary answers the reads: ${problem}`,
    );
  }

  private async stateOf(pool: Sql): Promise<ReplicaState> {
    const { rows } = await pool.query<ReplicaState>(STATE);
    return rows[0] ?? { identity: '', isReplica: false, position: null };
  }
}

/** A problem without its numbers: a growing lag is reported once. */
function kindOf(problem: string | undefined): string | undefined {
  return problem?.replace(/\d+/g, '');
}

function isWrongUrl(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return WRONG_URL.test(error.code ?? '');
  return error instanceof Error && 'code' in error && error.code === NO_SUCH_HOST;
}
