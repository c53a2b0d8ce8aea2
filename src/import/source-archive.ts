import { setTimeout } from 'node:timers/promises';
import {
  ApiConnect,
  ApiError,
  ArchiveError,
  type ConnectionOptions,
  type FilterFields,
  type Metadata,
  TimeoutError,
} from 'marigram-client';
import { MICROS_PER_SECOND } from '../common/time.js';
import { AnswerTooLong, boundedFetch } from './bounded-fetch.js';

/** How often a request is sent to a server that fails with 500 or is too slow: esmond is both when it is busy. */
const ATTEMPTS = 4;

/** How long an answer may take as a whole, in time limits of its pieces. */
const PIECES = 5;

/** Nobody answers fewer rows than this where there are more, and more are asked for. */
const SMALLEST_PAGE = 1000;

/** What an end in whole seconds covers of its second. */
const REST_OF_SECOND = MICROS_PER_SECOND - 1;

/** A point or a bin of another archive. */
export interface ForeignPoint {
  readonly tsMicros: number;
  readonly val: unknown;
}

/** Some rows in time order. */
export interface ForeignSlice {
  /** Those in the span that was asked for, and not in a slice before. */
  readonly points: readonly ForeignPoint[];
  /** How many others came with them, which nobody has asked for. */
  readonly strays: number;
}

/** What of the SDK gives points: an event type, or a summary. */
export interface Readable {
  points(options: {
    timeStart: number;
    timeEnd: number;
    limit: number;
    fractions: boolean;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<ForeignPoint, void, undefined>;
}

/** A span of time in micros, both ends inclusive; an end in whole seconds covers its second. */
export interface ReadSpan {
  readonly begin: number;
  readonly end: number;
}

/** How to reach another archive. */
export interface SourceOptions extends ConnectionOptions {
  readonly filters?: FilterFields | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Another archive, an esmond or a Marigram, as its clients see it. What it answers may be anything. */
export class SourceArchive {
  /** What progress is noted under: however its URL is written, an archive is one. */
  readonly name: string;
  private readonly filters: FilterFields;
  private readonly signal: AbortSignal | undefined;
  private readonly options: ConnectionOptions & { timeoutMs: number };
  private readonly pauseMs: number;

  /** Throws a `TypeError` for a URL that is none of HTTP. */
  constructor(
    private readonly url: string,
    { filters = {}, signal, ...options }: SourceOptions = {},
  ) {
    this.name = url.replace(/\/+$/, '').replace(/(\/esmond)?\/perfsonar\/archive$/, '');
    this.filters = filters;
    this.signal = signal;
    this.options = { fetch: boundedFetch, ...options, timeoutMs: options.timeoutMs ?? 120_000 };
    this.pauseMs = options.backoffMs ?? 1000;
    new ApiConnect(url, filters, this.options);
  }

  /**
   * All metadata that the filters find, each once; a page of them is in memory. Throws an `ArchiveError`; what was found
   * before it is good.
   * @param onMalformed is called for each entry that is no metadata, and is left out.
   */
  async *metadata(onMalformed: () => void): AsyncGenerator<Metadata, void, undefined> {
    const found = new Set<string>();
    for (let attempt = 1; ; attempt++) {
      try {
        const filters = { ...this.filters, limit: undefined, offset: found.size };
        for await (const one of new ApiConnect(this.url, filters, this.options).getMetadata({
          signal: this.signal,
          onMalformed,
        })) {
          if (found.has(one.metadataKey)) continue;
          found.add(one.metadataKey);
          attempt = 1;
          yield one;
        }
        return;
      } catch (error) {
        await this.sitOut(error, attempt);
      }
    }
  }

  /**
   * The points of a span in time order, in slices of at most so many, each a request of its own: memory is bounded, and
   * a failure costs one slice. Where an answer is too long, fewer are asked for. Throws an `ArchiveError` where
   * repeating does not help, and where the archive can't be asked for what is behind a slice.
   */
  async *slices(from: Readable, { begin, end }: ReadSpan, size: number): AsyncGenerator<ForeignSlice, void, undefined> {
    const last = end % MICROS_PER_SECOND === 0 ? end + REST_OF_SECOND : end;
    let limit = size;
    let start = begin;
    let read = -Infinity;
    for (;;) {
      const rows = await this.rows(from, { begin: start, end }, limit);
      if (rows === 'too long') {
        // Two at least: each request begins with the last point of the one before.
        limit = Math.max(2, Math.floor(limit / 10));
        continue;
      }
      // Some archives answer fewer than they are asked for.
      const isWhole = rows.length < Math.min(limit, SMALLEST_PAGE);
      if (!isWhole && !isInOrder(rows)) throw this.misbehaves('its points are in no order of time');
      rows.sort((a, b) => a.tsMicros - b.tsMicros);
      const asked = rows.filter(({ tsMicros }) => tsMicros >= begin && tsMicros <= last);
      const points = asked.filter(({ tsMicros }) => tsMicros > read);
      if (rows.length > 0) yield { points, strays: rows.length - asked.length };
      if (isWhole || (rows.at(-1)?.tsMicros ?? -Infinity) > last) return;
      // The last point once more, and nothing behind it.
      if (rows.length === 1 && points.length === 0) return;
      if (points.length === 0) throw this.misbehaves('it answers the same points again, whatever time-start says');
      // Begins with the last point once more: an esmond knows no time between two seconds to begin with.
      read = points.at(-1)?.tsMicros ?? read;
      start = read;
    }
  }

  /** Whether it answers a search at all, asked once. */
  async answers(): Promise<boolean> {
    try {
      const options = { ...this.options, retries: 0 };
      const found = new ApiConnect(this.url, { limit: 1 }, options).getMetadata({
        signal: this.signal,
        onMalformed: () => undefined,
      });
      await found.next();
      return true;
    } catch (error) {
      if (error instanceof ArchiveError) return false;
      throw error;
    }
  }

  private async rows(from: Readable, span: ReadSpan, limit: number): Promise<ForeignPoint[] | 'too long'> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.collect(from, span, limit);
      } catch (error) {
        if (error instanceof AnswerTooLong && limit > 2) return 'too long';
        await this.sitOut(error, attempt);
      }
    }
  }

