import { Injectable } from '@nestjs/common';
import { type Job } from '../jobs/job.js';
import { IdempotencyStore } from '../storage/ingest/idempotency-store.js';

/** Deletes expired `Idempotency-Key`s, hourly: busy clients leave many. */
@Injectable()
export class IdempotencyJob implements Job {
  readonly name = 'idempotency-expiry';
  readonly first = 120_000;
  readonly every = 3_600_000;
  readonly exclusive = true;

  constructor(private readonly store: IdempotencyStore) {}

  async run(): Promise<undefined> {
    await this.store.removeExpired();
    return undefined;
  }
}
