import { type Backend, type Handed } from './backend.js';
import { type BackendReport, type NamedReport } from './report.js';

/** How long a backend that was told to give up may take to say what it has. */
const GRACE_MS = 5_000;

/**
 * One backend, and its calls in their order. Its first failure ends them, up to the last one; the others don't notice.
 */
export class Lane {
  readonly name: string;
  readonly takes: 'tables' | 'points';
  private tail: Promise<void> = Promise.resolve();
  /** Why it gets nothing more. */
  failure: Error | undefined;
  /** How often what waits was dropped. */
  private drops = 0;
  private rows = 0;

  constructor(
    private readonly backend: Backend,
    private readonly onFailure: (name: string, error: Error) => void,
  ) {
    this.name = backend.name ?? backend.constructor.name;
    this.takes = backend.takes ?? 'tables';
  }

  /** Calls the backend after all calls before. The promise never rejects. */
  call(step: (backend: Backend) => void | Promise<void>): Promise<void> {
    this.tail = this.tail.then(() => this.attempt(step));
    return this.tail;
  }

  /**
   * Hands data to the backend after all calls before, unless they are dropped meanwhile. Resolves when the backend wants
   * more; further calls don't wait for that.
   */
  async put(...handed: Handed): Promise<void> {
    const { drops } = this;
    await this.call(async (backend) => {
      if (this.drops > drops) return;
      await backend.put(...handed);
      const [, , data] = handed;
      if ('row' in data) this.rows += data.ts.length;
    });
    await this.attempt((backend) => backend.ready?.());
  }

  /** Puts the backend aside: it gets no call from now on. */
  fail(reason: unknown): void {
    if (this.failure) return;
    this.failure = reason instanceof Error ? reason : new Error(String(reason));
    this.onFailure(this.name, this.failure);
  }

  /** Ends the session in the backend after all calls before. Never rejects. */
  close(testEnd: number, signal: AbortSignal): Promise<NamedReport> {
    return this.end((backend) => backend.close?.(testEnd, signal), signal);
  }

  /** Drops the data that the backend has not been handed yet. */
  drop(): void {
    this.drops++;
  }

  /** Gives the session up, as `close`. */
  interrupt(testEnd: number, signal: AbortSignal): Promise<NamedReport> {
    return this.end((backend) => backend.interrupt?.(testEnd, signal), signal);
  }

  private async attempt(step: (backend: Backend) => void | Promise<void>): Promise<void> {
    if (this.failure) return;
    try {
      await step(this.backend);
    } catch (error) {
      this.fail(error);
    }
  }

  private async end(
    step: (backend: Backend) => ReturnType<NonNullable<Backend['close']>>,
    signal: AbortSignal,
  ): Promise<NamedReport> {
    let report: BackendReport | undefined;
    // Also after a failure: there may be files to close, and something to report.
    const ended = this.tail.then(async () => {
      report = await step(this.backend);
    });
    await inTime(ended, signal).catch((error: unknown) => {
      this.fail(error);
    });
    const { rows = this.rows, pending = 0, refused = 0, ...rest } = report ?? { status: 'complete' };
    const failure = this.failure && { status: 'failed' as const, error: this.failure };
    return { ...rest, ...failure, name: this.name, rows, pending, refused };
  }
}

/** Waits for a call, but not long after the signal: then it rejects. */
async function inTime(call: Promise<void>, signal: AbortSignal): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    signal.addEventListener(
      'abort',
      () => {
        timer = setTimeout(() => {
          reject(new Error('did not end in the time allowed'));
        }, GRACE_MS);
      },
      { once: true },
    );
  });
  try {
    await Promise.race([call, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
