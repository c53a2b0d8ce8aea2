import { type FilterFields } from './api-filters.js';
import { unlike } from './answer.js';
import { Archive } from './archive.js';
import { type ConnectionOptions } from './connection-options.js';
import { type FoundMetadata, searchMetadata } from './generated/index.js';
import { Metadata } from './metadata.js';
import { type CallOptions } from './read-options.js';
import { searchQuery } from './search-query.js';

/** How to reach an archive, and in which steps. */
export interface ConnectOptions extends ConnectionOptions {
  /** How many metadata are asked for at once: 500 unless given. */
  pageSize?: number | undefined;
}

/** Searches an archive. */
export class ApiConnect {
  private readonly archive: Archive;
  private readonly pageSize: number;

  /**
   * @param url of the server (`http://localhost:8080`), or of the archive itself (up to `/perfsonar/archive/`).
   * Throws a `TypeError` for a URL that is none of HTTP, and for a key that can't be sent.
   */
  constructor(
    url: string,
    readonly filters: FilterFields = {},
    options: ConnectOptions = {},
  ) {
    this.archive = new Archive(url, { ...options, verbose: options.verbose ?? filters.verbose });
    this.pageSize = options.pageSize ?? 500;
  }

  /**
   * The metadata that the filters find, sorted by key. A page of them is asked for when the one before is used up.
   * Throws an `ArchiveError`, or the reason of `options.signal`.
   */
  async *getMetadata({ signal }: CallOptions = {}): AsyncGenerator<Metadata, void, undefined> {
    const source = { archive: this.archive, filters: { ...this.filters } };
    const query = searchQuery(this.filters);
    let rest = this.filters.limit ?? Infinity;
    let offset = this.filters.offset ?? 0;
    // Metadata that are registered meanwhile move others to the next page.
    const found = new Set<string>();
    for (let total = Infinity; offset < total && rest > 0;) {
      const limit = Math.min(rest, this.pageSize);
      const page = await this.page({ ...query, limit, ...(offset > 0 && { offset }) }, signal);
      if (page.length === 0) return;
      for (const one of page) {
        if (found.has(one['metadata-key'])) continue;
        found.add(one['metadata-key']);
        rest--;
        yield new Metadata(source, one);
      }
      total = page[0]?.['metadata-count-total'] ?? 0;
      offset += page.length;
    }
  }

  private async page(
    query: Record<string, string | number>,
    signal: AbortSignal | undefined,
  ): Promise<FoundMetadata[]> {
    return this.archive.run(async (core) => {
      const { data, response } = await searchMetadata({ ...core, query });
      const page: unknown = data;
      if (!Array.isArray(page)) throw unlike('an array of metadata', response);
      return data;
    }, signal);
  }
}
