import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Recurring } from '../common/recurring.js';
import { AppConfig } from '../config/config.js';
import { AuditStore } from '../storage/access/audit-store.js';

/** How long after the start the first run is, and how long after a run the next, in milliseconds. */
const FIRST_PAUSE = 90_000;
const PAUSE = 24 * 3_600_000;

/** Lets the audit forget, once a day, what is older than AUDIT_RETENTION. */
@Injectable()
export class AuditJob implements OnModuleDestroy {
  private readonly logger = new Logger(AuditJob.name);
  private readonly runs = new Recurring(() => this.run());

  constructor(
    private readonly config: AppConfig,
    private readonly store: AuditStore,
  ) {}

  /** Begins the daily runs; for servers only, not for commands. */
  start(): void {
    if (this.config.auditDays > 0) this.runs.start(FIRST_PAUSE, PAUSE);
  }

  async onModuleDestroy(): Promise<void> {
    await this.runs.stop();
  }

  /** One run. Never throws: what fails is logged, and the next run tries again. */
  async run(): Promise<void> {
    if (this.config.auditDays === 0) return;
    try {
      const removed = await this.store.removeOlder(this.config.auditDays);
      if (removed > 0) this.logger.log(`the audit forgot ${removed} rows older than ${this.config.auditDays} days`);
    } catch (error) {
      if (!this.runs.isStopping) this.logger.error(`clearing the audit failed, tried again tomorrow: ${String(error)}`);
    }
  }
}
