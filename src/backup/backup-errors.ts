import pg from 'pg';
import { ArchiveError, OperatorError } from '../common/errors.js';
import { causeOf, classify } from '../postgres/sql-errors.js';
import { CommitUnknown } from '../postgres/unavailable.js';

/** The file is no backup of ours, or is damaged. The message says why, to follow "because" or a colon. */
export class BadBackup extends Error {}

/** Throws an `OperatorError` for anything that can be wrong with a file; errors of the program as they are. */
export function throwFileError(file: string, error: unknown): never {
  if (error instanceof BadBackup) throw new OperatorError(`${file} cannot be restored: ${error.message}.`);
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof OperatorError) throw error;
  if ('syscall' in error) return throwUnreadable(file, error);
  // From zlib and tar-stream, such as "incorrect header check" and "unexpected end of file".
  throw new OperatorError(`${file} cannot be restored: it is damaged, or no backup at all (${error.message}).`);
}

/** Throws an `OperatorError` for an error of the file system. */
export function throwUnreadable(file: string, error: unknown): never {
  throw new OperatorError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
}

/**
 * Throws an `OperatorError` for an error of the database; all others as they are.
 * @param failure what did not happen: `Nothing was restored`.
 */
export function throwDatabaseError(error: unknown, failure: string): never {
  if (!(error instanceof Error) || error instanceof OperatorError) throw error;
  if (error instanceof CommitUnknown)
    throw new OperatorError(`It is not known whether it succeeded: ${error.message}. Look into the archive.`, {
      cause: error,
    });
  const cause = causeOf(error);
  if (cause instanceof pg.DatabaseError && classify(cause) !== 'bug') {
    const hint = cause.hint ? ` ${cause.hint}` : '';
    throw new OperatorError(`${failure}: the database says "${cause.message}".${hint}`, { cause: error });
  }
  if (error instanceof ArchiveError) throw new OperatorError(`${failure}: ${error.message}.`, { cause: error });
  throw error;
}
