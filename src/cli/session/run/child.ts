import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What shells answer where there is no such program, or it can't be run. */
const NOT_FOUND = 127;
const NOT_RUN = 126;

/** Starts a program with the terminal of this one; its stdout may be a pipe instead. */
export function start(
  [program = '', ...args]: readonly string[],
  env: NodeJS.ProcessEnv,
  stdout: 'inherit' | 'pipe',
): ChildProcess {
  return spawn(program, args, { env, stdio: ['inherit', stdout, 'inherit'] });
}

/**
 * The exit code of a program as a shell has it: 128 and its number for a signal. Signals to this process are passed on, and
 * the end of the program is waited for.
 */
export async function exitCodeOf(child: ChildProcess): Promise<number> {
  const pass = (signal: NodeJS.Signals): void => {
    // A terminal has sent it to the program, too: twice would end some programs at once.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    return await new Promise<number>((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => {
        console.error(`marigram: ${error.message}`);
        resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_RUN);
      });
      child.once('exit', (code, signal) => {
        resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      });
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}
