import { type PointStore, type SeriesPoint } from '../../points/point-store.js';
import { type WriteBatch } from '../write-batch.js';
import { type BatchPart, type BatchTransaction, type OpenOutcome } from './batch-part.js';

/** The points of a batch. */
export class PointsPart implements BatchPart {
  private storedRows: readonly SeriesPoint[] = [];
  private replacedRows: readonly SeriesPoint[] = [];

  constructor(
    private readonly store: PointStore,
    private readonly batch: WriteBatch,
  ) {}

  /** The rows inserted or replaced, in (series, time) order; known once `lock` has resolved. */
  get stored(): readonly SeriesPoint[] {
    return this.storedRows;
  }

  /** The values that replaced rows had before. */
  get replaced(): readonly SeriesPoint[] {
    return this.replacedRows;
  }

  /** Where conflicts are expected, only the insert itself tells which places are free: it takes place here then. */
  async lock({ sql, expectsConflicts }: BatchTransaction): Promise<void> {
    const { rows } = this.batch;
    const written = expectsConflicts ? await this.store.insertNew(sql, rows) : { stored: rows, replaced: [] };
    this.storedRows = written.stored;
    this.replacedRows = written.replaced;
  }

  write({ sql, expectsConflicts }: BatchTransaction): Promise<unknown>[] {
    return expectsConflicts ? [] : [this.store.insert(sql, this.batch.rows)];
  }

  answer(_: BatchTransaction, outcomes: readonly OpenOutcome[]): Promise<unknown>[] {
    const allStored = this.storedRows.length === this.batch.size;
    const stored = allStored ? undefined : new Set(this.storedRows);
    this.batch.requests.forEach(({ points }, index) => {
      const outcome = outcomes[index];
      if (!outcome) return;
      outcome.conflicts = stored ? skippedOf(points, stored) : [];
      outcome.stored = points.length - outcome.conflicts.length;
    });
    return [];
  }

  /** Whether the transaction with this id stored the points. A batch that stores none gives no evidence against it. */
  async isStoredBy(transactionId: string): Promise<boolean> {
    const [first] = this.storedRows;
    return first === undefined || this.store.isStoredBy(transactionId, first);
  }
}

/** The indexes of the points that were skipped. A point that another one of the batch replaced counts as stored. */
function skippedOf(points: readonly SeriesPoint[], stored: ReadonlySet<SeriesPoint>): number[] {
  const skipped: number[] = [];
  points.forEach((point, index) => {
    if (point.onConflict === 'skip' && !stored.has(point)) skipped.push(index);
  });
  return skipped;
}
