import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Recurring } from '../common/recurring.js';
import { AppConfig } from '../config/config.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type Policies } from './policy.js';
import { loadPolicies } from './policy-file.js';
import { RetentionService } from './retention.service.js';

/** How long after the start the first run is, and how long after a run the next, in milliseconds. */
const FIRST_PAUSE = 60_000;
const PAUSE = 24 * 3_600_000;

/** Lets data leave once a day, where there is a policy file. Of several servers only one is at it at a time. */
@Injectable()
export class RetentionJob implements OnModuleDestroy {
  private readonly logger = new Logger(RetentionJob.name);
  private readonly stopping = new AbortController();
  private readonly runs = new Recurring(() => this.run());

  constructor(
    private readonly config: AppConfig,
    private readonly retention: RetentionService,
    private readonly eventTypes: EventTypeStore,
  ) {}

  /** Begins the daily runs; for servers only, not for commands. Throws a `OperatorError` for a bad policy file. */
  async start(): Promise<void> {
    if (this.config.retentionPolicy === undefined) return;
    await this.load(this.config.retentionPolicy);
    this.runs.start(FIRST_PAUSE, PAUSE);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.runs.stop();
  }

  private async load(file: string): Promise<Policies> {
    return loadPolicies(file, await this.eventTypes.lookup());
  }

  /** One run, by the policy file as it is now. Never throws: what fails is logged, and the next run tries again. */
  async run(): Promise<void> {
    const { retentionPolicy } = this.config;
    if (retentionPolicy === undefined) return;
    try {
      const policies = await this.load(retentionPolicy);
      const report = await this.retention.run(policies, { signal: this.stopping.signal });
      if (!report) return;
      const rows = report.total('point') + report.total('rollup');
      this.logger.log(
        `retention removed ${rows} rows and ${report.metadata} metadata, dropped ${report.chunksDropped} chunks`,
      );
    } catch (error) {
      if (!this.stopping.signal.aborted) this.logger.error(`retention failed, tried again tomorrow: ${String(error)}`);
    }
  }
}
