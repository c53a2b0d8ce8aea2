import { ArchiveError, OperatorError } from './common/errors.js';

/**
 * Runs a program: a `OperatorError`, and a database that is away or busy, become one sentence on stderr, with its exit code;
 * anything else that escapes is a bug and shows its stack.
 */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (thrown) {
    process.exitCode = thrown instanceof OperatorError ? thrown.exitCode : 1;
    const error = thrown instanceof OperatorError ? thrown : await explained(thrown);
    const isExpected = error instanceof OperatorError || error instanceof ArchiveError;
    console.error(isExpected ? `marigram: ${sentence(error.message)}` : error);
  }
}

/** Loaded only when it is needed: `--help` answers without the database's driver. */
async function explained(thrown: unknown): Promise<unknown> {
  return (await import('./postgres/database.js')).explained(thrown);
}

/** Messages to clients of the API end without a full stop. What has several lines ends as it is: with a command, say. */
function sentence(message: string): string {
  return /[.?:…]$|\n/.test(message) ? message : `${message}.`;
}
