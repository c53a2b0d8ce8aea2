import { type PointColumns } from '../../points/point-columns.js';
import { type PointStore } from '../../points/point-store.js';
import { type SeriesPlan } from '../../points/write-plan.js';
import { sizeOf, type WriteBatch } from '../write-batch.js';
import { type BatchTransaction, type OpenOutcome } from './batch-part.js';
import { type PlanningPart } from './planning-part.js';

/** The points of a batch, without those of streams. */
export class PointsPart implements PlanningPart {
  private plans: readonly SeriesPlan[] = [];

  constructor(
    private readonly store: PointStore,
    private readonly batch: WriteBatch,
  ) {}

  get planned(): readonly SeriesPlan[] {
    return this.plans;
  }

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
    this.batch.requests.forEach(({ columns }, index) => {
      const outcome = outcomes[index];
      if (!outcome) return;
      outcome.conflicts = conflicts[index] ?? [];
      // Those of streams are known by now.
      const ofStreams = outcome.streams.reduce((sum, { stored }) => sum + stored, 0);
      outcome.stored = sizeOf(columns) - outcome.conflicts.length + ofStreams;
    });
    return [];
  }

  async isStoredBy(transactionId: string): Promise<boolean> {
    const plan = this.plans.find(({ stored }) => stored.micros.length > 0);
    const [first] = plan?.stored.micros ?? [];
    return !plan || first === undefined || this.store.isStoredBy(transactionId, plan.series.id, first);
  }

  private columnsOfStored(): Map<number, PointColumns> {
    return new Map(this.plans.map(({ series, stored }) => [series.id, stored]));
  }
}
