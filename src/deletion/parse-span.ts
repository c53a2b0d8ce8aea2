import { parseBounds, parseTimeRange, type Query } from '../common/time-range.js';
import { type Span } from '../storage/removal/delete-store.js';

/** The parameters that bound a deletion of points. */
export const SPAN_PARAMETERS: readonly string[] = ['time', 'time-start', 'time-end'];

/** The time that a query string bounds; a missing end is open. Throws `Invalid`, naming the parameter. */
export function parseSpan(query: Query): Span {
  const range = query.time === undefined ? parseBounds(query, 'time-start', 'time-end') : parseTimeRange(query);
  return { begin: range?.begin ?? -Infinity, end: range?.end ?? Infinity };
}
