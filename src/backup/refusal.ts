import { OperatorError } from '../common/errors.js';
import { BadBackup } from './format.js';

/** Throws an `OperatorError` for all that can be wrong with a file; mistakes of ours as they are. */
export function refuse(file: string, error: unknown): never {
  if (error instanceof BadBackup) throw new OperatorError(`${file} cannot be restored: ${error.message}.`);
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof OperatorError) throw error;
  if ('syscall' in error) return unreadable(file, error);
  // What zlib and tar-stream find, such as "incorrect header check" and "unexpected end of file".
  throw new OperatorError(`${file} cannot be restored: it is damaged, or no backup at all (${error.message}).`);
}

/** Throws an `OperatorError` for what the file system says. */
export function unreadable(file: string, error: unknown): never {
  throw new OperatorError(`${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`);
}
