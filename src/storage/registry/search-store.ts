import { Injectable } from '@nestjs/common';
import { type Page } from '../../common/page.js';
import { type TimeRange } from '../../common/time-range.js';
import { Database } from '../../postgres/database.js';
import { selectMetadata, type StoredMetadata } from './metadata-store.js';
import { timestampOf } from '../../postgres/timestamps.js';

/** A metadata field that is compared as text, by the name of its column. */
export type TextColumn = 'key' | 'subject_type' | 'tool_name' | 'input_source' | 'input_destination';

/** A metadata field that holds an address, by the name of its column. */
export type AddressColumn = 'source' | 'destination' | 'measurement_agent';

/** What a search asks for: all of it must hold. */
export interface MetadataSearch {
  /** The field is one of these addresses. */
  readonly addresses: ReadonlyMap<AddressColumn, readonly string[]>;
  /** A source of this name, whatever its case, is fine, too. */
  readonly sourceName?: string;
  /** The field is exactly this text. */
  readonly texts: ReadonlyMap<TextColumn, string>;
  /** There are parameters of these names with exactly these values. */
  readonly parameters: Readonly<Record<string, string>>;
  /** All of these must hold for one and the same event type, or one and the same summary of it. */
  readonly eventType?: string;
  readonly summaryType?: string;
  /** A decimal integer that fits 64 bits. */
  readonly summaryWindow?: string;
  /** The event type was last written in this time. */
  readonly updated?: TimeRange;
  /** The event type has points in this time. */
  readonly data?: TimeRange;
}

/** A page of the metadata found, sorted by key, and how many there are in all (0 where the page is empty). */
export interface MetadataPage {
  readonly rows: readonly StoredMetadata[];
  readonly total: number;
}

/** How many metadata of a search a slice has: of usual size they take 12 ms and half a megabyte. */
const SLICE = 250;

/** How many kinds of search are planned only once: 20 metadata of one source take 0.5 ms instead of 0.7. */
const MOST_NAMES = 50;

/** Builds and runs the SELECTs of the metadata search. */
@Injectable()
export class SearchStore {
  private readonly names = new Map<string, string>();

  constructor(private readonly db: Database) {}

  /** A page of what a search finds, by one statement: all of the page is in memory then. */
  async search(search: MetadataSearch, page: Page): Promise<MetadataPage> {
    const { where, parameter, values } = conditionsOf(search);
    // Only ids are counted and sorted: whole rows of 100,000 metadata would take twice as long.
    const matches = `(
      SELECT m.*, total FROM (
        SELECT id, count(*) OVER () AS total FROM metadata m ${where}
        ORDER BY key LIMIT ${parameter(page.limit)} OFFSET ${parameter(page.offset)}) found
      JOIN metadata m USING (id))`;
    const text = `${selectMetadata(matches, 'm.total::float8')} ORDER BY m.key`;
    // A search for points needs a plan for the time it asks for.
    const name = search.data ? undefined : this.nameOf(text);
    const { result } = await this.db.readKnown<StoredMetadata & { total: number }>(
      { text, values, ...(name !== undefined && { name }) },
      (found) => found.length > 0,
    );
    const { rows } = result;
    return { rows, total: rows[0]?.total ?? 0 };
  }

  /**
   * What a search finds behind a key, sorted by key, in slices that are never empty. Each is a statement of its own, so
   * that nobody is there twice, and nobody is missing who matched all the time.
   * @param limit how many metadata at most.
   */
  async *behind(search: MetadataSearch, key: string, limit: number): AsyncGenerator<StoredMetadata[], undefined> {
    let last = key;
    for (let rest = limit; rest > 0;) {
      const wanted = Math.min(rest, SLICE);
      const { where, parameter, values } = conditionsOf(search, last);
      const matches = `(SELECT * FROM metadata m ${where} ORDER BY key LIMIT ${parameter(wanted)})`;
      const text = `${selectMetadata(matches)} ORDER BY m.key`;
      const { rows } = await this.db.reader().query<StoredMetadata>(text, values);
      if (rows.length > 0) yield rows;
      if (rows.length < wanted) return;
      rest -= rows.length;
      last = rows.at(-1)?.key ?? last;
    }
  }

