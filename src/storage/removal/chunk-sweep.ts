import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { ChunkSpace } from '../hypertables/chunk-space.js';
import { type Chunk, Chunks } from '../hypertables/chunks.js';
import { type ExpiredCount, type ExpiringTable } from '../hypertables/expiring-table.js';
import { type Content, HYPERTABLES } from '../hypertables/hypertables.js';
import { PointStore } from '../points/point-store.js';
import { CutOffStore } from '../registry/cut-off-store.js';
import { type CutOffs, cutOffsOf, type RetentionRule } from '../registry/cut-offs.js';
import { SeriesStore } from '../registry/series-store.js';
import { RollupStore } from '../rollups/rollup-store.js';

/** The rows that one transaction deletes (more only where one series has more in a chunk). */
const BATCH_ROWS = 50_000;

/** A chunk that begins before some cut-off. */
export interface DueChunk {
  readonly content: Content;
  readonly table: ExpiringTable;
  readonly chunk: Chunk;
}

/**
 * Removes expired data chunk by chunk, whatever hypertable holds them. It goes by what is stored only, so it can be
 * interrupted anywhere: the next run continues.
 */
@Injectable()
export class ChunkSweep {
  private readonly tables: readonly ExpiringTable[];

  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly cutOffs: CutOffStore,
    private readonly chunks: Chunks,
    private readonly space: ChunkSpace,
    points: PointStore,
    rollups: RollupStore,
  ) {
    this.tables = [...points.expiring, ...rollups.expiring];
  }

  /** The chunks that begin before some cut-off: those of one hypertable after the other, oldest first. */
  async due(rules: readonly RetentionRule[], cutOffs: CutOffs): Promise<DueChunk[]> {
    const due: DueChunk[] = [];
    for (const table of this.tables) {
      const { content } = HYPERTABLES[table.table];
      const latest = await this.cutOffs.latest(content, rules, cutOffs);
      if (latest === null) continue;
      for (const chunk of await this.chunks.beginningBefore(table.table, latest)) due.push({ content, table, chunk });
    }
    return due;
  }

  /** What has expired in a chunk, by series in the order of their ids; reads only. */
  count(
    { content, table, chunk }: DueChunk,
    rules: readonly RetentionRule[],
    cutOffs: CutOffs,
  ): Promise<ExpiredCount[]> {
    return table.count(this.db, chunk, cutOffsOf(content, rules, cutOffs));
  }

  /** An estimate of the bytes that a point or bin of a chunk takes. */
  bytesPerItem({ table, chunk }: DueChunk): Promise<number> {
    return table.bytesPerItem(this.db, chunk);
  }

  /**
   * Drops a chunk all of which has expired and for which nothing to be kept can come any more; returns whether it did.
   * A chunk that others keep locked is left to the next run.
   */
  async drop({ content, table, chunk }: DueChunk, rules: readonly RetentionRule[]): Promise<boolean> {
    const cutOffs = cutOffsOf(content, rules, 'recorded');
    if (await table.isKept(this.db, chunk, cutOffs)) return false;
    return this.chunks.drop(chunk, (sql) => table.isKept(sql, chunk, cutOffs));
  }

  /** Deletes expired data of a chunk in bounded transactions and gives the disk space back; returns the rows deleted. */
  async clean(
    { content, table, chunk }: DueChunk,
    rules: readonly RetentionRule[],
    expired: readonly ExpiredCount[],
  ): Promise<number> {
    const cutOffs = cutOffsOf(content, rules, 'recorded');
    let deleted = 0;
    for (const series of batchesOf(expired))
      deleted += await this.db.retrying(async (sql) => {
        await this.series.lockAll(sql, series);
        const rows = await table.delete(sql, chunk, cutOffs, series);
        await this.space.recordDeleted(sql, chunk, rows);
        return rows;
      });
    await this.space.giveBack(chunk, () => table.isShrinking(this.db, chunk, cutOffs));
    return deleted;
  }
}

/** The series whose data one transaction deletes. */
function* batchesOf(expired: readonly ExpiredCount[]): Generator<number[]> {
  let batch: number[] = [];
  let rows = 0;
  for (const count of expired) {
    if (batch.length > 0 && rows + count.rows > BATCH_ROWS) {
      yield batch;
      [batch, rows] = [[], 0];
    }
    batch.push(count.series);
    rows += count.rows;
  }
  if (batch.length > 0) yield batch;
}
