import { Injectable } from '@nestjs/common';
import { type Job } from '../jobs/job.js';
import { UsageCounters } from './usage-counters.js';

/** Stores the usage counters every half minute; the server runs it once more when its last request has been answered. */
@Injectable()
export class UsageJob implements Job {
  readonly name = 'usage-counters';
  readonly first = 30_000;
  readonly every = 30_000;
  readonly exclusive = false;

  constructor(private readonly counters: UsageCounters) {}

  async run(): Promise<undefined> {
    await this.counters.flush();
    return undefined;
  }
}
