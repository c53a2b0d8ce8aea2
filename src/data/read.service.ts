import { Injectable } from '@nestjs/common';
import { Invalid } from '../common/errors.js';
import { parsePage } from '../common/page.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { parseTimeRange, type Query, type TimeRange } from '../common/time-range.js';
import { dataTypeOf } from '../event-types/catalogue.js';
import { DATA_TYPES } from '../event-types/data-types.js';
import { type Point, type PointRange, PointStore, SLICE } from '../storage/point-store.js';
import { type SeriesExtent, SeriesStore } from '../storage/series-store.js';

/** How far an open end reaches into the future: clocks of measurement hosts run ahead. */
const OPEN_END = 3600 * MICROS_PER_SECOND;

/** The points that a request asks for. */
export interface PointsRead {
  /** The points in time order: all at once in an array, or slice by slice where they are many. */
  readonly slices: readonly (readonly Point[])[] | AsyncIterable<readonly Point[]>;
  /** Makes the JSON text of a point's value. */
  readonly encode: (point: Point) => string;
  /** Whether more points follow in the range. */
  readonly more: boolean;
}

/** Reads stored points. */
@Injectable()
export class ReadService {
  constructor(
    private readonly series: SeriesStore,
    private readonly points: PointStore,
  ) {}

  /**
   * The page of points that a query string asks for; none for an unknown metadata key or an event type that is not
   * registered. What is in memory at a time is bounded, however many points there are.
   * @param window the window in the URL: base points have none, so that anything but 0 (or nothing) has no points.
   * Throws `Invalid` for an event type that the archive does not know, bad time parameters, and a bad window.
   */
  async read(metadataKey: string, eventType: string, window: string | undefined, query: Query): Promise<PointsRead> {
    const dataType = dataTypeOf(eventType);
    if (dataType === undefined) throw new Invalid(`there is no event type ${JSON.stringify(eventType)}`);
    const range = parseTimeRange(query);
    const { encode } = DATA_TYPES[dataType];
    const extent = isBase(window) ? await this.series.extent(metadataKey, eventType) : undefined;
    const bounds = extent && boundsOf(extent, range, query.order === 'desc');
    if (!bounds) return { slices: [], encode, more: false };

    const { limit, offset } = parsePage(query);
    if (limit >= SLICE) {
      const more = await this.points.hasMoreThan(bounds, offset + limit);
      return { slices: this.points.read(bounds, limit, offset), encode, more };
    }
    // One point more than the page has tells whether any follow.
    const slice = await this.points.readSlice(bounds, limit + 1, offset);
    return { slices: [slice.slice(0, limit)], encode, more: slice.length > limit };
  }
}

function isBase(window: string | undefined): boolean {
  if (window === undefined) return true;
  if (!/^[+-]?\d+$/.test(window)) throw new Invalid(`window: expected an integer, got ${JSON.stringify(window)}`);
  return Number(window) === 0;
}

/**
 * The part of the asked range in which the series has points, by the database's clock; `undefined` if there is none.
 * Without any time parameter that is 0 to now; an open end reaches one hour into the future.
 */
function boundsOf(extent: SeriesExtent, range: TimeRange | undefined, descending: boolean): PointRange | undefined {
  const { id, first, last, now } = extent;
  if (first === null || last === null) return undefined;
  const secondOfNow = now - (((now % MICROS_PER_SECOND) + MICROS_PER_SECOND) % MICROS_PER_SECOND);
  const begin = range?.begin ?? (range?.sinceNow === undefined ? 0 : secondOfNow - range.sinceNow);
  const end = range?.end ?? (range ? secondOfNow + OPEN_END : secondOfNow + MICROS_PER_SECOND - 1);
  const bounds = { series: id, begin: Math.max(begin, first), end: Math.min(end, last), descending };
  return bounds.begin <= bounds.end ? bounds : undefined;
}
