import { StartError } from './common/errors.js';

/**
 * Runs a program: a `StartError` becomes one sentence on stderr and exit code 1; anything else that escapes is a bug
 * and shows its stack.
 */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    process.exitCode = 1;
    console.error(error instanceof StartError ? `marigram: ${error.message}` : error);
  }
}
