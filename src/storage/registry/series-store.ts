import { Injectable } from '@nestjs/common';
import { SharedLookups } from '../../common/shared-lookups.js';
import { type DataTypeName } from '../../event-types/data-types.js';
import { Database } from '../../postgres/database.js';
import { int4Array, timestampArray } from '../../postgres/array-encoding.js';
import { KEPT, type RollupSpec } from '../../rollups/rollup-spec.js';
import { seriesOfMetadata } from './relations.js';
import { type MetadataFields, SOURCE } from './metadata-store.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';
import { needs } from './needs.js';
import { RULE_GENERATION } from './rule-generation.js';

/** An SQL expression for the `RollupSpec`s of the series `s`. */
const ROLLUPS_OF_SERIES = `
  coalesce((SELECT json_agg(kept)
            FROM (SELECT json_build_object('window', window_seconds,
                    ${KEPT.map((kept) => `'${kept}', bool_or(${needs(kept, 'type', 's.data_type')})`).join(', ')}) AS kept
                  FROM summary WHERE series = s.id GROUP BY window_seconds) windows), '[]')`;

/** The columns of a `SeriesRef` of the series `s`. */
export const REF_COLUMNS = `
  s.id, s.version, s.data_type AS "dataType", s.origin::float8 AS origin, s.is_stream AS "isStream",
  s.keeps_points AS "keepsPoints", s.replaces, ${microsOf('s.base_cut_off')} AS "cutOff", ${ROLLUPS_OF_SERIES} AS rollups`;

/** A series as a writer has seen it: `version` tells whether its registration has changed since. */
export interface SeriesRef {
  readonly id: number;
  readonly version: number;
  readonly dataType: DataTypeName;
  /** The time (micros) that its bins are aligned to: the start of the test for a stream of a session, else 0. */
  readonly origin: number;
  /** Whether its points have row numbers, so that several of them may lie at one time. */
  readonly isStream: boolean;
  /** Whether its points are stored; if not, only its bins are. */
  readonly keepsPoints: boolean;
  /** Whether a point takes the place of another one, as in databases; if not, its data type says what happens. */
  readonly replaces: boolean;
  /** The rollups to be kept of it, one for each window of its summaries. */
  readonly rollups: readonly RollupSpec[];
  /** Points before this time (micros) have expired and are not taken again; `null` when none has. */
  readonly cutOff: number | null;
}

/** The series of one metadata by event type. */
export type SeriesOfMetadata = ReadonlyMap<string, SeriesRef>;

/** The time range of the points of a series, and the database's time. All in micros. */
export interface SeriesExtent {
  readonly id: number;
  readonly dataType: DataTypeName;
  /** As of `SeriesRef`. */
  readonly isStream: boolean;
  /** The times of the first and the last point; `null` when there is none. */
  readonly first: number | null;
  readonly last: number | null;
  /** Points before this time have expired; `null` when none has. */
  readonly cutOff: number | null;
  readonly now: number;
  /** Whether the replica lacks its points, so that they must be read from the primary. */
  readonly fromPrimary: boolean;
}

/** A series that has points, with what its metadata says of it. All times in micros. */
export interface DescribedSeries extends Omit<MetadataFields, 'subjectType' | 'parameters'> {
  readonly id: number;
  readonly key: string;
  readonly eventType: string;
  readonly dataType: DataTypeName;
  /** As of `SeriesRef`. */
  readonly isStream: boolean;
  /** The times of the first point that has not expired, and of the last one. */
  readonly first: number;
  readonly last: number;
  /** The database's time. */
  readonly now: number;
}

/** What names a series to people. */
export interface SeriesName {
  readonly id: number;
  readonly metadataKey: string;
  readonly eventType: string;
}

/** A series whose lock the caller holds. All times in micros. */
export interface LockedSeries extends SeriesRef {
  /** The times of the first and the last point; `null` when there is none. */
  readonly first: number | null;
  readonly last: number | null;
}

/** The times of the first and the last point, in micros. */
export interface Extent {
  readonly first: number;
  readonly last: number;
}

/** What a transaction stored in one series: the extent is that of the points inserted or replaced. */
export interface WrittenSeries extends Extent {
  readonly id: number;
  readonly points: number;
}

/** Some series were changed or deleted since the writer looked them up. */
export class StaleSeries extends Error {
  constructor(readonly ids: ReadonlySet<number>) {
    super('the registration has changed');
  }
}

