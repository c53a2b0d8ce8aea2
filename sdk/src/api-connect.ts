import { type FilterFields } from './api-filters.js';
import { unlike } from './answer.js';
import { Archive } from './archive.js';
import { type ConnectionOptions } from './connection-options.js';
import { type EventTypeInfo, eventTypeInfo } from './event-type-info.js';
import { type EventTypeInfo as WireEventType, searchMetadata } from './generated/index.js';
import { LatestPoint, type WireLatestPoint } from './latest-point.js';
import { Metadata } from './metadata.js';
import { isMetadata } from './metadata-check.js';
import { type CallOptions } from './read-options.js';
import { searchQuery } from './search-query.js';

/** How to reach an archive, and in which steps. */
export interface ConnectOptions extends ConnectionOptions {
  /** How many metadata are asked for at once: 500 unless given. */
  pageSize?: number | undefined;
}

/** How to search. */
export interface SearchOptions extends CallOptions {
  /**
   * Is given each entry of an answer that is no metadata, and is left out then; without it such an answer is an error.
   */
  onMalformed?: ((entry: unknown) => void) | undefined;
}

/** A page of an answer. */
interface Page {
  readonly entries: readonly unknown[];
  readonly response: Response;
}

/** How many entries in a row may be known already: new metadata move others to the next page, but not whole pages. */
const MAX_STALE = 1;

/** Searches an archive. */
export class ApiConnect {
  private readonly archive: Archive;
  private readonly pageSize: number;

  /**
   * @param url of the server (`http://localhost:8080`), or of the archive itself (up to `/perfsonar/archive/`).
   * Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent.
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
  async *getMetadata({ signal, onMalformed }: SearchOptions = {}): AsyncGenerator<Metadata, void, undefined> {
    const source = { archive: this.archive, filters: { ...this.filters } };
    const query = searchQuery(this.filters);
    let rest = this.filters.limit ?? Infinity;
    let offset = this.filters.offset ?? 0;
    // Metadata that are registered meanwhile move others to the next page.
    const found = new Set<string>();
    let stale = 0;
    for (let total = Infinity; offset < total && rest > 0;) {
      const limit = Math.min(rest, this.pageSize);
      const { entries, response } = await this.page({ ...query, limit, ...(offset > 0 && { offset }) }, signal);
      if (entries.length === 0) return;
      const before = found.size;
      for (const one of entries) {
        if (!isMetadata(one)) {
          if (!onMalformed) throw unlike('metadata', response);
          onMalformed(one);
          found.add(JSON.stringify(one));
          continue;
        }
        if (found.has(one['metadata-key'])) continue;
        found.add(one['metadata-key']);
        rest--;
        yield new Metadata(source, one);
      }
      stale = found.size > before ? 0 : stale + entries.length;
      if (stale > MAX_STALE) throw unlike('another page, got the same metadata again', response);
      total = totalOf(entries) ?? (entries.length < limit ? 0 : Infinity);
      offset += entries.length;
    }
  }

  /**
   * The newest point of each event type that the filters find, sorted by metadata key and event type. `offset` has no
   * meaning here, and `limit` counts points. Only a Marigram knows that; from an esmond it is an `ApiError`.
   * Throws an `ArchiveError`, or the reason of `options.signal`.
   */
  async *getLatest({ signal }: CallOptions = {}): AsyncGenerator<LatestPoint, void, undefined> {
    const query = searchQuery(this.filters);
    let rest = this.filters.limit ?? Infinity;
    for (let after: string | null = null; rest > 0;) {
      const limit = Math.min(rest, this.pageSize);
      const page = await this.archive.rootPage(
        '/api/v1/latest',
        { ...query, limit, ...(after !== null && { after }) },
        signal,
      );
      const points = page.entries as readonly WireLatestPoint[];
      for (const point of points) yield new LatestPoint(point);
      rest -= points.length;
      after = page.next?.get('after') ?? null;
      if (after === null) return;
    }
  }

  /**
   * The event types that the archive takes, sorted by name: the built-in ones and those that an admin has declared. The
   * filters do not count. Only a Marigram lists them; from an esmond it is an `ApiError`. Throws an `ArchiveError`, or
   * the reason of `options.signal`.
   */
  async *getEventTypes({ signal }: CallOptions = {}): AsyncGenerator<EventTypeInfo, void, undefined> {
    for await (const entry of this.archive.rootEntries('/api/v1/event-types', { limit: this.pageSize }, signal))
      yield eventTypeInfo(entry as WireEventType);
  }

  private async page(query: Record<string, string | number>, signal: AbortSignal | undefined): Promise<Page> {
    return this.archive.run(async (core) => {
      const { data, response } = await searchMetadata({ ...core, query });
      const entries: unknown = data;
      if (!Array.isArray(entries)) throw unlike('an array of metadata', response);
      return { entries, response };
    }, signal);
  }
}

/** How many metadata there are in all: the first of a page says so. `undefined` where none does. */
function totalOf(entries: readonly unknown[]): number | undefined {
  const totals = entries.map(
    (entry) => (entry as { 'metadata-count-total'?: unknown } | null)?.['metadata-count-total'],
  );
  return totals.find((total) => typeof total === 'number');
}
