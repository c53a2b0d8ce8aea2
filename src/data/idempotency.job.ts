import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Recurring } from '../common/recurring.js';
import { IdempotencyStore } from '../storage/ingest/idempotency-store.js';

/** How long after the start the first run is, and how long after a run the next, in milliseconds. */
const FIRST_PAUSE = 120_000;
const PAUSE = 3_600_000;

/** Removes expired `Idempotency-Key`s, once an hour: with busy clients there are many. */
@Injectable()
export class IdempotencyJob implements OnModuleDestroy {
  private readonly logger = new Logger(IdempotencyJob.name);
  private readonly runs = new Recurring(() => this.run());

  constructor(private readonly store: IdempotencyStore) {}

  /** Begins the runs; for servers only, not for commands. */
  start(): void {
    this.runs.start(FIRST_PAUSE, PAUSE);
  }

  async onModuleDestroy(): Promise<void> {
    await this.runs.stop();
  }

  /** One run. Never throws: what fails is logged, and the next run tries again. */
  async run(): Promise<void> {
    try {
      await this.store.removeExpired();
    } catch (error) {
      if (!this.runs.isStopping) this.logger.error(`removing old idempotency keys failed, tried again later: ${String(error)}`);
    }
  }
}
