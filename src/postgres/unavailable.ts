import pg from 'pg';
import { ArchiveError, Unavailable } from '../common/errors.js';
import { causeOf, classify } from './sql-errors.js';

/** SQLSTATEs of a statement that was cancelled, and of a full disk. */
const QUERY_CANCELED = '57014';
const DISK_FULL = '53100';

/** When to try again, in seconds, after a statement that took too long, and after a full disk. */
const RETRY_TIMED_OUT_SECONDS = 10;
const RETRY_DISK_FULL_SECONDS = 30;

/** A serialization failure, deadlock or lock timeout. */
export class Contention extends Unavailable {
  constructor(options?: ErrorOptions) {
    super('other transactions on the database are in the way, try again', 1, options);
  }
}

/** The connection was lost in a transaction before COMMIT: nothing was stored. */
export class ConnectionLost extends Unavailable {}

/** The connection was lost in COMMIT: whether the transaction was committed is unknown. */
export class CommitUnknown extends Unavailable {
  override readonly code = 'commit-unknown';

  constructor(options?: ErrorOptions) {
    super('the connection to the database was lost in the commit: it is not known whether it took place', 1, options);
  }
}

/** A statement took longer than `STATEMENT_TIMEOUT`. */
export class StatementTimeout extends Unavailable {
  override readonly code = 'statement-timeout';

  constructor(options?: ErrorOptions) {
    super('the database took too long (STATEMENT_TIMEOUT): ask for less at a time', RETRY_TIMED_OUT_SECONDS, options);
  }
}

/** The disk is full, or so nearly that PostgreSQL needs the rest. */
export class DiskFull extends Unavailable {
  override readonly code = 'disk-full';

  constructor(options?: ErrorOptions) {
    // Somebody has to make room first.
    super('the disk of the database is full: nothing can be stored now', RETRY_DISK_FULL_SECONDS, options);
  }
}

/**
 * Translates an error of the driver: `Unavailable` for a database that is away or busy, with the driver's error as its
 * cause. Returns any other error unchanged.
 * @param inTransaction whether a lost connection was lost in a transaction, which makes it `ConnectionLost`.
 */
export function translated(error: unknown, inTransaction = false): unknown {
  if (error instanceof ArchiveError) return error;
  switch (classify(error)) {
    case 'retry':
      return new Contention({ cause: error });
    case 'unavailable':
      return unavailable(causeOf(error), inTransaction ? ConnectionLost : Unavailable);
    default:
      return error;
  }
}

/** Throws the translated error; for `catch` of a statement or of `connect`. */
export function asUnavailable(error: unknown): never {
  throw translated(error);
}

/** Throws `CommitUnknown` for a lost connection, any other error unchanged; for `catch` of a COMMIT. */
export function asCommitUnknown(error: unknown): never {
  throw classify(error) === 'unavailable' ? new CommitUnknown({ cause: error }) : error;
}

/** Whether the database cancelled a statement because it took too long. */
export function isTimeout(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === QUERY_CANCELED;
}

function unavailable(error: unknown, WhenLost: typeof Unavailable): Unavailable {
  const options = { cause: error };
  if (isTimeout(error)) return new StatementTimeout(options);
  if (!(error instanceof pg.DatabaseError)) return new WhenLost(awayText((error as Error).message), 1, options);
  if (error.code === DISK_FULL) return new DiskFull(options);
  return new Unavailable(awayText(`SQLSTATE ${error.code ?? '?'}`), 1, options);
}

function awayText(reason: string): string {
  return `the database cannot answer now (${reason})`;
}
