import { Injectable } from '@nestjs/common';
import { type Job } from '../jobs/job.js';
import { JobRunner } from '../jobs/job-runner.js';
import { BackFill } from '../storage/rollups/back-fill.js';

/** Steps of one window before the POST that registered it is answered: 10 steps are 200,000 points. */
const STEPS_BEFORE_ANSWER = 10;

/**
 * Fills summaries that were registered after their points: small ones at once, large ones in the background. Looks for
 * unfilled ones every minute, since another server may have ended in the middle.
 */
@Injectable()
export class BackFillJob implements Job {
  readonly name = 'back-fill';
  readonly first = 0;
  readonly every = 60_000;
  readonly retryAfter = 2000;
  readonly exclusive = false;

  constructor(
    private readonly backFill: BackFill,
    private readonly runner: JobRunner,
  ) {}

  /** Fills what a metadata lacks; what takes long or fails continues in the background. */
  async fill(metadataKey: string): Promise<void> {
    let complete = false;
    try {
      complete = await this.fillSome(metadataKey);
    } finally {
      if (!complete) this.runner.trigger(this);
    }
  }

  /** Fills what any metadata lacks, in the background. */
  fillLater(): void {
    this.runner.trigger(this);
  }

  private async fillSome(metadataKey: string): Promise<boolean> {
    let complete = true;
    for (const lacking of await this.backFill.lacking(metadataKey))
      complete = (await this.backFill.run(lacking, STEPS_BEFORE_ANSWER)) && complete;
    return complete;
  }

  /** Fills all windows, one step of each in turn, so that a large one does not delay small ones. */
  async run(signal: AbortSignal): Promise<undefined> {
    for (;;) {
      const lacking = await this.backFill.lacking();
      if (lacking.length === 0) return undefined;
      for (const one of lacking) {
        if (signal.aborted) return undefined;
        await this.backFill.run(one, 1);
      }
    }
  }
}
