import { pauseMs } from '../retry.js';

/** How a logger writes by itself. */
export interface ContinuousOptions {
  /** Is told why a continuous write failed; it is tried again. A warning on the console unless given. */
  readonly onError?: ((error: Error) => void) | undefined;
}

/** Entries wait so long for others, unless there are many of them. */
const DELAY_MS = 100;
const MAX_WAITING = 1000;

/** The pauses after failures. */
const BACKOFF_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/** Writes soon after something was logged, one write at a time, and again after a failure. */
export class ContinuousWrite {
  private readonly onError: (error: Error) => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isWriting = false;
  /** How often something was logged during a write. */
  private missed = 0;
  private failures = 0;
  private isStopped = false;

  constructor(
    private readonly write: () => Promise<unknown>,
    { onError }: ContinuousOptions,
  ) {
    this.onError =
      onError ??
      ((error) => {
        console.warn(`DataLogger: ${error.message}`);
      });
  }

  /** @param waiting how many entries there are to write. */
  schedule(waiting: number): void {
    if (this.isWriting) this.missed++;
    else if (this.failures === 0 && waiting >= MAX_WAITING) this.start(0);
    else if (this.timer === undefined) this.start(DELAY_MS);
  }

  /** Writes no more. */
  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private start(delay: number): void {
    clearTimeout(this.timer);
    if (this.isStopped) return;
    this.timer = setTimeout(() => void this.run(), delay);
  }

  private async run(): Promise<void> {
    this.timer = undefined;
    this.isWriting = true;
    const { missed } = this;
    try {
      await this.write();
      this.failures = 0;
    } catch (error) {
      this.failures++;
      this.onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.isWriting = false;
    }
    if (this.failures > 0) this.start(pauseMs(this.failures, BACKOFF_MS, undefined, LONGEST_PAUSE_MS));
    else if (this.missed > missed) this.start(DELAY_MS);
  }
}
