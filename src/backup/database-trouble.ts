import pg from 'pg';
import { ArchiveError, StartError } from '../common/errors.js';
import { CommitUnknown } from '../storage/database.js';
import { classify } from '../storage/sql-errors.js';

/**
 * Throws a `StartError` where the database could not do what was asked of it; all else as it is.
 * @param failure what did not come about: `nothing was restored`.
 */
export function throwTrouble(error: unknown, failure: string): never {
  if (!(error instanceof Error) || error instanceof StartError) throw error;
  if (error instanceof CommitUnknown)
    throw new StartError(`It is not known whether it succeeded: ${error.message}. Look into the archive.`, {
      cause: error,
    });
  if (error instanceof ArchiveError) throw new StartError(`${failure}: ${error.message}.`, { cause: error });
  if (classify(error) === 'bug') throw error;
  const hint = error instanceof pg.DatabaseError && error.hint ? ` ${error.hint}` : '';
  throw new StartError(`${failure}: the database says "${error.message}".${hint}`, { cause: error });
}
