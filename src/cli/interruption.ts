import { OperatorError } from '../common/errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

const UNCHANGED = 'Interrupted: nothing was changed.';

/**
 * Runs `work` and aborts its signal at SIGINT or SIGTERM, so that it can clean up; the reason is an `OperatorError`.
 * Later signals change nothing: Ctrl-C under npm arrives twice.
 * @param message the sentence of the `OperatorError`.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, message = UNCHANGED): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort(new OperatorError(message));
  };
  for (const signal of SIGNALS) process.on(signal, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, abort);
  }
}
