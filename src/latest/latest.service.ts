import { Injectable } from '@nestjs/common';
import { parsePage } from '../common/page.js';
import { Invalid } from '../common/errors.js';
import { type Query } from '../common/time-range.js';
import { SearchService } from '../search/search.service.js';
import {
  type LatestPoint,
  LatestStore,
  type SeriesPlace,
  type SeriesWithPoints,
} from '../storage/registry/latest-store.js';

/** How many series a page has at most, and how many of them are looked up at a time. */
export const MOST_SERIES = 10_000;
const SLICE = 250;

/** A page of newest points, in slices, and the place behind which the next one begins. */
export interface LatestPage {
  readonly slices: AsyncGenerator<readonly LatestPoint[]>;
  readonly next: string | undefined;
}

/** Finds the newest points of many series. */
@Injectable()
export class LatestService {
  constructor(
    private readonly search: SearchService,
    private readonly store: LatestStore,
  ) {}

  /**
   * The newest points of the series that a query string asks for, sorted by metadata key and event type. The first slice
   * is looked up before this resolves. Throws `Invalid`, naming the parameter.
   */
  async latest({ after, ...query }: Query): Promise<LatestPage> {
    const place = after === undefined ? undefined : placeOf(after);
    const limit = Math.min(parsePage(query).limit, MOST_SERIES);
    const search = await this.search.parse(query);
    // One more than the page has tells whether any follow.
    const found = search ? await this.store.series(search, limit + 1, place) : [];
    const series = found.slice(0, limit);
    const last = found.length > limit ? series.at(-1) : undefined;
    const first = await this.store.points(series.slice(0, SLICE));
    return { slices: this.slices(first, series.slice(SLICE)), next: last && `${last.key}/${last.eventType}` };
  }

  private async *slices(
    first: readonly LatestPoint[],
    rest: readonly SeriesWithPoints[],
  ): AsyncGenerator<readonly LatestPoint[]> {
    if (first.length > 0) yield first;
    for (let at = 0; at < rest.length; at += SLICE) {
      const slice = await this.store.points(rest.slice(at, at + SLICE));
      if (slice.length > 0) yield slice;
    }
  }
}

/** The place that a page begins behind, as the link to it has it. */
function placeOf(text: string): SeriesPlace {
  const [, key, eventType] = /^([\w.@-]+)\/([\w.@-]+)$/.exec(text) ?? [];
  if (key === undefined || eventType === undefined)
    throw new Invalid(`after: expected METADATA-KEY/EVENT-TYPE, got ${JSON.stringify(text)}`);
  return { key, eventType };
}
