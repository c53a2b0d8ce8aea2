import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { recordAudit, RETENTION } from '../access/audit-store.js';
import { PointStore } from '../points/point-store.js';
import { CutOffStore, type DataRange } from '../registry/cut-off-store.js';
import { type CutOffs, type RetentionRule } from '../registry/cut-offs.js';
import { endRuns } from '../events/run-store.js';
import { MetadataStore } from '../registry/metadata-store.js';
import { RollupStore } from '../rollups/rollup-store.js';
import { SealedBinStore } from '../rollups/sealed-bin-store.js';

/** The metadata that one transaction deletes. */
const BATCH_SIZE = 100;

/** Finds and deletes metadata that have no data left after retention. */
@Injectable()
export class ExpiredMetadata {
  constructor(
    private readonly db: Database,
    private readonly metadata: MetadataStore,
    private readonly cutOffs: CutOffStore,
    private readonly points: PointStore,
    private readonly rollups: RollupStore,
    private readonly sealed: SealedBinStore,
  ) {}

  /** The number of metadata that would be deleted once all data before the rules' cut-offs are gone. */
  async count(rules: readonly RetentionRule[]): Promise<number> {
    let count = 0;
    for (const ids of await this.candidates(rules)) count += (await this.empty(this.db, rules, ids, 'planned')).length;
    return count;
  }

  /**
   * Deletes them with their series, and returns their keys. Nothing that is written meanwhile is lost: writers of these
   * series wait, and then find them gone, or the metadata stays.
   */
  async delete(rules: readonly RetentionRule[], signal?: AbortSignal): Promise<string[]> {
    const deleted: string[] = [];
    for (const ids of await this.candidates(rules)) {
      signal?.throwIfAborted();
      deleted.push(...(await this.db.retrying((sql) => this.deleteBatch(sql, rules, ids))));
    }
    return deleted;
  }

  private async candidates(rules: readonly RetentionRule[]): Promise<number[][]> {
    if (rules.every(({ cutOff }) => cutOff === null)) return [];
    const ids = await this.cutOffs.idleMetadata(this.db, rules);
    const batches: number[][] = [];
    for (let at = 0; at < ids.length; at += BATCH_SIZE) batches.push(ids.slice(at, at + BATCH_SIZE));
    return batches;
  }

  private async deleteBatch(sql: Sql, rules: readonly RetentionRule[], ids: number[]): Promise<string[]> {
    await this.metadata.lockWithSeries(sql, ids);
    const empty = await this.empty(sql, rules, ids, 'recorded');
    await endRuns(sql, { of: 'series', ids: await this.metadata.seriesOf(sql, empty), reason: 'metadata deleted' });
    const keys = await this.metadata.removeWithSeries(sql, empty);
    for (const key of keys) await recordAudit(sql, RETENTION, 'metadata deleted', key, { points: 0 });
    return keys;
  }

  /** Those of the metadata that may be deleted and have neither points nor bins. */
  private async empty(
    sql: Sql,
    rules: readonly RetentionRule[],
    ids: readonly number[],
    cutOffs: CutOffs,
  ): Promise<number[]> {
    const idle = await this.cutOffs.idleMetadata(sql, rules, ids);
    const ranges = await this.cutOffs.rangesOf(sql, rules, cutOffs, idle);
    const withData = await this.withData(sql, ranges);
    return idle.filter((id) => !withData.has(id));
  }

  /** The metadata of those ranges that hold points or bins. */
  private async withData(sql: Sql, ranges: readonly DataRange[]): Promise<Set<number>> {
    const points = ranges.filter(({ summary }) => summary === null);
    const bins = ranges.flatMap(({ summary, ...range }) => (summary ? [{ ...range, ...summary }] : []));
    const hasPoints = await this.points.existSince(sql, points);
    const hasBins = await this.rollups.existSince(sql, bins);
    const hasSealed = await this.sealed.existSince(sql, bins);
    return new Set([
      ...points.filter((_, index) => hasPoints[index]).map(({ metadata }) => metadata),
      ...bins.filter((_, index) => hasBins[index] || hasSealed[index]).map(({ metadata }) => metadata),
    ]);
  }
}