  /** Whether some metadata has a source of this name, whatever its case. */
  async hasSourceName(name: string): Promise<boolean> {
    const text = 'SELECT EXISTS (SELECT FROM metadata WHERE lower(source_name) = lower($1)) AS is';
    const { rows } = await this.db
      .reader()
      .query<{ is: boolean }>({ name: 'search-source-name', text, values: [name] });
    return rows[0]?.is ?? false;
  }

  /** The name of a statement; only the first kinds of search have one, since each connection keeps what is named. */
  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= MOST_NAMES) return known;
    const name = `search-${this.names.size}`;
    this.names.set(text, name);
    return name;
  }
}

/** Puts a value among the statement's parameters and returns its placeholder. */
export type Parameter = (value: unknown) => string;

/**
 * The WHERE clause of a search among `metadata m`, with the values of its parameters.
 * @param after the key behind which the metadata must be.
 */
function conditionsOf(
  search: MetadataSearch,
  after?: string,
): { where: string; parameter: Parameter; values: unknown[] } {
  const values: unknown[] = [];
  const parameter: Parameter = (value) => `$${values.push(value)}`;
  const conditions = [...metadataConditions(search, parameter), ...seriesConditions(search, parameter)];
  if (after !== undefined) conditions.push(`m.key > ${parameter(after)}`);
  return { where: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', parameter, values };
}

export function metadataConditions(search: MetadataSearch, parameter: Parameter): string[] {
  const conditions: string[] = [];
  for (const [column, addresses] of search.addresses) {
    const isAddress = `m.${column} = ANY (${parameter(addresses)}::inet[])`;
    const isName = column === 'source' && search.sourceName !== undefined;
    conditions.push(
      isName ? `(${isAddress} OR lower(m.source_name) = lower(${parameter(search.sourceName)}))` : isAddress,
    );
  }
  for (const [column, text] of search.texts) conditions.push(`m.${column} = ${parameter(text)}`);
  if (Object.keys(search.parameters).length > 0) conditions.push(`m.parameters @> ${parameter(search.parameters)}`);
  return conditions;
}

/** Event type, summary and times must hold on one row: on an event type itself (its "base"), or on a summary of it. */
function seriesConditions(search: MetadataSearch, parameter: Parameter): string[] {
  const series = conditionsOnSeries(search, parameter);
  if (series.length === 0 && search.summaryType === undefined && search.summaryWindow === undefined) return [];
  return [`EXISTS (SELECT FROM series s WHERE ${['s.metadata = m.id', ...series].join(' AND ')})`];
}

/** What a search asks of a series `s`. */
export function conditionsOnSeries(search: MetadataSearch, parameter: Parameter): string[] {
  const { eventType, summaryType, summaryWindow, updated, data } = search;
  const series: string[] = [];
  if (eventType !== undefined) series.push(`s.event_type = ${parameter(eventType)}`);
  if (updated) series.push(...within('s.time_updated', updated, "date_trunc('second', now())", parameter));
  if (data)
    series.push(`EXISTS (SELECT FROM point p WHERE p.series = s.id
                   AND p.ts BETWEEN greatest(s.first_point, s.base_cut_off) AND s.last_point
                   AND ${within('p.ts', data, 'now()', parameter).join(' AND ') || 'true'})`);
  const isBase = (summaryType ?? 'base') === 'base' && BigInt(summaryWindow ?? 0) === 0n;
  if (!isBase) {
    const summary = ['y.series = s.id'];
    if (summaryType !== undefined) summary.push(`y.type = ${parameter(summaryType)}`);
    if (summaryWindow !== undefined) summary.push(`y.window_seconds = ${parameter(summaryWindow)}`);
    series.push(`EXISTS (SELECT FROM summary y WHERE ${summary.join(' AND ')})`);
  }
  return series;
}

/** The conditions that put a timestamp into a range; both ends inclusive. */
function within(column: string, range: TimeRange, now: string, parameter: Parameter): string[] {
  const conditions: string[] = [];
  if (range.begin !== undefined) conditions.push(`${column} >= ${parameter(timestampOf(range.begin))}`);
  if (range.sinceNow !== undefined)
    conditions.push(`${column} >= ${now} - ${parameter(range.sinceNow)}::float8 * interval '1 microsecond'`);
  if (range.end !== undefined) conditions.push(`${column} <= ${parameter(timestampOf(range.end))}`);
  return conditions;
}
