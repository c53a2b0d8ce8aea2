import { Invalid } from '../common/errors.js';
import { type Page, parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { type SessionFilter } from '../storage/sessions/session-store.js';
import { microsIn, TIMES_EXPECTED } from './micros.js';
import { STATUSES } from './session.dto.js';

/** How many sessions a page has unless `limit` says otherwise. */
export const DEFAULT_SESSIONS = 100;

/** The parameters that begin so filter by a member of `meta`. */
const META = 'meta.';

/** Which sessions to list. */
export interface SessionQuery {
  readonly filter: SessionFilter;
  readonly page: Page;
}

/** The sessions that a query string asks for. Throws `Invalid`, naming the parameter. */
export function parseSessionQuery(query: Query): SessionQuery {
  const { name, operator, status } = query;
  const known = STATUSES.find((one) => one === status);
  if (status !== undefined && !known)
    throw new Invalid(`status: expected ${STATUSES.join(', ')}, got ${JSON.stringify(status)}`);
  const from = microsOfQuery(query, 'from') ?? -Infinity;
  const to = microsOfQuery(query, 'to') ?? Infinity;
  const filter = { name, operator, status: known, meta: metaFilters(query), from, to };
  return { filter, page: parsePage({ limit: String(DEFAULT_SESSIONS), ...query }) };
}

/** The members of `meta` that a query string asks for, and their texts. */
export function metaFilters(query: Query): [member: string, text: string][] {
  return Object.entries(query).flatMap(([name, text]) =>
    name.startsWith(META) ? [[name.slice(META.length), text] as [string, string]] : [],
  );
}

/** Whether times are shown as ISO 8601 texts. Throws `Invalid` for another `time` than `iso`. */
export function showsIso({ time }: Query): boolean {
  if (time !== undefined && time !== 'iso') throw new Invalid(`time: expected iso, got ${JSON.stringify(time)}`);
  return time === 'iso';
}

function microsOfQuery(query: Query, name: string): number | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const micros = microsIn(/^-?\d+$/.test(text) ? Number(text) : text);
  if (micros === undefined) throw new Invalid(`${name}: ${TIMES_EXPECTED}, got ${JSON.stringify(text)}`);
  return micros;
}
