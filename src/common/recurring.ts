/** Repeats a task, one run at a time, with a pause after each. */
export class Recurring {
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isTriggered = false;
  private stopping = false;

  /** @param task never throws; resolves with the pause before its next run, in milliseconds. */
  constructor(private readonly task: () => Promise<number>) {}

  /** Schedules the next run after a pause in milliseconds; the timer keeps no process alive. */
  start(pause: number): void {
    this.timer = setTimeout(() => {
      this.runNow();
    }, pause).unref();
  }

  /** Starts a run now; if one is under way, another one follows it. */
  runNow(): void {
    if (this.stopping) return;
    if (this.running) {
      this.isTriggered = true;
      return;
    }
    clearTimeout(this.timer);
    // Not at once: a task that triggers itself before its first wait must find that it is running.
    this.running = Promise.resolve()
      .then(this.task)
      .then((pause) => {
        this.running = undefined;
        if (this.stopping) return;
        this.start(this.isTriggered ? 0 : pause);
        this.isTriggered = false;
      });
  }

  /** Starts no further run, and resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Whether `stop` was called. */
  get isStopping(): boolean {
    return this.stopping;
  }
}
