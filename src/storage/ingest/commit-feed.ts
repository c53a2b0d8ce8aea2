import { Injectable, Logger } from '@nestjs/common';
import { type Actor } from '../access/audit-store.js';
import { type WrittenSeries } from '../registry/series-store.js';

/** One request of a committed transaction. */
export interface CommittedWrite {
  readonly by: Actor;
  /** The number of points inserted or replaced. */
  readonly stored: number;
  /** The number of points skipped because their place was taken. */
  readonly conflicts: number;
}

/** What one transaction of the write pipeline stored. */
export interface Commit {
  /** The requests in it, in the order of their arrival. */
  readonly writes: readonly CommittedWrite[];
  /** The number of rows inserted or replaced; points that met at one place within the transaction are one row. */
  readonly rows: number;
  /** The number of them that replaced another value. */
  readonly replaced: number;
  /** The series in which rows were stored, in the order of their ids. */
  readonly series: readonly WrittenSeries[];
}

/** Called with each commit, before the clients have their answers; must be quick. */
export type CommitSubscriber = (commit: Commit) => void;

/**
 * Tells the rest of this process what was stored, after each commit and in the order in which the answers of COMMIT
 * arrived. Commits of other processes are not told. The feed keeps nothing: a commit is no larger than its batch (it
 * holds no points), and is free once the last subscriber has returned.
 */
@Injectable()
export class CommitFeed {
  private readonly logger = new Logger(CommitFeed.name);
  private readonly subscribers = new Set<CommitSubscriber>();
  /** The subscribers whose last call threw: each failure is logged once, not with every commit. */
  private readonly failing = new WeakSet<CommitSubscriber>();

  /** Calls `subscriber` with every later commit, until the function returned is called. */
  subscribe(subscriber: CommitSubscriber): () => void {
    this.subscribers.add(subscriber);
    return () => {
      this.subscribers.delete(subscriber);
    };
  }

  /** Hands a commit to all subscribers. Never throws: what a subscriber throws is logged, and the others are called. */
  publish(commit: Commit): void {
    for (const subscriber of this.subscribers)
      try {
        subscriber(commit);
        this.failing.delete(subscriber);
      } catch (error) {
        if (!this.failing.has(subscriber))
          this.logger.error(`a subscriber of the commit feed failed: ${String(error)}`);
        this.failing.add(subscriber);
      }
  }
}
