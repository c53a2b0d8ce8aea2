import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { IdempotencyStore } from '../storage/idempotency-store.js';

/** How long after the start the first run is, and how long after a run the next, in milliseconds. */
const FIRST_PAUSE = 120_000;
const PAUSE = 3_600_000;

/** Removes expired `Idempotency-Key`s, once an hour: with busy clients there are many. */
@Injectable()
export class IdempotencyJob implements OnModuleDestroy {
  private readonly logger = new Logger(IdempotencyJob.name);
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(private readonly store: IdempotencyStore) {}

  /** Begins the runs; for servers only, not for commands. */
  start(): void {
    this.schedule(FIRST_PAUSE);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** One run. Never throws: what fails is logged, and the next run tries again. */
  async run(): Promise<void> {
    try {
      await this.store.removeExpired();
    } catch (error) {
      if (!this.stopping) this.logger.error(`removing old idempotency keys failed, tried again later: ${String(error)}`);
    }
  }

  private schedule(pause: number): void {
    this.timer = setTimeout(() => {
      this.running = this.run().then(() => {
        if (!this.stopping) this.schedule(PAUSE);
      });
    }, pause).unref();
  }
}
