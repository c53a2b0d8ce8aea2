import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { OperatorError } from '../common/errors.js';
import { Recurring } from '../common/recurring.js';
import { AppConfig } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { placeOf, poolOf } from './database-url.js';
import { WatchedPool } from './watched-pool.js';
import { ReplicaLag } from './replica-lag.js';
import { reasonOf } from './sql-errors.js';

/** The pause between two looks at the replica, and how long it may take for its answer, in milliseconds. */
const PAUSE = 500;
const ANSWER_TIMEOUT = 2000;

/** How long a replica that failed a read is left alone, in milliseconds, even if it answers our looks. */
const GRACE = 5000;

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

/**
 * The replica at DATABASE_READ_URL, and whether it is fit to answer reads. It is not while it does not answer, fails a
 * read, lags by more than REPLICA_MAX_LAG, or follows no primary any more: then the primary answers, and the log, the
 * metrics and `/health/ready` say why. The lag is measured against the positions that the primary's log had, twice a
 * second, so that it needs no clock of another machine; while the primary is away, it stays as it was.
 */
@Injectable()
export class Replica implements OnApplicationShutdown {
  private readonly logger = new Logger(Replica.name);
  private readonly primary: pg.Pool;
  private readonly place: string;
  private readonly maxLag: number;
  /** For reads; `undefined` where no replica is configured. */
  private readonly reads: pg.Pool | undefined;
  private readonly looks: pg.Pool | undefined;
  private readonly lag = new ReplicaLag();
  private readonly watch = new Recurring(() => this.look().then(() => PAUSE));
  private identity: string | undefined;
  private restsUntil = -Infinity;
  /** Why it is not used; `undefined` while it is. */
  private problem: string | undefined = NOT_SEEN;

  constructor(
    @InjectDataSource() dataSource: DataSource,
    config: AppConfig,
    private readonly metrics: Metrics,
  ) {
    this.primary = poolOf(dataSource);
    this.maxLag = config.replicaMaxLag;
    const url = config.databaseReadUrl;
    this.place = url === undefined ? '' : placeOf(url);
    if (url === undefined) return;
    this.reads = new WatchedPool({
      connectionString: url,
      max: config.poolSize,
      statement_timeout: config.statementTimeout,
      application_name: 'marigram-read',
    });
    this.looks = new WatchedPool({
      ...{ connectionString: url, max: 1, application_name: 'marigram-replica' },
      ...{ connectionTimeoutMillis: ANSWER_TIMEOUT, query_timeout: ANSWER_TIMEOUT },
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
    this.watch.start(PAUSE);
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

  /** Its connections. */
  get pools(): pg.Pool[] {
    return this.reads ? [this.reads] : [];
  }

  /** Notes that it failed a read, which the primary answers instead. One that is only busy goes on to be used. */
  failed(error: unknown): void {
    this.metrics.replicaFailures.inc({ replica: this.place });
    // A query that was in the way of the replay, or a table that is still to come, says nothing of other reads.
    if (error instanceof pg.DatabaseError && !/^(28|3D|53|57P|08)/.test(error.code ?? '')) return;
    this.restsUntil = performance.now() + GRACE;
    this.conclude(reasonOf(error));
  }

  /** Keeps reads from it until it has what the primary has now: who deleted something must not see it again. */
  catchUp(): void {
    this.lag.require(performance.now());
  }

  async onApplicationShutdown(): Promise<void> {
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
    if (seconds * 1000 > this.maxLag) return `it lags by ${Math.round(seconds)} seconds (REPLICA_MAX_LAG)`;
    if (this.problem === NOT_SEEN && !isKnown) return NOT_SEEN;
    return performance.now() < this.restsUntil ? this.problem : undefined;
  }

  private conclude(problem: string | undefined): void {
    if (this.watch.isStopping) return;
    const labels = { replica: this.place };
    this.metrics.replicaLag.set(labels, this.lag.seconds);
    this.metrics.replicaUsed.set(labels, problem === undefined ? 1 : 0);
    const isNews = kindOf(problem) !== kindOf(this.problem) && problem !== NOT_SEEN;
    this.problem = problem;
    if (!isNews) return;
    this.logger.warn(
      problem === undefined
        ? `the replica at ${this.place} answers the reads`
        : `the replica at ${this.place} is not used, the primary answers the reads: ${problem}`,
    );
  }

  private async stateOf(pool: pg.Pool): Promise<ReplicaState> {
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
