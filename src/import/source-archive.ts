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

/** Attempts of a request that fails with 500 or a timeout: a busy esmond does both. */
const ATTEMPTS = 4;

/** The time limit of a whole answer, as a multiple of the time limit between its pieces. */
const ANSWER_TIMEOUTS = 5;

/** The smallest page limit of any archive: an answer of fewer rows is complete, unless fewer were asked for. */
const SMALLEST_PAGE = 1000;

/** An end in whole seconds includes the rest of its second. */
const REST_OF_SECOND_MICROS = MICROS_PER_SECOND - 1;

/** A point or a bin of another archive. */
export interface ForeignPoint {
  readonly tsMicros: number;
  readonly val: unknown;
}

/** Rows in time order. */
export interface ForeignSlice {
  /** The rows in the span that was asked for, without those of earlier slices. */
  readonly points: readonly ForeignPoint[];
  /** The number of rows outside the span. */
  readonly strays: number;
}

/** A source of points in the SDK: an event type or a summary. */
export interface Readable {
  points(options: {
    timeStart: number;
    timeEnd: number;
    limit: number;
    fractions: boolean;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<ForeignPoint, void, undefined>;
}

/** A span of time in micros, both ends inclusive; an end in whole seconds includes the rest of its second. */
export interface ReadSpan {
  readonly begin: number;
  readonly end: number;
}

/** How to reach another archive. */
export interface SourceOptions extends ConnectionOptions {
  readonly filters?: FilterFields | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Another archive (esmond or Marigram), read through the SDK. Its answers are not trusted. */
export class SourceArchive {
  /** Identifies the archive in recorded progress, however its URL is written. */
  readonly name: string;
  private readonly filters: FilterFields;
  private readonly signal: AbortSignal | undefined;
  private readonly options: ConnectionOptions & { timeoutMs: number };
  private readonly pauseMs: number;

  /** Throws a `TypeError` for a URL that is not HTTP or HTTPS. */
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
   * All metadata that match the filters, each once, one page in memory. Throws an `ArchiveError`; the metadata before
   * it are valid.
   * @param onMalformed called for each entry that is not a metadata; such entries are omitted.
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
        await this.pauseOrThrow(error, attempt);
      }
    }
  }

  /**
   * The points of a span in time order, in slices of at most `size` points, each from a request of its own: memory is
   * bounded, and a failure costs one slice. Where an answer is too long, the next request asks for fewer points. Throws
   * an `ArchiveError` where repeating does not help, and where the archive can't continue behind a slice.
   */
  async *slices(from: Readable, { begin, end }: ReadSpan, size: number): AsyncGenerator<ForeignSlice, void, undefined> {
    const last = end % MICROS_PER_SECOND === 0 ? end + REST_OF_SECOND_MICROS : end;
    let limit = size;
    let start = begin;
    let read = -Infinity;
    for (;;) {
      const rows = await this.rows(from, { begin: start, end }, limit);
      if (rows === 'too long') {
        // At least two, because each request begins with the last point of the one before.
        limit = Math.max(2, Math.floor(limit / 10));
        continue;
      }
      // Some archives answer fewer rows than were asked for.
      const isWhole = rows.length < Math.min(limit, SMALLEST_PAGE);
      if (!isWhole && !isInOrder(rows)) throw this.misbehaves('its points are in no order of time');
      rows.sort((a, b) => a.tsMicros - b.tsMicros);
      const asked = rows.filter(({ tsMicros }) => tsMicros >= begin && tsMicros <= last);
      const points = asked.filter(({ tsMicros }) => tsMicros > read);
      if (rows.length > 0) yield { points, strays: rows.length - asked.length };
      if (isWhole || (rows.at(-1)?.tsMicros ?? -Infinity) > last) return;
      // Only the last point again, so there is nothing behind it.
      if (rows.length === 1 && points.length === 0) return;
      if (points.length === 0) throw this.misbehaves('it answers the same points again, whatever time-start says');
      // Begin with the last point again: esmond's time-start has whole seconds only.
      read = points.at(-1)?.tsMicros ?? read;
      start = read;
    }
  }

  /** Whether the archive answers a search; tries once. */
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
        await this.pauseOrThrow(error, attempt);
      }
    }
  }

  private async collect(from: Readable, { begin, end }: ReadSpan, limit: number): Promise<ForeignPoint[]> {
    const deadline = AbortSignal.timeout(ANSWER_TIMEOUTS * this.options.timeoutMs);
    const signal = this.signal ? AbortSignal.any([this.signal, deadline]) : deadline;
    const times = { timeStart: begin / MICROS_PER_SECOND, timeEnd: end / MICROS_PER_SECOND };
    const rows: ForeignPoint[] = [];
    try {
      for await (const row of from.points({ ...times, limit, fractions: true, signal })) rows.push(row);
      return rows;
    } catch (error) {
      if (error !== deadline.reason) throw error;
      throw this.misbehaves(
        `an answer that takes longer than ${(ANSWER_TIMEOUTS * this.options.timeoutMs) / 1000} seconds`,
      );
    }
  }

  /** Pauses before the next attempt, or throws the error. The SDK itself repeats what a server calls temporary. */
  private async pauseOrThrow(error: unknown, attempt: number): Promise<void> {
    const mayPass = error instanceof TimeoutError || (error instanceof ApiError && error.status === 500);
    if (!mayPass || attempt >= ATTEMPTS) throw error;
    await setTimeout(this.pauseMs * 2 ** attempt, undefined, { signal: this.signal });
  }

  private misbehaves(detail: string): ApiError {
    return new ApiError({ status: 200, detail, method: 'GET', url: this.url });
  }
}

/** Statuses that concern the whole archive, not one series: no access, or no server. */
const ARCHIVE_STATUSES: readonly number[] = [401, 403, 429, 502, 503, 504];

/** Whether the archive refused only what was asked for; after other errors it answers nothing else either. */
export function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !ARCHIVE_STATUSES.includes(error.status);
}

/** Says what is wrong with an unusable answer: its status, or its detail. */
export function faultOf({ status, detail }: ApiError): string {
  const text = detail.length > MAX_SHOWN_CHARACTERS ? `${detail.slice(0, MAX_SHOWN_CHARACTERS)}…` : detail;
  return status === 200 ? text : `the other archive answered ${status} (${text.replaceAll(/\s+/g, ' ').trim()})`;
}

/** The length of another archive's text in messages. */
const MAX_SHOWN_CHARACTERS = 120;

function isInOrder(rows: readonly ForeignPoint[]): boolean {
  return rows.every(({ tsMicros }, index) => index === 0 || tsMicros >= (rows[index - 1]?.tsMicros ?? -Infinity));
}
