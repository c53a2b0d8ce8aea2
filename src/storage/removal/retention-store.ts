import { Injectable } from '@nestjs/common';
import { exclusively } from '../../postgres/advisory-lock.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { CutOffStore } from '../registry/cut-off-store.js';
import { type RetentionRule } from '../registry/cut-offs.js';
import { SeriesStore } from '../registry/series-store.js';
import { BackFill } from '../rollups/back-fill.js';

/** The series that one transaction locks. */
const BATCH_SIZE = 1000;

/** Records what has expired. */
@Injectable()
export class RetentionStore {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly cutOffs: CutOffStore,
    private readonly backFill: BackFill,
  ) {}

  /** Runs `work` while no other process of the archive does; returns `false` without running it where one does. */
  exclusively(work: () => Promise<void>): Promise<boolean> {
    return exclusively(this.db, 'marigram retention', work);
  }

  /**
   * Records cut-offs on all series and summaries; none ever moves back. From then on the points and bins before them
   * are gone for readers and writers, whether or not their rows are still there. The points of a series stay while they
   * are needed to fill a summary. Short transactions: if it is interrupted, the next run does the rest.
   */
  async record(rules: readonly RetentionRule[], signal?: AbortSignal): Promise<void> {
    const expiring = rules.filter(({ cutOff }) => cutOff !== null);
    if (expiring.length === 0) return;
    for (let last: number | undefined = 0; last !== undefined;) {
      signal?.throwIfAborted();
      const after: number = last;
      last = await this.db.retrying((sql) => this.recordBatch(sql, expiring, after));
    }
  }

  /** Records the cut-offs of the next series; returns the last id, or `undefined` where no series follows. */
  private async recordBatch(sql: Sql, rules: readonly RetentionRule[], after: number): Promise<number | undefined> {
    const ids = await this.series.lockNext(sql, after, BATCH_SIZE);
    if (ids.length === 0) return undefined;
    await this.cutOffs.record(sql, rules, ids, await this.backFill.unfinished(sql, ids));
    return ids.at(-1);
  }
}
