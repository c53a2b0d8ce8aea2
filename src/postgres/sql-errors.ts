import pg from 'pg';
import { QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { Unavailable } from '../common/errors.js';

/** Kinds of failed statements. */
export type SqlFailure =
  /** Another transaction got in the way: the same transaction may be retried. */
  | 'retry'
  /** A unique key exists already. */
  | 'duplicate'
  /** No partition takes this row. */
  | 'no-partition'
  /** A value can't be stored. */
  | 'bad-data'
  /** The database is away, shutting down, or out of a resource. */
  | 'unavailable'
  /** Anything else: our bug. */
  | 'bug';

const BY_CODE: Readonly<Record<string, SqlFailure>> = {
  '40001': 'retry', // serialization failure
  '40P01': 'retry', // deadlock
  '55P03': 'retry', // lock not available
  XX000: 'retry', // "tuple concurrently updated": two servers make the same chunk of TimescaleDB
  '42P07': 'retry', // the same: the chunk's table is there already
  '23505': 'duplicate',
  '23514': 'no-partition', // "no partition of relation found" is a check violation; partitioned tables have no other checks
  '57P01': 'unavailable', // admin shutdown
  '57P02': 'unavailable', // crash shutdown
  '57P03': 'unavailable', // cannot connect now
  '57014': 'unavailable', // query cancelled (statement timeout)
  '25006': 'unavailable', // read-only transaction: a replica, after a failover
};

const BY_CLASS: Readonly<Record<string, SqlFailure>> = {
  '08': 'unavailable', // connection
  '22': 'bad-data',
  '23': 'bad-data',
  '53': 'unavailable', // resources: disk full, too many connections, out of memory
  '54': 'bad-data', // program limit
};

/** What node says of a connection that can't be made or breaks. */
const CONNECTION_CODES: ReadonlySet<unknown> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'],
]);

/** What TLS says of a connection that it does not trust or understand, such as `CERT_HAS_EXPIRED`. */
const TLS_CODE = /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|ERR_TLS_|EPROTO$)/;

/** What node-postgres and its pool say of connections; these errors have no code, so there is only the text. */
const CONNECTION_TEXTS: ReadonlySet<string> = new Set([
  'Connection terminated',
  'Connection terminated unexpectedly',
  'Connection terminated due to connection timeout',
  'timeout expired',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error and is not queryable',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end on the pool',
  'The server does not support SSL connections',
  'There was an error establishing an SSL connection',
]);

/** Classifies an error that a statement or a connection attempt threw; PostgreSQL's own by SQLSTATE, never by text. */
export function classify(thrown: unknown): SqlFailure {
  const error = causeOf(thrown);
  // TypeORM throws this when a connection that broke is used again.
  if (error instanceof QueryRunnerAlreadyReleasedError) return 'unavailable';
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? '';
    return BY_CODE[code] ?? BY_CLASS[code.slice(0, 2)] ?? 'bug';
  }
  return isConnectionError(error) ? 'unavailable' : 'bug';
}

/** The driver's error behind one of TypeORM or a translated one; any other error unchanged. */
export function causeOf(error: unknown): unknown {
  if (error instanceof QueryFailedError) return error.driverError;
  return error instanceof Unavailable && error.cause !== undefined ? causeOf(error.cause) : error;
}

/** Whether pg or node say that a connection failed or broke; every other error is a mistake of ours. */
function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Several addresses were tried.
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isConnectionError);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined) return CONNECTION_TEXTS.has(error.message);
  // A Unix socket that is not there or not ours fails with ENOENT or EACCES, as files do: only here they mean that.
  return CONNECTION_CODES.has(code) || TLS_CODE.test(code) || syscall === 'connect';
}

/**
 * The shortest honest text for a failed connection or statement; of several addresses tried, the reason of the first.
 */
export function reasonOf(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first.message : String(first);
}
