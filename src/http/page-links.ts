import { type FastifyReply } from 'fastify';
import { type Page } from '../common/page.js';
import { type RequestAddress } from './request.js';

/** Absolute URLs of the pages beside this one, `null` if there is none. */
export interface PageLinks {
  readonly next: string | null;
  readonly previous: string | null;
}

/**
 * The neighbours of a page. Their URLs have the parameters of the request, sorted by name.
 * @param more whether rows follow the page.
 */
export function pageLinks({ origin, path, query }: RequestAddress, page: Page, more: boolean): PageLinks {
  const link = (offset: number): string => {
    const parameters = new Map(Object.entries(query));
    parameters.set('limit', String(page.limit));
    if (offset > 0) parameters.set('offset', String(offset));
    else parameters.delete('offset');
    const sorted = [...parameters].sort(([a], [b]) => (a < b ? -1 : 1));
    return `${origin}${path}?${new URLSearchParams(sorted).toString()}`;
  };
  return {
    next: more ? link(page.offset + page.limit) : null,
    previous: page.offset > 0 ? link(page.offset - page.limit) : null,
  };
}

/** Sets the `Link` header (RFC 8288); none where the page has no neighbours. */
export function setLink(reply: FastifyReply, { next, previous }: PageLinks): void {
  const parts = [next && `<${next}>; rel="next"`, previous && `<${previous}>; rel="prev"`].filter(Boolean);
  if (parts.length > 0) void reply.header('link', parts.join(', '));
}
