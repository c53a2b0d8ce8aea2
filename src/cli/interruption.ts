import { StartError } from '../common/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` and aborts its signal at SIGINT or SIGTERM, so that it can clean up; the reason is a `StartError`.
 * Later signals change nothing: Ctrl-C under npm arrives twice.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new StartError('Interrupted: nothing was changed.'));
  };
  for (const signal of SIGNALS) process.on(signal, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, abort);
  }
}
