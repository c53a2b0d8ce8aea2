import { Invalid } from '../common/errors.js';
import { type Page, parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { type StreamFilter } from '../storage/sessions/stream-store.js';
import { metaFilters } from './session-query.js';
import { STREAM_TYPES } from './stream-types.js';

/** Which streams of a session to list. */
export interface StreamQuery {
  readonly filter: StreamFilter;
  readonly page: Page;
}

/** The streams that a query string asks for. Throws `Invalid`, naming the parameter. */
export function parseStreamQuery(query: Query): StreamQuery {
  const { type, name, case: caseName } = query;
  const known = STREAM_TYPES.find((one) => one === type);
  if (type !== undefined && !known)
    throw new Invalid(`type: expected ${STREAM_TYPES.join(' or ')}, got ${JSON.stringify(type)}`);
  return { filter: { type: known, name, caseName, meta: metaFilters(query) }, page: parsePage(query) };
}
