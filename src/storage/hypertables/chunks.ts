import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Invalid } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { type Hypertable, type StorageEngine } from './engine.js';
import { classify } from '../../postgres/sql-errors.js';
import { STORAGE_ENGINE } from './storage-engine.token.js';

/** More new chunks than this for one request are refused: that many come from wrong timestamps. */
const MOST_NEW_CHUNKS = 50;

/** How often a transaction is tried whose chunks are missing: another process may drop them again. */
const ATTEMPTS = 5;

/** Knows which chunks exist and makes those that a write needs, before the write. */
@Injectable()
export class Chunks {
  private readonly known: Record<Hypertable, Set<number>> = { point: new Set(), rollup: new Set() };
  /** Chunks that are being made now, so that requests which need the same one wait for the same transaction. */
  private readonly underway = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /**
   * Makes sure that there is a chunk for each of the times (micros). Each new chunk is a short transaction of its own;
   * an empty chunk that stays because the write failed later does no harm.
   */
  async cover(table: Hypertable, times: Iterable<number>): Promise<void> {
    const missing = this.missing(table, times);
    for (const chunk of missing) await this.create(table, chunk);
  }

  /**
   * Like `cover`, for the points of one request. Throws `Invalid` where that would need more than 50 new chunks, and
   * makes none of them then.
   */
  async coverRequest(times: Iterable<number>): Promise<void> {
    const missing = this.missing('point', times);
    if (missing.size > MOST_NEW_CHUNKS) await this.refuseMany('point', missing);
    for (const chunk of missing) await this.create('point', chunk);
  }

  /**
   * Runs a transaction that stores rows at times which are only known inside it: `work` notes them in `times` before it
   * stores. Where a chunk is missing then, it is made and `work` runs again. Throws as `Database.retrying` does.
   */
  async transaction<T>(table: Hypertable, work: (sql: pg.PoolClient, times: number[]) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const times: number[] = [];
      try {
        return await this.db.retrying((sql) => {
          times.length = 0;
          return work(sql, times);
        });
      } catch (error) {
        if (attempt >= ATTEMPTS || classify(error) !== 'no-chunk') throw error;
        this.forget(table);
        await this.cover(table, times);
      }
    }
  }

  /** Forgets what is known, because a statement found a chunk gone (dropped by another process). */
  forget(table: Hypertable): void {
    this.known[table].clear();
  }

  private missing(table: Hypertable, times: Iterable<number>): Set<number> {
    const known = this.known[table];
    const missing = new Set<number>();
    let last: number | undefined;
    for (const micros of times) {
      const chunk = this.engine.chunkOf(micros);
      if (chunk === last) continue;
      last = chunk;
      if (!known.has(chunk)) missing.add(chunk);
    }
    return missing;
  }

  private async refuseMany(table: Hypertable, missing: Set<number>): Promise<void> {
    for (const chunk of await this.engine.chunks(this.db, table)) {
      this.known[table].add(chunk);
      missing.delete(chunk);
    }
    if (missing.size > MOST_NEW_CHUNKS)
      throw new Invalid(
        `the timestamps are too far apart: they need ${missing.size} new chunks of the archive, ` +
          `at most ${MOST_NEW_CHUNKS} a request; check ts, or send the history in several requests`,
      );
  }

  private create(table: Hypertable, chunk: number): Promise<void> {
    const name = `${table} ${chunk}`;
    let creation = this.underway.get(name);
    if (!creation) {
      creation = this.db
        .retrying((sql) => this.engine.createChunk(sql, table, chunk))
        .then(() => void this.known[table].add(chunk))
        .finally(() => this.underway.delete(name));
      this.underway.set(name, creation);
    }
    return creation;
  }
}