  private async collect(from: Readable, { begin, end }: ReadSpan, limit: number): Promise<ForeignPoint[]> {
    const deadline = AbortSignal.timeout(PIECES * this.options.timeoutMs);
    const signal = this.signal ? AbortSignal.any([this.signal, deadline]) : deadline;
    const times = { timeStart: begin / MICROS_PER_SECOND, timeEnd: end / MICROS_PER_SECOND };
    const rows: ForeignPoint[] = [];
    try {
      for await (const row of from.points({ ...times, limit, fractions: true, signal })) rows.push(row);
      return rows;
    } catch (error) {
      if (error !== deadline.reason) throw error;
      throw this.misbehaves(`an answer that takes longer than ${(PIECES * this.options.timeoutMs) / 1000} seconds`);
    }
  }

  /** Waits where an error may pass; else throws it. The SDK repeats what a server says is temporary. */
  private async sitOut(error: unknown, attempt: number): Promise<void> {
    const mayPass = error instanceof TimeoutError || (error instanceof ApiError && error.status === 500);
    if (!mayPass || attempt >= ATTEMPTS) throw error;
    await setTimeout(this.pauseMs * 2 ** attempt, undefined, { signal: this.signal });
  }

  private misbehaves(detail: string): ApiError {
    return new ApiError({ status: 200, detail, method: 'GET', url: this.url });
  }
}

/** What the other archive says where the fault is not with one series: no access, or no server. */
const OF_ALL: readonly number[] = [401, 403, 429, 502, 503, 504];

/** Whether the archive has answered that it can't give this one thing; other errors mean that it gives nothing. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !OF_ALL.includes(error.status);
}

/** What is wrong with an answer that can't be used: its status, or what it says or does. */
export function faultOf({ status, detail }: ApiError): string {
  const text = detail.length > SHOWN ? `${detail.slice(0, SHOWN)}…` : detail;
  return status === 200 ? text : `the other archive answered ${status} (${text.replaceAll(/\s+/g, ' ').trim()})`;
}

/** How much is shown of what another archive says. */
const SHOWN = 120;

function isInOrder(rows: readonly ForeignPoint[]): boolean {
  return rows.every(({ tsMicros }, index) => index === 0 || tsMicros >= (rows[index - 1]?.tsMicros ?? -Infinity));
}
