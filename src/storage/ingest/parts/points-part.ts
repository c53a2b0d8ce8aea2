import { type PointStore } from '../../points/point-store.js';
import { type SeriesPlan } from '../../points/write-plan.js';
import { PlaceTaken, RefusedRequests } from '../refused-requests.js';
import { sizeOf, type WriteBatch } from '../write-batch.js';
import { type BatchTransaction, type OpenOutcome } from './batch-part.js';
import { type PlanningPart } from './planning-part.js';

/** The points of a batch, without those of streams. */
export class PointsPart implements PlanningPart {
  private plans: readonly SeriesPlan[] = [];
  /** By request; empty where all points are stored. */
  private skipped: ReturnType<WriteBatch['skipped']> = [];

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

  async lock({ sql, expectsConflicts, locked }: BatchTransaction): Promise<void> {
    this.plans = await this.store.plan(sql, this.batch.points, expectsConflicts ? undefined : locked.lastPoints);
    this.skipped = this.stored === this.batch.size ? [] : this.batch.skipped(this.plans);
    if (this.skipped.length > 0) this.refuseTaken();
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    return this.store.write(sql, this.plans);
  }

  answer(_: BatchTransaction, outcomes: readonly OpenOutcome[]): Promise<unknown>[] {
    this.batch.requests.forEach(({ columns }, index) => {
      const outcome = outcomes[index];
      if (!outcome) return;
      const { indexes = [], conflicts = [] } = this.skipped[index] ?? {};
      outcome.conflicts = conflicts;
      // Those of streams are known by now.
      const ofStreams = outcome.streams.reduce((sum, { stored }) => sum + stored, 0);
      outcome.stored = sizeOf(columns) - indexes.length + ofStreams;
    });
    return [];
  }

  async isStoredBy(transactionId: string): Promise<boolean> {
    const plan = this.plans.find(({ stored }) => stored.micros.length > 0);
    const [first] = plan?.stored.micros ?? [];
    return !plan || first === undefined || this.store.isStoredBy(transactionId, plan.series.id, first);
  }

  /** Fails the requests that need a place that is taken. */
  private refuseTaken(): void {
    const refused = this.batch.requests.filter(({ mustBeNew }, index) =>
      this.skipped[index]?.indexes.some((one) => mustBeNew?.has(one)),
    );
    if (refused.length > 0) throw new RefusedRequests(new Map(refused.map((request) => [request, new PlaceTaken()])));
  }
}