/** What to do about series that others have locked. */
export type IfHeld = 'skip' | 'wait';

/** The locks of some series. */
export interface SeriesLock {
  /** The id of the transaction that holds them. */
  readonly transactionId: string;
  /** The time (micros) of the last point of each series; `null` where it has none. */
  readonly lastPoints: ReadonlyMap<number, number | null>;
  /** As the rules were when the lock was asked for; see `RULE_GENERATION`. */
  readonly ruleGeneration: number;
}

/** Some series are locked by others. */
export class BusySeries extends Error {
  constructor(readonly ids: ReadonlySet<number>) {
    super('the series is busy');
  }
}

/** The SQL on series that writing and reading points needs. */
@Injectable()
export class SeriesStore {
  private readonly extents = new SharedLookups((name) => {
    const [metadataKey = '', eventType = ''] = name.split('\n');
    return this.readExtent(metadataKey, eventType);
  });

  constructor(private readonly db: Database) {}

  /** The series of each of these metadata keys; an unknown key is missing in the result. */
  async ofMetadata(keys: readonly string[]): Promise<Map<string, SeriesOfMetadata>> {
    const { rows } = await this.db.query<{ key: string; eventType: string | null } & SeriesRef>(
      `SELECT m.key, s.event_type AS "eventType", ${REF_COLUMNS}
       FROM metadata m LEFT JOIN series s ON s.metadata = m.id WHERE m.key = ANY ($1)`,
      [keys],
    );
    const result = new Map<string, Map<string, SeriesRef>>();
    for (const { key, eventType, ...series } of rows) {
      const ofKey = result.get(key) ?? new Map<string, SeriesRef>();
      result.set(key, ofKey);
      if (eventType !== null) ofKey.set(eventType, series);
    }
    return result;
  }

  /** These series by their ids; those that are gone are missing. */
  async refs(ids: readonly number[]): Promise<Map<number, SeriesRef>> {
    const { rows } = await this.db.query<SeriesRef>({
      name: 'series-refs',
      text: `SELECT ${REF_COLUMNS} FROM series s WHERE s.id = ANY ($1::int4[])`,
      values: [int4Array(ids, (id) => id)],
    });
    return new Map(rows.map((ref) => [ref.id, ref]));
  }

  /**
   * The time range of the points of an event type of a metadata, or `undefined` where there is no such series.
   * Concurrent calls for the same series share a look-up.
   */
  extent(metadataKey: string, eventType: string): Promise<SeriesExtent | undefined> {
    return this.extents.get(`${metadataKey}\n${eventType}`);
  }

  private async readExtent(metadataKey: string, eventType: string): Promise<SeriesExtent | undefined> {
    const { result, fromPrimary } = await this.db.readKnown<Omit<SeriesExtent, 'fromPrimary'>>(
      {
        name: 'series-extent',
        text: `SELECT s.id, s.data_type AS "dataType", s.is_stream AS "isStream", ${microsOf('first_point')} AS first, ${microsOf('last_point')} AS last,
              ${microsOf('base_cut_off')} AS "cutOff", ${microsOf('now()')} AS now
       FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1 AND s.event_type = $2`,
        values: [metadataKey, eventType],
      },
      ([row]) => row !== undefined && row.first !== null,
    );
    const row = result.rows[0];
    return row && { ...row, fromPrimary };
  }

  /**
   * These series in their order, with their metadata; those without points are missing.
   * Returns, too, whether the primary has answered: what else is read about them must come from there.
   */
  async described(ids: readonly number[]): Promise<{ series: DescribedSeries[]; fromPrimary: boolean }> {
    const { result, fromPrimary } = await this.db.readKnown<DescribedSeries>(
      {
        name: 'series-described',
        text: `SELECT s.id, m.key, s.event_type AS "eventType", s.data_type AS "dataType",
                      s.is_stream AS "isStream", ${SOURCE} AS source,
                      m.destination, m.measurement_agent AS "measurementAgent", m.tool_name AS "toolName",
                      m.input_source AS "inputSource", m.input_destination AS "inputDestination",
                      ${microsOf('greatest(s.first_point, s.base_cut_off)')} AS first,
                      ${microsOf('s.last_point')} AS last, ${microsOf('now()')} AS now
               FROM unnest($1::int4[]) WITH ORDINALITY AS wanted (id, place)
               JOIN series s USING (id)
               JOIN metadata m ON m.id = s.metadata
               WHERE s.last_point IS NOT NULL ORDER BY wanted.place`,
        values: [int4Array(ids, (id) => id)],
      },
      () => true,
    );
    return { series: result.rows, fromPrimary };
  }

