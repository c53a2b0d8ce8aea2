import { setTimeout } from 'node:timers/promises';
import {
  ApiConnect,
  ApiError,
  type ConnectionOptions,
  type FilterFields,
  type Metadata,
  TimeoutError,
} from 'marigram-client';
import { MICROS_PER_SECOND } from '../common/time.js';

/** How often a request is sent to a server that fails with 500 or is too slow: esmond is both when it is busy. */
const ATTEMPTS = 4;

/** How many metadata are asked for at once. */
const PAGE = 500;

/** A point or a bin of another archive. */
export interface ForeignPoint {
  readonly tsMicros: number;
  readonly val: unknown;
}

/** What of the SDK gives points: an event type, or a summary. */
export interface Readable {
  points(options: {
    timeStart: number;
    timeEnd: number;
    limit: number;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<ForeignPoint, void, undefined>;
}

/** A span of time in micros, both ends inclusive. */
export interface ReadSpan {
  readonly begin: number;
  readonly end: number;
}

/** How to reach another archive. */
export interface SourceOptions extends ConnectionOptions {
  readonly filters?: FilterFields | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Another archive, an esmond or a Marigram, as its clients see it. */
export class SourceArchive {
  /** What progress is noted under: however its URL is written, an archive is one. */
  readonly name: string;
  private readonly filters: FilterFields;
  private readonly signal: AbortSignal | undefined;
  private readonly options: ConnectionOptions;
  private readonly pauseMs: number;

  /** Throws a `TypeError` for a URL that is none of HTTP. */
  constructor(
    private readonly url: string,
    { filters = {}, signal, ...options }: SourceOptions = {},
  ) {
    this.name = url.replace(/\/+$/, '').replace(/(\/esmond)?\/perfsonar\/archive$/, '');
    this.filters = filters;
    this.signal = signal;
    this.options = { timeoutMs: 120_000, ...options };
    this.pauseMs = options.backoffMs ?? 1000;
    new ApiConnect(url, filters, this.options);
  }

  /** All metadata that the filters find, each once; a page of them is in memory. Throws an `ArchiveError`. */
  async *metadata(): AsyncGenerator<Metadata, void, undefined> {
    // Metadata that are registered meanwhile move others to the next page.
    const found = new Set<string>();
    for (let offset = 0; ; offset += PAGE) {
      const page = await this.patiently(() => this.page(offset));
      for (const one of page) if (!found.has(one.metadataKey)) yield one;
      for (const { metadataKey } of page) found.add(metadataKey);
      if (page.length < PAGE) return;
    }
  }

  /**
   * The points of a span in time order, in slices of at most so many, each a request of its own: memory is bounded, and
   * a failure costs one slice. No slice is empty. Throws an `ArchiveError` where repeating does not help.
   */
  async *slices(
    from: Readable,
    { begin, end }: ReadSpan,
    size: number,
  ): AsyncGenerator<ForeignPoint[], void, undefined> {
    let start = begin;
    let last = -Infinity;
    for (;;) {
      const options = { timeStart: start / MICROS_PER_SECOND, timeEnd: end / MICROS_PER_SECOND, limit: size };
      const rows = await this.patiently(() => collect(from, { ...options, signal: this.signal }));
      const fresh = rows.filter(({ tsMicros }) => tsMicros > last);
      if (fresh.length > 0) yield fresh;
      if (rows.length < size) return;
      // Begins with the last point once more: an esmond knows no time between two seconds to begin with.
      last = rows.at(-1)?.tsMicros ?? last;
      start = last;
    }
  }

  private async page(offset: number): Promise<Metadata[]> {
    const connection = new ApiConnect(this.url, { ...this.filters, limit: PAGE, offset }, this.options);
    const page: Metadata[] = [];
    for await (const one of connection.getMetadata({ signal: this.signal })) page.push(one);
    return page;
  }

  private async patiently<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read();
      } catch (error) {
        // The SDK repeats what a server says is temporary; this is about one that is merely overcharged.
        const mayPass = error instanceof TimeoutError || (error instanceof ApiError && error.status === 500);
        if (!mayPass || attempt >= ATTEMPTS) throw error;
        await setTimeout(this.pauseMs * 2 ** attempt, undefined, { signal: this.signal });
      }
    }
  }
}

/** What the other archive says where the fault is not with one series: no access, or no server. */
const OF_ALL: readonly number[] = [401, 403, 429, 502, 503, 504];

/** Whether the archive has answered that it can't give this one thing; other errors mean that it gives nothing. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !OF_ALL.includes(error.status);
}

async function collect(from: Readable, options: Parameters<Readable['points']>[0]): Promise<ForeignPoint[]> {
  const rows: ForeignPoint[] = [];
  for await (const row of from.points(options)) rows.push(row);
  return rows;
}
