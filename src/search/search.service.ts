import { Injectable } from '@nestjs/common';
import { parsePage } from '../common/page.js';
import { type Query } from '../common/time-range.js';
import { type MetadataPage, SearchStore } from '../storage/search-store.js';
import { HostMatch } from './host-match.js';
import { parseSearch } from './parse-search.js';

const NOTHING: MetadataPage = { rows: [], total: 0 };

/** Finds metadata by any of their fields. */
@Injectable()
export class SearchService {
  constructor(
    private readonly store: SearchStore,
    private readonly hosts: HostMatch,
  ) {}

  /** The page of metadata that a query string asks for, sorted by key. Throws `Invalid`, naming the parameter. */
  async search(query: Query): Promise<MetadataPage> {
    const parsed = parseSearch(query);
    if (!parsed) return NOTHING;
    const addresses = await Promise.all(
      [...parsed.hosts].map(async ([column, host]) => {
        const field = column.replace('_', '-');
        return [column, await this.hosts.addressesOf(field, host, query['dns-match-rule'])] as const;
      }),
    );
    return this.store.search({ ...parsed.search, addresses: new Map(addresses) }, parsePage(query));
  }
}