  /** All series, in the order of their ids. */
  async names(): Promise<SeriesName[]> {
    const { rows } = await this.db.query<SeriesName>(
      `SELECT s.id, m.key AS "metadataKey", s.event_type AS "eventType"
       FROM series s JOIN metadata m ON m.id = s.metadata ORDER BY s.id`,
    );
    return rows;
  }

  /** The ids of the series of a metadata, or of one event type of it, ascending. */
  async idsOf(sql: Sql, metadataKey: string, eventType?: string): Promise<number[]> {
    const { rows } = await sql.query<{ id: number }>(
      `SELECT id FROM series WHERE id IN ${seriesOfMetadata('$1')} AND ($2::text IS NULL OR event_type = $2) ORDER BY id`,
      [metadataKey, eventType ?? null],
    );
    return rows.map(({ id }) => id);
  }

  /** Locks one series, as `lock` does, and returns it; `undefined` where it is gone. */
  async lockOne(sql: Sql, id: number): Promise<LockedSeries | undefined> {
    // Two statements: a statement that waits for the lock sees the summaries as they were before it waited.
    await sql.query('SELECT FROM series WHERE id = $1 FOR NO KEY UPDATE', [id]);
    const { rows } = await sql.query<LockedSeries>(
      `SELECT ${REF_COLUMNS}, ${microsOf('s.first_point')} AS first, ${microsOf('s.last_point')} AS last
       FROM series s WHERE s.id = $1`,
      [id],
    );
    return rows[0];
  }

  /** Locks one series, as `lock` does, and returns its data type; `undefined` where it is gone, or others hold it. */
  async tryLock(sql: Sql, id: number): Promise<DataTypeName | undefined> {
    const { rows } = await sql.query<{ dataType: DataTypeName }>(
      'SELECT data_type AS "dataType" FROM series WHERE id = $1 FOR NO KEY UPDATE SKIP LOCKED',
      [id],
    );
    return rows[0]?.dataType;
  }

  /** Locks series, as `lock` does, whatever their version; those that are gone are left out. */
  async lockAll(sql: Sql, ids: readonly number[]): Promise<void> {
    const text = 'SELECT FROM series WHERE id = ANY ($1::int4[]) ORDER BY id FOR NO KEY UPDATE';
    await sql.query(text, [int4Array(ids, (id) => id)]);
  }

