import { Invalid } from '../common/errors.js';
import { parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { parseSearch, type SearchFilters } from '../search/parse-search.js';
import { type SeriesPlace } from '../storage/registry/search-store.js';

/** The maximum of series per page. */
export const MAX_SERIES = 10_000;

/** Which newest points to read. */
export interface LatestQuery {
  /** `undefined` if nothing can match. */
  readonly filters: SearchFilters | undefined;
  /** The maximum of series. */
  readonly limit: number;
  /** The page begins after this series; by default at the first one. */
  readonly after?: SeriesPlace | undefined;
}

/** Parses a query string. Throws `Invalid`, naming the parameter. */
export function parseLatest({ after, ...query }: Query): LatestQuery {
  return {
    after: after === undefined ? undefined : placeOf(after),
    filters: parseSearch(query),
    limit: Math.min(parsePage(query).limit, MAX_SERIES),
  };
}

/** Parses the place after which a page begins. */
function placeOf(text: string): SeriesPlace {
  const [, key, eventType] = /^([\w.@-]+)\/([\w.@-]+)$/.exec(text) ?? [];
  if (key === undefined || eventType === undefined)
    throw new Invalid(`after: expected METADATA-KEY/EVENT-TYPE, got ${JSON.stringify(text)}`);
  return { key, eventType };
}
