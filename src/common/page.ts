import { type Query } from './time-range.js';

/** How many rows an answer holds when `limit` is absent or makes no sense. */
export const DEFAULT_LIMIT = 1500;

/** A page of an answer: at most `limit` rows (at least 1) after skipping `offset`. */
export interface Page {
  readonly limit: number;
  readonly offset: number;
}

/** The page that a query asks for; whatever is no positive integer falls back to limit 1500, offset 0. */
export function parsePage(query: Query): Page {
  return { limit: positiveInteger(query.limit) ?? DEFAULT_LIMIT, offset: positiveInteger(query.offset) ?? 0 };
}

function positiveInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\+?\d+\s*$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : undefined;
}
