import { Injectable } from '@nestjs/common';
import { DEFAULT_LIMIT, type Page } from '../common/page.js';
import { isSourceName } from '../common/source-name.js';
import { type StoredMetadata } from '../storage/registry/metadata-store.js';
import { oneAhead } from '../postgres/row-source.js';
import { type MetadataSearch } from '../storage/registry/search-conditions.js';
import { type MetadataPage, SearchStore } from '../storage/registry/search-store.js';
import { HostMatch } from './host-match.js';
import { type SearchFilters } from './parse-search.js';

/** A page of matching metadata. A page larger than the default one is in slices, and `rows` is the first of them. */
export interface FoundMetadata extends MetadataPage {
  readonly slices?: AsyncGenerator<readonly StoredMetadata[]>;
}

const NOTHING: FoundMetadata = { rows: [], total: 0 };

/** Searches metadata by any of their fields. */
@Injectable()
export class SearchService {
  constructor(
    private readonly store: SearchStore,
    private readonly hosts: HostMatch,
  ) {}

  /**
   * A page of the matching metadata, sorted by key, with constant memory for any size.
   * @param filters `undefined` if nothing can match.
   * Throws `Invalid`, naming the parameter, for a host without an address.
   */
  async search(filters: SearchFilters | undefined, { limit, offset }: Page): Promise<FoundMetadata> {
    const search = await this.resolve(filters);
    if (!search) return NOTHING;
    const { rows, total } = await this.store.search(search, { limit: Math.min(limit, DEFAULT_LIMIT), offset });
    const missing = Math.min(limit, total - offset) - rows.length;
    const last = rows.at(-1)?.key;
    if (missing <= 0 || last === undefined) return { rows, total };
    return { rows, total, slices: startingWith([rows], oneAhead(this.store.behind(search, last, missing))) };
  }

  /** Resolves the hosts of a search to addresses; `undefined` if nothing can match. Throws `Invalid`. */
  async resolve(filters: SearchFilters | undefined): Promise<MetadataSearch | undefined> {
    if (!filters) return undefined;
    const { hosts, dnsRule, search } = filters;
    const source = hosts.get('source');
    // A text may be the name of a source and of a host with an address at the same time.
    const isNamed = source !== undefined && isSourceName(source) && (await this.store.hasSourceName(source));
    const addresses = await Promise.all(
      [...hosts].map(async ([column, host]) => {
        const field = column.replace('_', '-');
        const isName = isNamed && column === 'source';
        const found = isName ? this.hosts.findAddresses(host, dnsRule) : this.hosts.addressesOf(field, host, dnsRule);
        return [column, await found] as const;
      }),
    );
    return { ...search, addresses: new Map(addresses), ...(isNamed && { sourceName: source }) };
  }
}

/**
 * Yields and empties the array, then yields the rest, so that yielded slices can be freed while a slow reader is
 * served.
 */
async function* startingWith<T>(first: T[], rest: AsyncGenerator<T>): AsyncGenerator<T> {
  yield* first.splice(0);
  yield* rest;
}
