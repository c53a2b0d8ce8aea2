import { type Page, parsePage } from '../common/page.js';
import { parseTimeRange, type Query, type TimeRange } from '../common/time-range.js';

/** Which rows of a series to read, whatever the series is. */
export interface RowQuery {
  /** Both ends inclusive; `undefined` for everything up to now. */
  readonly range?: TimeRange | undefined;
  /** By time. A page of `desc` has the latest rows. */
  readonly order: 'asc' | 'desc';
  readonly page: Page;
}

/** The rows that a query string asks for. Throws `Invalid`, naming the parameter, on a bad time. */
export function parseRowQuery(query: Query): RowQuery {
  return { range: parseTimeRange(query), order: query.order === 'desc' ? 'desc' : 'asc', page: parsePage(query) };
}
