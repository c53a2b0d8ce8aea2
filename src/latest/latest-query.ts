import { Invalid } from '../common/errors.js';
import { parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { parseSearch, type SearchFilters } from '../search/parse-search.js';
import { type SeriesPlace } from '../storage/registry/search-store.js';

/** The most series of one page. */
export const MAX_SERIES = 10_000;

/** Whose newest points to read. */
export interface LatestQuery {
  /** `undefined` where nothing can match. */
  readonly filters: SearchFilters | undefined;
  /** How many series the page has at most. */
  readonly limit: number;
  /** The page begins right behind this series; at the first one unless given. */
  readonly after?: SeriesPlace | undefined;
}

/** The newest points that a query string asks for. Throws `Invalid`, naming the parameter. */
export function parseLatest({ after, ...query }: Query): LatestQuery {
  return {
    after: after === undefined ? undefined : placeOf(after),
    filters: parseSearch(query),
    limit: Math.min(parsePage(query).limit, MAX_SERIES),
  };
}

/** The place that a page begins behind, as the link to it has it. */
function placeOf(text: string): SeriesPlace {
  const [, key, eventType] = /^([\w.@-]+)\/([\w.@-]+)$/.exec(text) ?? [];
  if (key === undefined || eventType === undefined)
    throw new Invalid(`after: expected METADATA-KEY/EVENT-TYPE, got ${JSON.stringify(text)}`);
  return { key, eventType };
}
