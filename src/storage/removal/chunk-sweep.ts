import { Inject, Injectable } from '@nestjs/common';
import { ChunkSpace } from '../hypertables/chunk-space.js';
import { Chunks } from '../hypertables/chunks.js';
import { Database } from '../../postgres/database.js';
import { type Hypertable, HYPERTABLES, type StorageEngine } from '../hypertables/engine.js';
import { type ExpiredCount, ExpiredRows, type SweptChunk } from './expired-rows.js';
import { LOCK_TIMEOUT, retryWhileLocked } from '../../postgres/retry.js';
import { int4Array } from '../../postgres/array-encoding.js';
import { BELONGS, type CutOffs, expirySql, type RetentionRule, ruleColumns, WITH_RULES } from './retention-rules.js';
import { STORAGE_ENGINE } from '../hypertables/storage-engine.token.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/** How many rows one transaction deletes (more only where one series has more in a chunk). */
const BATCH = 50_000;

/**
 * Removes what lies before the recorded cut-offs, chunk by chunk. All it goes by is what is stored, so that it can be
 * cut off anywhere: the next run goes on.
 */
@Injectable()
export class ChunkSweep {
  constructor(
    private readonly db: Database,
    private readonly chunks: Chunks,
    private readonly rows: ExpiredRows,
    private readonly space: ChunkSpace,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /** The chunks of a hypertable that begin before some cut-off, oldest first. */
  async due(table: Hypertable, rules: readonly RetentionRule[], cutOffs: CutOffs): Promise<SweptChunk[]> {
    const latest = await this.rows.latestCutOff(table, rules, cutOffs);
    if (latest === null) return [];
    const due: SweptChunk[] = [];
    for (const number of (await this.engine.chunks(this.db, table)).sort((a, b) => a - b)) {
      const { begin, end } = this.engine.boundsOf(number);
      if ((begin ?? -Infinity) >= latest) continue;
      const name = await this.engine.chunkTable(this.db, table, number);
      if (name !== undefined) due.push({ table, number, name, begin, end });
    }
    return due;
  }

  /**
   * Drops a chunk all of which is past and in which nothing is left to keep; returns whether it did. Readers and
   * writers wait for a moment meanwhile. A chunk that others keep in use is left for the next run.
   */
  async drop(chunk: SweptChunk, rules: readonly RetentionRule[]): Promise<boolean> {
    if (await this.isKept(this.db, chunk, rules)) return false;
    const dropped = await retryWhileLocked(() =>
      this.db.transaction(async (sql) => {
        await sql.query(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT}`);
        // All who read or write lock the hypertable first: in the same order there are no deadlocks.
        await sql.query(`LOCK TABLE ONLY ${chunk.table} IN ACCESS EXCLUSIVE MODE`);
        if (await this.isKept(sql, chunk, rules)) return false;
        await this.engine.dropChunk(sql, chunk.table, chunk.number);
        return true;
      }),
    );
    if (dropped) this.chunks.forget(chunk.table);
    return dropped ?? false;
  }

  /** Deletes expired rows of a chunk in bounded transactions, and gives the disk back; returns the rows deleted. */
  async clean(chunk: SweptChunk, rules: readonly RetentionRule[], expired: readonly ExpiredCount[]): Promise<number> {
    let deleted = 0;
    for (const series of batchesOf(expired))
      deleted += await this.db.retrying((sql) => this.deleteBatch(sql, chunk, rules, series));
    await this.space.giveBack(chunk, rules);
    return deleted;
  }

  /** Whether anything in the chunk, or anything that may still come into it, is to be kept. */
  private async isKept(sql: Sql, chunk: SweptChunk, rules: readonly RetentionRule[]): Promise<boolean> {
    const time = `p.${HYPERTABLES[chunk.table]}`;
    const { rows } = await sql.query<{ kept: boolean }>(
      `${WITH_RULES}, e AS (${expirySql(chunk.table, 'recorded')})
       SELECT coalesce($6::timestamptz > (SELECT max(cut_off) FROM e), true) OR EXISTS (
         SELECT FROM e CROSS JOIN LATERAL (
           SELECT FROM ${chunk.name} p WHERE ${BELONGS[chunk.table]} AND ${time} >= coalesce(e.cut_off, '-infinity')
           ORDER BY ${time} LIMIT 1) kept
         WHERE e.cut_off IS NULL OR e.cut_off < $6) AS kept`,
      [...ruleColumns(rules), timestampOf(chunk.end ?? Infinity)],
    );
    return rows[0]?.kept ?? true;
  }

  private async deleteBatch(
    sql: Sql,
    chunk: SweptChunk,
    rules: readonly RetentionRule[],
    series: readonly number[],
  ): Promise<number> {
    const { table, name } = chunk;
    const ids = int4Array(series, (id) => id);
    await sql.query('SELECT FROM series WHERE id = ANY ($1::int4[]) ORDER BY id FOR NO KEY UPDATE', [ids]);
    const { rowCount } = await sql.query(
      `${WITH_RULES} DELETE FROM ${name} p USING (${expirySql(table, 'recorded')}) e
       WHERE e.series = ANY ($6::int4[]) AND ${BELONGS[table]} AND p.${HYPERTABLES[table]} < e.cut_off`,
      [...ruleColumns(rules), ids],
    );
    const deleted = rowCount ?? 0;
    await this.space.noteDeleted(sql, chunk, deleted);
    return deleted;
  }
}

/** Series whose rows go in one transaction. */
function* batchesOf(expired: readonly ExpiredCount[]): Generator<number[]> {
  let batch: number[] = [];
  let rows = 0;
  for (const one of expired) {
    if (batch.length > 0 && rows + one.rows > BATCH) {
      yield batch;
      [batch, rows] = [[], 0];
    }
    batch.push(one.series);
    rows += one.rows;
  }
  if (batch.length > 0) yield batch;
}
