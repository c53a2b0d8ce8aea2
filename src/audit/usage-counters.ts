import { Injectable } from '@nestjs/common';
import { type Actor } from '../storage/access/audit-store.js';
import { CommitFeed } from '../storage/ingest/commit-feed.js';
import { type Dropped, type Tally, UsageStore, type Written } from '../storage/access/usage-store.js';

/**
 * The maximum of rows of each kind that wait to be stored. While the database is unavailable, further ones are not
 * counted.
 */
const MAX_ROWS = 10_000;

/** Why a point was dropped. */
export type DropReason =
  'event type not registered' | 'older than retention keeps' | 'no value' | 'field of another type';

/** The last use of a key. */
interface Use {
  by: Actor;
  /** By this process's monotonic clock, in milliseconds. */
  at: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Counts in memory what would cost a database write for each request: when each key was used last, how much was written
 * with it, and which points were dropped. `UsageJob` stores the counts every half minute and when the server stops; a
 * crash loses half a minute at most. Commits are counted from the commit feed.
 */
@Injectable()
export class UsageCounters {
  private uses = new Map<number, Use>();
  private written = new Map<number | string, Mutable<Written>>();
  private dropped = new Map<string, Mutable<Dropped>>();

  constructor(
    private readonly store: UsageStore,
    commits: CommitFeed,
  ) {
    commits.subscribe(({ writes }) => {
      for (const { by, stored } of writes) if (stored > 0) this.recordWrite(by, stored);
    });
  }

  /** Records that a key was used just now. */
  recordUse(by: Actor & { readonly keyId: number }): void {
    const use = this.uses.get(by.keyId);
    if (!use) {
      this.uses.set(by.keyId, { by, at: performance.now() });
      return;
    }
    use.by = by;
    use.at = performance.now();
  }

  private recordWrite({ username, keyId }: Actor, points: number, requests = 1): void {
    const who = keyId ?? username;
    const written = this.written.get(who);
    if (written) {
      written.requests += requests;
      written.points += points;
    } else if (this.written.size < MAX_ROWS) this.written.set(who, { username, keyId, requests, points });
  }

  /** Records points that were accepted and dropped. */
  recordDrop(by: Actor, metadata: string, eventType: string, reason: DropReason, points = 1): void {
    const where = `${metadata} ${eventType} ${reason}`;
    const dropped = this.dropped.get(where);
    if (dropped) {
      dropped.points += points;
      dropped.by = by;
    } else if (this.dropped.size < MAX_ROWS) this.dropped.set(where, { metadata, eventType, reason, points, by });
  }

  /** Stores the counts and begins anew. Where that fails, it throws and keeps them for the next call. */
  async flush(): Promise<void> {
    const { uses, written, dropped } = this;
    if (uses.size + written.size + dropped.size === 0) return;
    this.uses = new Map();
    this.written = new Map();
    this.dropped = new Map();
    try {
      await this.store.add(tallyOf(uses, written, dropped));
    } catch (error) {
      this.restore(uses, written, dropped);
      throw error;
    }
  }

  /** Adds counts that could not be stored to those of the meantime. */
  private restore(uses: typeof this.uses, written: typeof this.written, dropped: typeof this.dropped): void {
    for (const [id, use] of uses) if (!this.uses.has(id)) this.uses.set(id, use);
    for (const one of written.values()) this.recordWrite({ ...one, address: null }, one.points, one.requests);
    for (const [where, { points, ...row }] of dropped) {
      const newer = this.dropped.get(where);
      if (newer) newer.points += points;
      else this.dropped.set(where, { points, ...row });
    }
  }
}

function tallyOf(
  uses: ReadonlyMap<number, Use>,
  written: ReadonlyMap<unknown, Written>,
  dropped: ReadonlyMap<string, Dropped>,
): Tally {
  const now = performance.now();
  return {
    uses: [...uses].map(([keyId, { by, at }]) => ({ keyId, secondsAgo: (now - at) / 1000, address: by.address })),
    written: [...written.values()],
    dropped: [...dropped.values()],
  };
}
