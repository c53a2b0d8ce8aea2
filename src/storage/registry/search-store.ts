import { Injectable } from '@nestjs/common';
import { type Page } from '../../common/page.js';
import { Database } from '../../postgres/database.js';
import { PointOwner } from './data-owners.js';
import { type MetadataSearch, SearchConditions } from './search-conditions.js';
import { selectMetadata, type StoredMetadata } from './metadata-store.js';

/** A page of the metadata found, sorted by key, and their total number (0 where the page is empty). */
export interface MetadataPage {
  readonly rows: readonly StoredMetadata[];
  readonly total: number;
}

/** The key of a series in lists, which are sorted by both. */
export interface SeriesPlace {
  readonly key: string;
  readonly eventType: string;
}

/** A series that has points. */
export interface SeriesWithPoints extends SeriesPlace {
  readonly id: number;
}

/** The number of metadata in a slice: of usual size they take 12 ms and half a megabyte. */
const SLICE_SIZE = 250;

/** The number of kinds of search that are planned only once: 20 metadata of one source take 0.5 ms instead of 0.7. */
const MAX_NAMES = 50;

/** Builds and runs the SELECTs of the metadata search. */
@Injectable()
export class SearchStore {
  private readonly names = new Map<string, string>();

  constructor(
    private readonly db: Database,
    private readonly points: PointOwner,
  ) {}

  /** A page of what a search finds, by one statement; the whole page is in memory. */
  async search(search: MetadataSearch, page: Page): Promise<MetadataPage> {
    const conditions = new SearchConditions(search, this.points);
    // Only ids are counted and sorted: whole rows of 100,000 metadata would take twice as long.
    const matches = `(
      SELECT m.*, total FROM (
        SELECT id, count(*) OVER () AS total FROM metadata m ${conditions.where()}
        ORDER BY key LIMIT ${conditions.parameter(page.limit)} OFFSET ${conditions.parameter(page.offset)}) found
      JOIN metadata m USING (id))`;
    const text = `${selectMetadata(matches, 'm.total::float8')} ORDER BY m.key`;
    // A search for points needs a plan for the time it asks for.
    const name = search.data ? undefined : this.nameOf(text);
    const { result } = await this.db.readKnown<StoredMetadata & { total: number }>(
      { text, values: conditions.values, ...(name !== undefined && { name }) },
      (found) => found.length > 0,
    );
    const { rows } = result;
    return { rows, total: rows[0]?.total ?? 0 };
  }

  /**
   * The metadata that a search finds behind a key, sorted by key, in slices that are never empty. Each slice is a
   * statement of its own: none of the metadata comes twice, and none is missing that matched all the time.
   * @param limit the maximum number of metadata.
   */
  async *behind(search: MetadataSearch, key: string, limit: number): AsyncGenerator<StoredMetadata[], undefined> {
    let last = key;
    for (let rest = limit; rest > 0;) {
      const wanted = Math.min(rest, SLICE_SIZE);
      const conditions = new SearchConditions(search, this.points);
      const where = conditions.where(last);
      const matches = `(SELECT * FROM metadata m ${where} ORDER BY key LIMIT ${conditions.parameter(wanted)})`;
      const text = `${selectMetadata(matches)} ORDER BY m.key`;
      const { rows } = await this.db.reader().query<StoredMetadata>(text, conditions.values);
      if (rows.length > 0) yield rows;
      if (rows.length < wanted) return;
      rest -= rows.length;
      last = rows.at(-1)?.key ?? last;
    }
  }

  /** The series that a search finds and that have points, sorted by key and event type. One statement. */
  async seriesWithPoints(search: MetadataSearch, limit: number, after?: SeriesPlace): Promise<SeriesWithPoints[]> {
    const conditions = new SearchConditions(search, this.points);
    const where = [
      ...conditions.onMetadata(),
      ...conditions.onSeries(),
      's.last_point >= greatest(s.first_point, s.base_cut_off)',
    ];
    if (after) {
      const [key, eventType] = [conditions.parameter(after.key), conditions.parameter(after.eventType)];
      // The key alone is what the index can begin at.
      where.push(`m.key >= ${key} AND (m.key, s.event_type) > (${key}, ${eventType})`);
    }
    const { rows } = await this.db.reader().query<SeriesWithPoints>(
      `SELECT s.id, m.key, s.event_type AS "eventType" FROM metadata m JOIN series s ON s.metadata = m.id
       WHERE ${where.join(' AND ')} ORDER BY m.key, s.event_type LIMIT ${conditions.parameter(limit)}`,
      conditions.values,
    );
    return rows;
  }

  /** Whether some metadata has a source of this name, whatever its case. */
  async hasSourceName(name: string): Promise<boolean> {
    const text = 'SELECT EXISTS (SELECT FROM metadata WHERE lower(source_name) = lower($1)) AS is';
    const { rows } = await this.db
      .reader()
      .query<{ is: boolean }>({ name: 'search-source-name', text, values: [name] });
    return rows[0]?.is ?? false;
  }

  /** The name of a statement; only the first kinds of search get one, since each connection keeps named statements. */
  private nameOf(text: string): string | undefined {
    const known = this.names.get(text);
    if (known !== undefined || this.names.size >= MAX_NAMES) return known;
    const name = `search-${this.names.size}`;
    this.names.set(text, name);
    return name;
  }
}
