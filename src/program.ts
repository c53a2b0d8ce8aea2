import { ArchiveError, OperatorError } from './common/errors.js';

/**
 * Runs a program. An `OperatorError`, or a database that is away or busy, becomes one sentence on stderr and its exit code;
 * any other error is a bug and shows its stack.
 */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (thrown) {
    process.exitCode = thrown instanceof OperatorError ? thrown.exitCode : 1;
    const error = thrown instanceof OperatorError ? thrown : await translated(thrown);
    const isExpected = error instanceof OperatorError || error instanceof ArchiveError;
    console.error(isExpected ? `marigram: ${sentence(error.message)}` : error);
  }
}

/** Loaded on demand: `--help` answers without the database's driver. */
async function translated(thrown: unknown): Promise<unknown> {
  return (await import('./postgres/unavailable.js')).translated(thrown);
}

/** Adds the full stop that messages of the API lack; a message of several lines may end in a command and stays as it is. */
function sentence(message: string): string {
  return /[.?:…]$|\n/.test(message) ? message : `${message}.`;
}
