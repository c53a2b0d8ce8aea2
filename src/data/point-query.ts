import { type Query } from '../common/time-range.js';
import { parseRowQuery, type RowQuery } from '../rows/row-query.js';

/** Which points of a series to read, and in which form. */
export interface PointQuery extends RowQuery {
  /** The form of values of which there are several: a name in `DataType.forms`; the usual one unless given. */
  readonly form?: string | undefined;
}

/** The points that a query string asks for. Throws `Invalid`, naming the parameter, on a bad time. */
export function parsePointQuery(query: Query): PointQuery {
  return { ...parseRowQuery(query), form: query.percentages };
}
