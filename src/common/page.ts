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

/** Absolute URLs of the pages beside this one, `null` where there is none. */
export interface PageLinks {
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * The neighbours of a page.
 * @param url the request's absolute URL without its query.
 * @param query the request's parameters; they are repeated in the links, sorted by name.
 * @param more whether rows follow the page.
 */
export function pageLinks(url: string, query: Query, page: Page, more: boolean): PageLinks {
  const link = (offset: number): string => {
    const parameters = new Map(Object.entries(query));
    parameters.set('limit', String(page.limit));
    if (offset > 0) parameters.set('offset', String(offset));
    else parameters.delete('offset');
    const sorted = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
    return `${url}?${new URLSearchParams(sorted).toString()}`;
  };
  return {
    next: more ? link(page.offset + page.limit) : null,
    previous: page.offset > 0 ? link(page.offset - page.limit) : null,
  };
}

/** The value of the `Link` header (RFC 8288), or `undefined` where a page has no neighbours. */
export function linkHeader({ next, previous }: PageLinks): string | undefined {
  const parts = [next && `<${next}>; rel="next"`, previous && `<${previous}>; rel="prev"`].filter(Boolean);
  return parts.length > 0 ? parts.join(', ') : undefined;
}

function positiveInteger(text: string | undefined): number | undefined {
  if (text === undefined || !/^\s*\+?\d+\s*$/.test(text)) return undefined;
  const value = Number(text);
  return value > 0 ? Math.min(value, Number.MAX_SAFE_INTEGER) : undefined;
}
