import { type PointColumns } from '../../points/point-columns.js';
import { type PointStore } from '../../points/point-store.js';
import { type SeriesPlan } from '../../points/write-plan.js';
import { type WriteBatch } from '../write-batch.js';
import { type BatchPart, type BatchTransaction, type OpenOutcome } from './batch-part.js';

/** The points of a batch. */
export class PointsPart implements BatchPart {
  private plans: readonly SeriesPlan[] = [];

  constructor(
    private readonly store: PointStore,
    private readonly batch: WriteBatch,
  ) {}

  /** What the batch changes of each series, in the order of their ids; known once `lock` has resolved. */
  get planned(): readonly SeriesPlan[] {
    return this.plans;
  }

  /** The number of points that are inserted or replaced. */
  get stored(): number {
    return this.plans.reduce((sum, { stored }) => sum + stored.micros.length, 0);
  }

  async lock({ sql, expectsConflicts, lastPoints }: BatchTransaction): Promise<void> {
    this.plans = await this.store.plan(sql, this.batch.points, expectsConflicts ? undefined : lastPoints);
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    return this.store.write(sql, this.plans);
  }

  answer(_: BatchTransaction, outcomes: readonly OpenOutcome[]): Promise<unknown>[] {
    const allStored = this.stored === this.batch.size;
    const conflicts = allStored ? [] : this.batch.conflicts(this.columnsOfStored());
    this.batch.requests.forEach(({ size }, index) => {
      const outcome = outcomes[index];
      if (!outcome) return;
      outcome.conflicts = conflicts[index] ?? [];
      outcome.stored = size - outcome.conflicts.length;
    });
    return [];
  }

  /** Whether the transaction with this id stored the points. A batch that stores none gives no evidence against it. */
  async isStoredBy(transactionId: string): Promise<boolean> {
    const plan = this.plans.find(({ stored }) => stored.micros.length > 0);
    const [first] = plan?.stored.micros ?? [];
    return !plan || first === undefined || this.store.isStoredBy(transactionId, plan.series.id, first);
  }

  private columnsOfStored(): Map<number, PointColumns> {
    return new Map(this.plans.map(({ series, stored }) => [series.id, stored]));
  }
}
