import pg from 'pg';
import { QueryFailedError } from 'typeorm';

/** What a failed statement means for whoever ran it. */
export type SqlFailure =
  /** Another transaction was in the way: the same transaction can simply be run again. */
  | 'retry'
  /** A unique key was there already. */
  | 'duplicate'
  /** No chunk takes this time. */
  | 'no-chunk'
  /** Something in the data itself can't be stored. */
  | 'bad-data'
  /** The database is away, shutting down, or out of a resource. */
  | 'unavailable'
  /** Anything else: our bug. */
  | 'bug';

const BY_CODE: Readonly<Record<string, SqlFailure>> = {
  '40001': 'retry', // serialization failure
  '40P01': 'retry', // deadlock
  '55P03': 'retry', // lock not available
  '23505': 'duplicate',
  '23514': 'no-chunk', // "no partition of relation found" is a check violation; our tables have no other checks on points
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

/** Classifies an error that a statement or a connection attempt threw; by SQLSTATE, never by text. */
export function classify(thrown: unknown): SqlFailure {
  const error: unknown = thrown instanceof QueryFailedError ? thrown.driverError : thrown;
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? '';
    return BY_CODE[code] ?? BY_CLASS[code.slice(0, 2)] ?? 'bug';
  }
  // What pg and node throw when a connection fails or breaks: system errors with a code, or plain `Error`s.
  // A TypeError and its like are mistakes of ours.
  return error instanceof Error && (error.constructor === Error || 'errno' in error || error instanceof AggregateError)
    ? 'unavailable'
    : 'bug';
}

/** Whether the connection itself broke, so that the fate of what was under way on it is unknown. */
export function isBrokenConnection(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) && classify(error) === 'unavailable';
}
