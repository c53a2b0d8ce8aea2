import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { type Job } from '../jobs/job.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type Policies } from './policy.js';
import { loadPolicies } from './policy-file.js';
import { RetentionService } from './retention.service.js';

/** Applies the retention policy daily, where there is a policy file. Skips a run while another process applies it. */
@Injectable()
export class RetentionJob implements Job {
  readonly name = 'retention';
  readonly first = 60_000;
  readonly every = 24 * 3_600_000;
  /** The service takes a lock itself, since `marigram retention run` may run beside a server. */
  readonly exclusive = false;

  constructor(
    private readonly config: AppConfig,
    private readonly retention: RetentionService,
    private readonly eventTypes: EventTypeStore,
  ) {}

  get enabled(): boolean {
    return this.config.retentionPolicy !== undefined;
  }

  /** Throws an `OperatorError` for a bad policy file: a server does not start with one. */
  async check(): Promise<void> {
    await this.load();
  }

  /** One run, by the policy file as it is now. */
  async run(signal: AbortSignal): Promise<string | undefined> {
    const policies = await this.load();
    const report = policies && (await this.retention.run(policies, { signal }));
    if (!report) return undefined;
    const rows = report.total('points') + report.total('bins') + (report.annotations ?? 0);
    return `deleted ${rows} rows and ${report.metadata} metadata, dropped ${report.chunksDropped} chunks`;
  }

  private async load(): Promise<Policies | undefined> {
    const { retentionPolicy } = this.config;
    return retentionPolicy === undefined ? undefined : loadPolicies(retentionPolicy, await this.eventTypes.lookup());
  }
}
