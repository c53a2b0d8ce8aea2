import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { ArchiveError } from '../common/errors.js';
import { Recurring } from '../common/recurring.js';
import { Metrics } from '../metrics/metrics.js';
import { exclusively } from '../postgres/advisory-lock.js';
import { Database } from '../postgres/database.js';
import { type Job } from './job.js';

/** Starts jobs, repeats them, logs and counts their runs, and stops them. */
@Injectable()
export class JobRunner implements OnModuleDestroy {
  private readonly logger = new Logger(JobRunner.name);
  private readonly stopping = new AbortController();
  private readonly loops = new Map<Job, Recurring>();

  constructor(
    private readonly db: Database,
    private readonly metrics: Metrics,
  ) {}

  /** Schedules the first run of each job that is enabled; each job repeats until the server stops. */
  start(jobs: readonly Job[]): void {
    for (const job of jobs) {
      if (job.enabled === false) continue;
      const loop = new Recurring(async () => ((await this.run(job)) ? job.every : (job.retryAfter ?? job.every)));
      this.loops.set(job, loop);
      loop.start(job.first);
    }
  }

  /** Starts a run of a started job now; if one is under way, another one follows it. */
  trigger(job: Job): void {
    this.loops.get(job)?.runNow();
  }

  /**
   * One run of a job, started or not. Never throws: logs a failure, and returns whether the run succeeded. A run that
   * another process's lock prevents counts as success.
   */
  async run(job: Job): Promise<boolean> {
    const { signal } = this.stopping;
    try {
      const result = job.exclusive ? await this.runExclusively(job) : await this.runAndLog(job);
      this.metrics.jobRuns.inc({ job: job.name, result });
      return true;
    } catch (error) {
      if (signal.aborted && error === signal.reason) return false;
      this.metrics.jobRuns.inc({ job: job.name, result: 'failed' });
      const again = signal.aborted ? '' : `, runs again in ${(job.retryAfter ?? job.every) / 1000} seconds`;
      const message = `${job.name} failed${again}: ${String(error)}`;
      // A database that is away is in the log already.
      if (error instanceof ArchiveError) this.logger.warn(message);
      else this.logger.error(message);
      return false;
    }
  }

  /** Starts no further run, aborts the signal of the runs under way, and waits for them. */
  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.loops.values()].map((loop) => loop.stop()));
  }

  private async runExclusively(job: Job): Promise<'done' | 'skipped'> {
    const isMine = await exclusively(this.db, `marigram job ${job.name}`, async () => {
      await this.runAndLog(job);
    });
    return isMine ? 'done' : 'skipped';
  }

  private async runAndLog(job: Job): Promise<'done'> {
    const words = await job.run(this.stopping.signal);
    if (words !== undefined) this.logger.log(`${job.name}: ${words}`);
    return 'done';
  }
}
