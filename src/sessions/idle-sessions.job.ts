import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { type Job } from '../jobs/job.js';
import { SESSION_IDLE } from '../storage/access/audit-store.js';
import { SessionStore } from '../storage/sessions/session-store.js';

/** Closes sessions to which nobody has written for SESSION_IDLE: their clients have crashed, say. Every minute. */
@Injectable()
export class IdleSessionsJob implements Job {
  readonly name = 'idle-sessions';
  readonly first = 60_000;
  readonly every = 60_000;
  readonly exclusive = true;

  constructor(
    private readonly config: AppConfig,
    private readonly store: SessionStore,
  ) {}

  get enabled(): boolean {
    return this.config.sessionIdle > 0;
  }

  async run(): Promise<string | undefined> {
    const ended = await this.store.endIdle(this.config.sessionIdle, SESSION_IDLE);
    return ended.length > 0 ? `closed ${ended.join(', ')}` : undefined;
  }
}
