import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { type Job } from '../jobs/job.js';
import { AuditStore } from '../storage/access/audit-store.js';

/** Deletes audit rows older than AUDIT_RETENTION, daily. */
@Injectable()
export class AuditJob implements Job {
  readonly name = 'audit-expiry';
  readonly first = 90_000;
  readonly every = 24 * 3_600_000;
  readonly exclusive = true;

  constructor(
    private readonly config: AppConfig,
    private readonly store: AuditStore,
  ) {}

  get enabled(): boolean {
    return this.config.auditDays > 0;
  }

  async run(): Promise<string | undefined> {
    const days = this.config.auditDays;
    const removed = await this.store.removeOlder(days);
    return removed > 0 ? `deleted ${removed} rows older than ${days} days` : undefined;
  }
}
