import { setTimeout as sleep } from 'node:timers/promises';

/** Clients that write all the time, while faults are provoked. */
export abstract class Clients {
  protected running = false;
  private readonly runs: Promise<void>[] = [];
  private failure: unknown;

  /** How many writes were acknowledged so far. */
  abstract get acknowledged(): number;

  /** Waits until this many more writes are acknowledged than now. */
  async written(more = 30): Promise<void> {
    const enough = this.acknowledged + more;
    while (this.acknowledged < enough) {
      this.check();
      await sleep(5);
    }
  }

  /** Starts a client, which goes on as long as `running` says. */
  protected launch(client: () => Promise<void>): void {
    this.running = true;
    this.runs.push(
      client().catch((error: unknown) => {
        this.failure ??= error;
      }),
    );
  }

  /** Begins no more writes, and waits until those that are under way have ended in one way or the other. */
  protected async end(): Promise<void> {
    this.running = false;
    await Promise.all(this.runs.splice(0));
    this.check();
  }

  /** Throws what a client has thrown. */
  protected check(): void {
    if (this.failure !== undefined) throw this.failure as Error;
  }
}
