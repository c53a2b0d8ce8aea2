import { Inject, Injectable } from '@nestjs/common';
import { Invalid } from '../../common/errors.js';
import { Database } from '../../postgres/database.js';
import { LOCK_TIMEOUT, retry, type RetryPolicy, retryWhileLocked } from '../../postgres/retry.js';
import { type Sql } from '../../postgres/sql.js';
import { classify } from '../../postgres/sql-errors.js';
import { CommitUnknown } from '../../postgres/unavailable.js';
import { type StorageEngine } from './engine.js';
import { type Content, type Hypertable, HYPERTABLE_NAMES, hypertablesOf } from './hypertables.js';
import { STORAGE_ENGINE } from './storage-engine.token.js';

/** More new chunks than this for one request are refused: that many come from wrong timestamps. */
const MAX_NEW_CHUNKS = 50;

/** A transaction that found its chunk missing: another process may drop it again. */
export const MISSING_CHUNK: RetryPolicy = {
  attempts: 5,
  isWorthRetrying: (error) => classify(error) === 'no-partition',
};

/** A chunk is only made where it is missing: if it is not known whether it was, it may be made again. */
const CREATION: RetryPolicy = {
  attempts: 5,
  isWorthRetrying: (error) => error instanceof CommitUnknown,
};

/** A chunk of a hypertable. It covers the time from `begin` (inclusive) to `end` (exclusive), in micros. */
export interface Chunk {
  readonly table: Hypertable;
  readonly number: number;
  /** The chunk's own table, ready for SQL. */
  readonly name: string;
  /** `null` is unbounded. */
  readonly begin: number | null;
  readonly end: number | null;
}

const NONE: ReadonlySet<number> = new Set();

/** Knows which chunks exist, creates those that a write needs before the write, and drops those that have expired. */
@Injectable()
export class Chunks {
  private readonly known = new Map(HYPERTABLE_NAMES.map((table) => [table, new Set<number>()]));
  /** Chunks that are being created, so that requests that need the same one wait for the same transaction. */
  private readonly underway = new Map<string, Promise<void>>();

  constructor(
    private readonly db: Database,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /**
   * Creates the missing chunks for rows at these times (micros). Each new chunk is a short transaction of its own; an
   * empty chunk that stays because the write failed later does no harm.
   */
  async cover(content: Content, times: Iterable<number>): Promise<void> {
    await this.create(this.missing(content, times));
  }

  /**
   * Like `cover`, for the points of one request. Throws `Invalid` where that would need more than 50 chunks that no
   * hypertable of points has yet, and creates none of them then.
   */
  async coverRequest(times: Iterable<number>): Promise<void> {
    const missing = this.missing('points', times);
    if (missing.size === 0) return;
    if ([...missing.values()].some(({ size }) => size > MAX_NEW_CHUNKS)) await this.refuseMany(missing);
    await this.create(missing);
  }

  /**
   * Runs a transaction that stores rows at times which are only known inside it: `work` adds them to `times` before it
   * stores. If a chunk is missing then, it is created and `work` runs again. Throws as `Database.retrying` does.
   */
  async transaction<T>(content: Content, work: (sql: Sql, times: number[]) => Promise<T>): Promise<T> {
    let times: number[] = [];
    const attempt = (): Promise<T> =>
      this.db.retrying((sql) => {
        times = [];
        return work(sql, times);
      });
    const beforeNext = async (): Promise<void> => {
      this.forget(content);
      await this.cover(content, times);
    };
    return retry(MISSING_CHUNK, attempt, { beforeNext });
  }

  /** Forgets which chunks exist, because a statement found one missing: another process has dropped it. */
  forget(content: Content): void {
    for (const table of hypertablesOf(content)) this.known.get(table)?.clear();
  }

  /** The chunks of a hypertable that begin before a time (micros), oldest first. */
  async beginningBefore(table: Hypertable, time: number): Promise<Chunk[]> {
    const found: Chunk[] = [];
    for (const number of (await this.engine.chunks(this.db, table)).sort((a, b) => a - b)) {
      const { begin, end } = this.engine.boundsOf(number);
      if ((begin ?? -Infinity) >= time) continue;
      const name = await this.engine.chunkTable(this.db, table, number);
      if (name !== undefined) found.push({ table, number, name, begin, end });
    }
    return found;
  }

  /**
   * Drops a chunk, unless `isKept` says under the lock of the hypertable that it is still needed. Readers and writers
   * wait meanwhile, for a moment. Returns `false` where it is needed, or where others keep the table locked.
   */
  async drop({ table, number }: Chunk, isKept: (sql: Sql) => Promise<boolean>): Promise<boolean> {
    const dropped = await retryWhileLocked(() =>
      this.db.transaction(async (sql) => {
        await sql.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT}`);
        // All readers and writers lock the hypertable first: in the same order there are no deadlocks.
        await sql.query(`LOCK TABLE ONLY ${table} IN ACCESS EXCLUSIVE MODE`);
        if (await isKept(sql)) return false;
        await this.engine.dropChunk(sql, table, number);
        return true;
      }),
    );
    if (dropped) this.known.get(table)?.clear();
    return dropped ?? false;
  }

  /** Called for each request that writes; most need no new chunk. */
  private missing(content: Content, times: Iterable<number>): Map<Hypertable, Set<number>> {
    const missing = new Map<Hypertable, Set<number>>();
    const tables = hypertablesOf(content);
    let last: number | undefined;
    for (const micros of times) {
      const chunk = this.engine.chunkOf(micros);
      if (chunk === last) continue;
      last = chunk;
      for (const table of tables) {
        if (this.known.get(table)?.has(chunk)) continue;
        const chunks = missing.get(table);
        if (chunks) chunks.add(chunk);
        else missing.set(table, new Set([chunk]));
      }
    }
    return missing;
  }

  private async refuseMany(missing: ReadonlyMap<Hypertable, Set<number>>): Promise<void> {
    for (const [table, chunks] of missing)
      for (const chunk of await this.engine.chunks(this.db, table)) {
        this.known.get(table)?.add(chunk);
        chunks.delete(chunk);
      }
    const [some = NONE, ...others] = hypertablesOf('points').map((table) => missing.get(table) ?? NONE);
    const newChunks = [...some].filter((chunk) => others.every((chunks) => chunks.has(chunk)));
    if (newChunks.length > MAX_NEW_CHUNKS)
      throw new Invalid(
        `the timestamps are too far apart: they need ${newChunks.length} new chunks of the archive, ` +
          `at most ${MAX_NEW_CHUNKS} a request; check ts, or send the history in several requests`,
      );
  }

  private async create(missing: ReadonlyMap<Hypertable, ReadonlySet<number>>): Promise<void> {
    for (const [table, chunks] of missing) for (const chunk of chunks) await this.createOne(table, chunk);
  }

  private createOne(table: Hypertable, chunk: number): Promise<void> {
    const name = `${table} ${chunk}`;
    let creation = this.underway.get(name);
    if (!creation) {
      const create = (): Promise<void> => this.db.retrying((sql) => this.engine.createChunk(sql, table, chunk));
      creation = retry(CREATION, create)
        .then(() => void this.known.get(table)?.add(chunk))
        .finally(() => this.underway.delete(name));
      this.underway.set(name, creation);
    }
    return creation;
  }
}
