import { Injectable } from '@nestjs/common';
import { type StoredValue } from '../../event-types/data-types.js';
import { type SeriesWithPoints } from '../registry/search-store.js';
import { type DescribedSeries, SeriesStore } from '../registry/series-store.js';
import { PointStore } from './point-store.js';

/** The newest point of a series. All times in micros. */
export interface LatestPoint extends Omit<DescribedSeries, 'id' | 'first' | 'last'>, StoredValue {
  readonly micros: number;
  /** The median of the times between the latest points, in micros; `null` where there is one point only. */
  readonly cadence: number | null;
}

/** Looks up the newest points of series: by the time of the last one, which the series knows. */
@Injectable()
export class LatestStore {
  constructor(
    private readonly registered: SeriesStore,
    private readonly stored: PointStore,
  ) {}

  /** The newest point of each of these series, in their order; those that have none are missing. */
  async points(series: readonly SeriesWithPoints[]): Promise<LatestPoint[]> {
    const { series: described, fromPrimary } = await this.registered.described(series.map(({ id }) => id));
    const newest = await this.stored.newest(described, fromPrimary);
    return described.flatMap(({ id, first: _first, last: _last, ...subject }) => {
      const point = newest.get(id);
      return point ? [{ ...subject, ...point }] : [];
    });
  }
}
