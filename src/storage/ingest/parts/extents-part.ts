import { type SeriesStore, type WrittenSeries } from '../../registry/series-store.js';
import { type BatchPart, type BatchTransaction } from './batch-part.js';
import { type BatchPlans } from './planning-part.js';

/** The times of the series of a batch: time-updated, and the first and last point time. */
export class ExtentsPart implements BatchPart {
  private series: readonly WrittenSeries[] = [];

  /** @param timeUpdated the time-updated (seconds) that imported points bring along, instead of now. */
  constructor(
    private readonly store: SeriesStore,
    private readonly plans: BatchPlans,
    private readonly timeUpdated: number | undefined,
  ) {}

  /** What the batch stored in each series, in the order of their ids; known once `write` has returned. */
  get written(): readonly WrittenSeries[] {
    return this.series;
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    this.series = this.plans.planned.flatMap(({ series: { id }, stored: { micros } }) => {
      const [first, last] = [micros[0], micros.at(-1)];
      return first === undefined || last === undefined ? [] : [{ id, points: micros.length, first, last }];
    });
    return [this.store.recordWrite(sql, this.series, this.timeUpdated)];
  }
}