  /** Locks the next `limit` series behind an id, as `lock` does, and returns their ids in ascending order. */
  async lockNext(sql: Sql, after: number, limit: number): Promise<number[]> {
    const { rows } = await sql.query<{ id: number }>(
      'SELECT id FROM series WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE',
      [after, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** The times of the first and the last point of all these series; `undefined` where none has points. */
  async extentOf(sql: Sql, ids: readonly number[]): Promise<Extent | undefined> {
    const { rows } = await sql.query<{ first: number | null; last: number | null }>(
      `SELECT ${microsOf('min(first_point)')} AS first, ${microsOf('max(last_point)')} AS last
       FROM series WHERE id = ANY ($1::int4[])`,
      [int4Array(ids, (id) => id)],
    );
    const { first = null, last = null } = rows[0] ?? {};
    return first === null || last === null ? undefined : { first, last };
  }

  /** Removes series with their summaries, inside the caller's transaction, which has removed their data. */
  async remove(sql: Sql, ids: readonly number[]): Promise<void> {
    await sql.query('DELETE FROM series WHERE id = ANY ($1::int4[])', [int4Array(ids, (id) => id)]);
  }

  /**
   * Locks series against changes of their points or registrations, in the order of their ids, until the caller's
   * transaction ends; returns what `SeriesLock` says.
   * @param ifHeld whether to wait (for 4 seconds at most; then SQLSTATE 55P03) for series that others have locked, or to
   * throw `BusySeries`: a long deletion of one series must not hold up the writes to others.
   * Throws `StaleSeries` where one of them is gone or has another version.
   */
  async lock(sql: Sql, series: Iterable<SeriesRef>, ifHeld: IfHeld): Promise<SeriesLock> {
    const wanted = new Map<number, number>();
    const stale = new Set<number>();
    for (const { id, version } of series) {
      if ((wanted.get(id) ?? version) !== version) stale.add(id);
      wanted.set(id, version);
    }
    if (ifHeld === 'wait') await sql.query("SET LOCAL lock_timeout = '4s'");
    const { rows } = await sql.query<
      [id: number, version: number, last: number | null, transaction: string, ruleGeneration: number]
    >({
      name: `series-lock-${ifHeld}`,
      rowMode: 'array',
      text: `SELECT id, version, ${microsOf('last_point')}, pg_current_xact_id()::text, ${RULE_GENERATION} FROM series
             WHERE id = ANY ($1::int4[]) ORDER BY id FOR NO KEY UPDATE ${ifHeld === 'skip' ? 'SKIP LOCKED' : ''}`,
      values: [int4Array([...wanted.keys()], (id) => id)],
    });
    const lastPoints = new Map<number, number | null>();
    for (const [id, version, last] of rows) {
      lastPoints.set(id, last);
      if (wanted.get(id) !== version) stale.add(id);
    }
    const missing = lastPoints.size < wanted.size ? [...wanted.keys()].filter((id) => !lastPoints.has(id)) : [];
    const busy = new Set(missing.length > 0 ? await this.existing(sql, missing) : []);
    for (const id of missing) if (!busy.has(id)) stale.add(id);
    if (stale.size > 0) throw new StaleSeries(stale);
    if (busy.size > 0) throw new BusySeries(busy);
    const [, , , transactionId = await this.transactionOf(sql), ruleGeneration = 0] = rows[0] ?? [];
    return { transactionId, lastPoints, ruleGeneration };
  }

  /** The id of the caller's transaction, where no locked series has returned it. */
  private async transactionOf(sql: Sql): Promise<string> {
    const { rows } = await sql.query<{ id: string }>('SELECT pg_current_xact_id()::text AS id');
    return rows[0]?.id ?? '';
  }

  private async existing(sql: Sql, ids: readonly number[]): Promise<number[]> {
    const text = 'SELECT id FROM series WHERE id = ANY ($1::int4[])';
    const { rows } = await sql.query<{ id: number }>(text, [int4Array(ids, (id) => id)]);
    return rows.map(({ id }) => id);
  }

  /**
   * Records a write inside the caller's transaction, which holds the locks: time-updated becomes the database's time in
   * whole seconds (it never moves back), the first and last point times grow to include the points.
   * @param timeUpdated the time-updated (seconds) of the archive that the points come from, instead of now.
   */
  async recordWrite(sql: Sql, written: readonly WrittenSeries[], timeUpdated?: number): Promise<void> {
    if (written.length === 0) return;
    const isNow = timeUpdated === undefined;
    await sql.query({
      name: isNow ? 'series-record-write' : 'series-record-write-as-of',
      text: `UPDATE series SET
               time_updated = greatest(time_updated,
                                       ${isNow ? "date_trunc('second', clock_timestamp())" : 'to_timestamp($4)'}),
               first_point = least(first_point, first), last_point = greatest(last_point, last)
             FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) AS written (series, first, last)
             WHERE id = series`,
      values: [
        int4Array(written, ({ id }) => id),
        timestampArray(written, ({ first }) => first),
        timestampArray(written, ({ last }) => last),
        ...(isNow ? [] : [timeUpdated]),
      ],
    });
  }

  /** Moves time-updated forward to a time, inside the caller's transaction; it never moves back. */
  async updateTime(sql: Sql, id: number, updated: Date): Promise<void> {
    await sql.query('UPDATE series SET time_updated = greatest(time_updated, $2) WHERE id = $1', [id, updated]);
  }

  /**
   * Sets first and last point time after a deletion, inside the caller's transaction, which holds the lock. Bins may be
   * older than any point that is left: where points have expired, they still count, and so does the first point time.
   * @param extent the times of the first and the last point that are left, or `undefined` where none is.
   */
  async setExtent(sql: Sql, { id, cutOff }: LockedSeries, extent: Extent | undefined): Promise<void> {
    await sql.query(
      `UPDATE series SET first_point = CASE WHEN $2 THEN first_point ELSE $3 END,
                         last_point = CASE WHEN $2 THEN coalesce($4, last_point) ELSE $4 END
       WHERE id = $1`,
      [id, cutOff !== null, extent ? timestampOf(extent.first) : null, extent ? timestampOf(extent.last) : null],
    );
  }
}
