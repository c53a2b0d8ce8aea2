import pg from 'pg';
import { OperatorError } from '../common/errors.js';
import { Recurring } from '../common/recurring.js';
import { placeOf } from './database-url.js';
import { ReplicaLag } from './replica-lag.js';
import { type Sql } from './sql.js';
import { reasonOf } from './sql-errors.js';
import { WatchedPool } from './watched-pool.js';

/** The pause between two looks at the replica, and how long it may take for its answer, in milliseconds. */
const PROBE_INTERVAL_MS = 500;
const ANSWER_TIMEOUT_MS = 2000;

/** How long a replica that failed a read is not used, in milliseconds, even if it answers our looks. */
const REST_AFTER_FAILURE_MS = 5000;

/** SQLSTATEs by which a server says that the URL is wrong: password, rights, database. */
const WRONG_URL = /^(28|3D|42)/;

/** What node says of a host that does not exist. */
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
  /** How far it has come in the log of the primary; `null` where there is none. */
  readonly position: string | null;
}

/** Where the replica is, and when it is fit for reads. */
export interface ReplicaOptions {
  readonly url: string;
  /** How far it may be behind and still answer reads, in milliseconds. */
  readonly maxLagMs: number;
  /** Called with a sentence when it begins or ceases to answer the reads. */
  readonly onChange: (message: string) => void;
}

/** What there is to say of a replica, for metrics. */
export interface ReplicaStatus {
  /** Its host, port and database. */
  readonly place: string;
  readonly isUsed: boolean;
  readonly lagSeconds: number;
  /** Reads that it failed and the primary answered. */
  readonly failures: number;
}

/**
 * A replica of the primary, and whether it is fit to answer reads. It is not while it does not answer, fails a read, lags
 * by more than REPLICA_MAX_LAG, or follows no primary any more: then the primary answers, and the log, the metrics and
 * `/health/ready` say why. The lag is measured against the positions that the primary's log had, twice a second, so that
 * it needs no clock of another machine; while the primary is away, it stays as it was.
 */
export class Replica {
  private readonly place: string;
  /** For reads; `undefined` where no replica is configured. */
  private readonly reads: pg.Pool | undefined;
  private readonly looks: pg.Pool | undefined;
  private readonly lag = new ReplicaLag();
  private readonly watch = new Recurring(() => this.look().then(() => PROBE_INTERVAL_MS));
  private identity: string | undefined;
  private restsUntil = -Infinity;
  private failures = 0;
  /** Why it is not used; `undefined` while it is. */
  private problem: string | undefined = NOT_SEEN;

  /**
   * @param readOptions of the pool for reads.
   * @param options `undefined` where no replica is configured.
   */
  constructor(
    private readonly primary: Sql,
    readOptions: pg.PoolConfig,
    private readonly options: ReplicaOptions | undefined,
  ) {
    this.place = options ? placeOf(options.url) : '';
    if (!options) return;
    this.reads = new WatchedPool({ connectionString: options.url, ...readOptions });
    this.looks = new WatchedPool({
      ...{ connectionString: options.url, max: 1, application_name: `${readOptions.application_name ?? ''}-watch` },
      ...{ connectionTimeoutMillis: ANSWER_TIMEOUT_MS, query_timeout: ANSWER_TIMEOUT_MS },
    });
  }

  /**
   * Begins to use it; for servers only, since commands ask the primary alone. Throws an `OperatorError` where the URL is
   * wrong: the password, the database, or a database that is no copy of this archive's. A replica that is away is none.
   */
  async start(): Promise<void> {
    if (!this.looks) return;
    const { rows } = await this.primary.query<{ identity: string }>(PRIMARY_IDENTITY);
    this.identity = rows[0]?.identity;
    const wrong = await this.stateOf(this.looks).then(
      ({ identity }) => (identity === this.identity ? undefined : 'it is no copy of the database at DATABASE_URL'),
      (error: unknown) => (isWrongUrl(error) ? reasonOf(error) : undefined),
    );
    if (wrong !== undefined)
      throw new OperatorError(`The replica at ${this.place} cannot be used (${wrong}): check DATABASE_READ_URL.`);
    await this.look();
    this.watch.start(PROBE_INTERVAL_MS);
  }

  /** The pool for a read, while the replica is fit to answer it. */
  get pool(): pg.Pool | undefined {
    return this.problem === undefined && this.lag.isKnown ? this.reads : undefined;
  }

  /** In words: whether it is used, and if not, why; `undefined` where no replica is configured. */
  get state(): string | undefined {
    if (!this.reads) return undefined;
    return this.problem === undefined ? 'used' : `not used: ${this.problem}`;
  }

  /** For metrics; `undefined` where no replica is configured. */
  get status(): ReplicaStatus | undefined {
    if (!this.reads) return undefined;
    const { place, failures, lag } = this;
    return { place, isUsed: this.problem === undefined, lagSeconds: lag.seconds, failures };
  }

  /** Its connections. */
  get pools(): pg.Pool[] {
    return this.reads ? [this.reads] : [];
  }

  /** Notes that it failed a read, which the primary answers instead. One that is only busy goes on to be used. */
  failed(error: unknown): void {
    this.failures++;
    // A query that was in the way of the replay, or a table that is still to come, says nothing of other reads.
    if (error instanceof pg.DatabaseError && !/^(28|3D|53|57P|08)/.test(error.code ?? '')) return;
    this.restsUntil = performance.now() + REST_AFTER_FAILURE_MS;
    this.conclude(reasonOf(error));
  }

  /** Keeps reads from it until it has what the primary has now: who deleted something must not see it again. */
  catchUp(): void {
    this.lag.require(performance.now());
  }

  /** Closes its connections, and ends the watch over it. */
  async close(): Promise<void> {
    await this.watch.stop();
    await Promise.all([this.reads?.end(), this.looks?.end()]);
  }

  /** Looks how it is; never throws. */
  private async look(): Promise<void> {
    if (!this.looks) return;
    const at = performance.now();
    const position = await this.primary.query<{ position: string }>(POSITION).then(
      ({ rows }) => rows[0]?.position,
      () => undefined,
    );
    if (position !== undefined) this.lag.sample(at, BigInt(position));
    try {
      const state = await this.stateOf(this.looks);
      if (state.position !== null) this.lag.replayed(BigInt(state.position));
      this.conclude(this.problemOf(state));
    } catch (error) {
      this.conclude(reasonOf(error));
    }
  }

  private problemOf({ identity, isReplica }: ReplicaState): string | undefined {
    if (identity !== this.identity) return 'it is no copy of the database at DATABASE_URL';
    if (!isReplica) return 'it follows no primary: it was promoted, or never was a replica';
    const { seconds, isKnown } = this.lag;
    if (seconds * 1000 > (this.options?.maxLagMs ?? 0))
      return `it lags by ${Math.round(seconds)} seconds (REPLICA_MAX_LAG)`;
    if (this.problem === NOT_SEEN && !isKnown) return NOT_SEEN;
    return performance.now() < this.restsUntil ? this.problem : undefined;
  }

  private conclude(problem: string | undefined): void {
    if (this.watch.isStopping) return;
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

/** A reason without its numbers: a lag that grows is one and the same. */
function kindOf(problem: string | undefined): string | undefined {
  return problem?.replace(/\d+/g, '');
}

function isWrongUrl(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return WRONG_URL.test(error.code ?? '');
  return error instanceof Error && 'code' in error && error.code === NO_SUCH_HOST;
}
