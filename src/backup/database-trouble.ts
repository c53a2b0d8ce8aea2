import pg from 'pg';
import { ArchiveError, OperatorError } from '../common/errors.js';
import { CommitUnknown } from '../postgres/database.js';
import { classify } from '../postgres/sql-errors.js';

/**
 * Throws an `OperatorError` where the database could not do what was asked of it; all else as it is.
 * @param failure what did not come about: `nothing was restored`.
 */
export function throwTrouble(error: unknown, failure: string): never {
  if (!(error instanceof Error) || error instanceof OperatorError) throw error;
  if (error instanceof CommitUnknown)
    throw new OperatorError(`It is not known whether it succeeded: ${error.message}. Look into the archive.`, {
      cause: error,
    });
  if (error instanceof ArchiveError) throw new OperatorError(`${failure}: ${error.message}.`, { cause: error });
  if (classify(error) === 'bug') throw error;
  const hint = error instanceof pg.DatabaseError && error.hint ? ` ${error.hint}` : '';
  throw new OperatorError(`${failure}: the database says "${error.message}".${hint}`, { cause: error });
}
