import { type SeriesPoint } from '../../points/point-store.js';
import { type SeriesStore, type WrittenSeries } from '../../registry/series-store.js';
import { type BatchPart, type BatchTransaction } from './batch-part.js';
import { type PointsPart } from './points-part.js';

/** The times of the series of a batch: time-updated, and the first and last point time. */
export class ExtentsPart implements BatchPart {
  private series: readonly WrittenSeries[] = [];

  /** @param timeUpdated the time-updated (seconds) that imported points bring along, instead of now. */
  constructor(
    private readonly store: SeriesStore,
    private readonly points: PointsPart,
    private readonly timeUpdated: number | undefined,
  ) {}

  /** What the batch stored in each series, in the order of their ids; known once `write` has returned. */
  get written(): readonly WrittenSeries[] {
    return this.series;
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    this.series = writtenSeries(this.points.stored);
    return [this.store.recordWrite(sql, this.series, this.timeUpdated)];
  }
}

/** @param points in (series, time) order. */
function writtenSeries(points: readonly SeriesPoint[]): WrittenSeries[] {
  const written: { id: number; points: number; first: number; last: number }[] = [];
  let current: (typeof written)[number] | undefined;
  for (const { series, micros } of points) {
    if (current?.id !== series.id) {
      current = { id: series.id, points: 0, first: micros, last: micros };
      written.push(current);
    }
    current.points++;
    current.last = micros;
  }
  return written;
}
