import { Injectable } from '@nestjs/common';
import { SearchService } from '../search/search.service.js';
import { type LatestPoint, LatestStore } from '../storage/points/latest-store.js';
import { SearchStore, type SeriesWithPoints } from '../storage/registry/search-store.js';
import { type LatestQuery } from './latest-query.js';

/** The number of series looked up at a time. */
const SLICE_SERIES = 250;

/** A page of newest points, in slices, and the place after which the next page begins. */
export interface LatestPage {
  readonly slices: AsyncGenerator<readonly LatestPoint[]>;
  readonly next: string | undefined;
}

/** Finds the newest points of many series. */
@Injectable()
export class LatestService {
  constructor(
    private readonly search: SearchService,
    private readonly searchStore: SearchStore,
    private readonly latestStore: LatestStore,
  ) {}

  /**
   * The newest points of the series that match, sorted by metadata key and event type. The first slice is looked up
   * before this resolves. Throws `Invalid`, naming the parameter, for a host without an address.
   */
  async latest({ filters, limit, after }: LatestQuery): Promise<LatestPage> {
    const search = await this.search.resolve(filters);
    // One more than the page tells whether more follow.
    const found = search ? await this.searchStore.seriesWithPoints(search, limit + 1, after) : [];
    const series = found.slice(0, limit);
    const last = found.length > limit ? series.at(-1) : undefined;
    const first = await this.latestStore.points(series.slice(0, SLICE_SERIES));
    return { slices: this.slices(first, series.slice(SLICE_SERIES)), next: last && `${last.key}/${last.eventType}` };
  }

  private async *slices(
    first: readonly LatestPoint[],
    rest: readonly SeriesWithPoints[],
  ): AsyncGenerator<readonly LatestPoint[]> {
    if (first.length > 0) yield first;
    for (let at = 0; at < rest.length; at += SLICE_SERIES) {
      const slice = await this.latestStore.points(rest.slice(at, at + SLICE_SERIES));
      if (slice.length > 0) yield slice;
    }
  }
}
