import { type Page, parsePage } from '../../common/page.js';
import { type Query } from '../../common/time-range.js';
import { Invalid } from '../../common/errors.js';
import { microsIn, TIMES_EXPECTED } from '../micros.js';
import { parseTimeBase, type TimeBase } from '../time-base.js';

/** How many rows of a stream an answer holds unless `limit` says otherwise. */
export const DEFAULT_ROWS = 10_000;

/** Which rows of a stream to read. */
export interface StreamRowQuery {
  /** What the bounds count from, and the times of the answer. */
  readonly timeBase: TimeBase;
  /** In micros, both inclusive; may be infinite. */
  readonly from: number;
  readonly to: number;
  readonly order: 'asc' | 'desc';
  readonly page: Page;
}

/** The rows that a query string asks for. Throws `Invalid`, naming the parameter. */
export function parseStreamRowQuery(query: Query): StreamRowQuery {
  const timeBase = parseTimeBase(query);
  return {
    timeBase,
    from: boundIn(query, 'from', timeBase) ?? -Infinity,
    to: boundIn(query, 'to', timeBase) ?? Infinity,
    order: query.order === 'desc' ? 'desc' : 'asc',
    page: parsePage({ limit: String(DEFAULT_ROWS), ...query }),
  };
}

function boundIn(query: Query, name: string, timeBase: TimeBase): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const integer = /^-?\d{1,16}$/.test(text) ? Number(text) : undefined;
  const micros = timeBase === 'absolute' && integer === undefined ? microsIn(text) : integer;
  const expected = timeBase === 'absolute' ? TIMES_EXPECTED : 'expected microseconds since test-start';
  if (micros === undefined) throw new Invalid(`${name}: ${expected}, got ${JSON.stringify(text)}`);
  return micros;
}
