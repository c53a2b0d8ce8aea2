import { ArchiveError, ConnectionError, TimeoutError } from './errors.js';
import { reasonOf } from './failure-reason.js';

/** A time limit that also ends with the caller's own signal. `AbortSignal.any` would do, but Node 18 lacks it. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly timer: ReturnType<typeof setTimeout>;

  /** @param outer the caller's signal, if there is one; its reason becomes the reason of `signal`. */
  constructor(
    timeoutMs: number,
    private readonly outer: AbortSignal | undefined,
  ) {
    const expire = (): void => {
      this.controller.abort(new TimeoutError(`no answer within ${timeoutMs / 1000} seconds`));
    };
    this.timer = setTimeout(expire, timeoutMs);
    if (outer?.aborted) this.follow();
    else outer?.addEventListener('abort', this.follow);
  }

  /** Aborts when the time is over or the caller's signal does. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** What a promise resolves to, or a rejection with the signal's reason when that aborts first. */
  async race<T>(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const abort = (): void => {
        // The reason is whatever the caller aborted with.
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
        reject(this.signal.reason);
      };
      if (this.signal.aborted) abort();
      this.signal.addEventListener('abort', abort);
      promise.then(resolve, reject);
    });
  }

  /** Stops the clock; `signal` never aborts from then on. */
  release(): void {
    clearTimeout(this.timer);
    this.outer?.removeEventListener('abort', this.follow);
  }

  private readonly follow = (): void => {
    this.controller.abort(this.outer?.reason);
  };
}

/**
 * What a call resolves to within a time limit.
 * @param outer the caller's signal, if there is one.
 * Throws the reason of the signal that ended it, the `ArchiveError`s of `call`, and a `ConnectionError` for any other of
 * its errors.
 */
export async function withinDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(timeoutMs, outer);
  try {
    return await deadline.race(call(deadline.signal));
  } catch (error) {
    if (deadline.signal.aborted) throw deadline.signal.reason;
    if (error instanceof ArchiveError) throw error;
    throw new ConnectionError(`no whole answer: ${reasonOf(error)}`, { cause: error });
  } finally {
    deadline.release();
  }
}
