/** Runs a task again and again, one run at a time, with a pause after each. */
export class Recurring {
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  /** @param task never throws. */
  constructor(private readonly task: () => Promise<void>) {}

  /** Begins; both pauses, before the first run and after each, are in milliseconds. The process may end meanwhile. */
  start(firstPause: number, pause: number): void {
    this.timer = setTimeout(() => {
      this.running = this.task().then(() => {
        if (!this.stopping) this.start(pause, pause);
      });
    }, firstPause).unref();
  }

  /** Lets no further run begin, and resolves when the one that is under way has ended. */
  async stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** Whether it was stopped: what fails then need not be told. */
  get isStopping(): boolean {
    return this.stopping;
  }
}
