import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { AuditStore } from '../storage/audit-store.js';

/** How long after the start the first run is, and how long after a run the next, in milliseconds. */
const FIRST_PAUSE = 90_000;
const PAUSE = 24 * 3_600_000;

/** Lets the audit forget, once a day, what is older than AUDIT_RETENTION. */
@Injectable()
export class AuditJob implements OnModuleDestroy {
  private readonly logger = new Logger(AuditJob.name);
  private running: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopping = false;

  constructor(
    private readonly config: AppConfig,
    private readonly store: AuditStore,
  ) {}

  /** Begins the daily runs; for servers only, not for commands. */
  start(): void {
    if (this.config.auditDays > 0) this.schedule(FIRST_PAUSE);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.timer);
    await this.running;
  }

  /** One run. Never throws: what fails is logged, and the next run tries again. */
  async run(): Promise<void> {
    if (this.config.auditDays === 0) return;
    try {
      const removed = await this.store.removeOlder(this.config.auditDays);
      if (removed > 0) this.logger.log(`the audit forgot ${removed} rows older than ${this.config.auditDays} days`);
    } catch (error) {
      if (!this.stopping) this.logger.error(`clearing the audit failed, tried again tomorrow: ${String(error)}`);
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
