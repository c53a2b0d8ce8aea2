import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type DataTypeName } from '../../event-types/data-types.js';
import { byteaArray, int4Array, jsonbArray, textArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { summariesOf } from '../../rollups/summary-kinds.js';
import { microsOf } from '../../postgres/timestamps.js';
import { addSummaries, type WantedSummary } from './add-summaries.js';
import { BinOwner } from './data-owners.js';
import { type SummaryRegistration } from './metadata-store.js';
import { isOfDatabase, REGISTERED_SUMMARIES, SERIES, seriesOfDatabase } from './relations.js';
import { REF_COLUMNS, type SeriesOfMetadata, type SeriesRef } from './series-store.js';

/** A metadata with this subject type. */
export interface TaggedMetadata {
  /** The digest of its database, measurement and tags. */
  readonly identity: Buffer;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A series of such a metadata, which has the number `metadata`. */
export interface TaggedSeries {
  readonly metadata: number;
  readonly eventType: string;
  readonly dataType: DataTypeName;
}

/** Such a metadata as it is stored. */
export interface StoredTagged {
  readonly metadataKey: string;
  /** By event type. */
  readonly series: SeriesOfMetadata;
}

/** How much of a database is registered; times in micros, `null` where there is no point. */
export interface SeriesTotals {
  readonly metadata: number;
  readonly first: number | null;
  readonly last: number | null;
}

/** A field: an event type of all metadata of a measurement. */
export interface PartOfDatabase {
  readonly measurement: string;
  readonly eventType: string;
}

interface NumberedSeries {
  readonly id: number;
  readonly dataType: DataTypeName;
}

/**
 * The SQL on the metadata of databases, which come by the thousand: each method is one statement for all. Identities
 * are hexadecimal where they are keys of a map.
 */
@Injectable()
export class TaggedMetadataStore {
  constructor(private readonly bins: BinOwner) {}

  /** The stored ones of these by identity. */
  async find(sql: Sql, wanted: readonly TaggedMetadata[]): Promise<Map<string, StoredTagged>> {
    const { rows } = await sql.query<{ identity: Buffer; key: string; eventType: string | null } & SeriesRef>({
      name: 'tagged-find',
      text: `SELECT m.identity, m.key, s.event_type AS "eventType", ${REF_COLUMNS}
             FROM metadata m LEFT JOIN series s ON s.metadata = m.id WHERE m.identity = ANY ($1::bytea[])`,
      values: [byteaArray(wanted, ({ identity }) => identity)],
    });
    const found = new Map<string, { metadataKey: string; series: Map<string, SeriesRef> }>();
    for (const { identity, key, eventType, ...ref } of rows) {
      const hex = identity.toString('hex');
      const known = found.get(hex) ?? { metadataKey: key, series: new Map<string, SeriesRef>() };
      found.set(hex, known);
      if (eventType !== null) known.series.set(eventType, ref);
    }
    return found;
  }

  /** The numbers of the stored ones of these by identity. They can't be deleted before the caller's transaction ends. */
  async hold(sql: Sql, wanted: readonly TaggedMetadata[]): Promise<Map<string, number>> {
    const { rows } = await sql.query<{ identity: string; id: number }>({
      name: 'tagged-hold',
      text: `SELECT encode(identity, 'hex') AS identity, id FROM metadata
             WHERE identity = ANY ($1::bytea[]) ORDER BY id FOR KEY SHARE`,
      values: [byteaArray(wanted, ({ identity }) => identity)],
    });
    return new Map(rows.map(({ identity, id }) => [identity, id]));
  }

  /** The number of metadata of a database, counted up to `limit`. */
  async count(sql: Sql, database: string, limit: number): Promise<number> {
    const { rows } = await sql.query<{ count: number }>({
      name: 'tagged-count',
      text: `SELECT count(*)::int FROM (SELECT FROM metadata m WHERE ${isOfDatabase('$1')} LIMIT $2) counted`,
      values: [database, limit],
    });
    return rows[0]?.count ?? 0;
  }

  /** Stores metadata, none of which is there, inside the caller's transaction; returns their numbers by identity. */
  async insert(sql: Sql, metadata: readonly TaggedMetadata[]): Promise<Map<string, number>> {
    const { rows } = await sql.query<{ identity: string; id: number }>({
      name: 'tagged-insert',
      text: `INSERT INTO metadata (subject_type, key, identity, parameters)
             SELECT '${SERIES}', * FROM unnest($1::text[], $2::bytea[], $3::jsonb[])
             RETURNING encode(identity, 'hex') AS identity, id`,
      values: [
        textArray(metadata, () => randomUUID().replaceAll('-', '')),
        byteaArray(metadata, ({ identity }) => identity),
        jsonbArray(metadata, ({ parameters }) => JSON.stringify(parameters)),
      ],
    });
    return new Map(rows.map(({ identity, id }) => [identity, id]));
  }

  /**
   * Stores those of these series that are not there, inside the caller's transaction, and returns their number.
   * @param summaries that the new ones get, as far as their data types have them.
   */
  async insertSeries(
    sql: Sql,
    series: readonly TaggedSeries[],
    summaries: readonly SummaryRegistration[],
  ): Promise<number> {
    const { rows } = await sql.query<NumberedSeries>({
      name: 'tagged-insert-series',
      text: `INSERT INTO series (metadata, event_type, data_type, replaces)
             SELECT metadata, event_type, data_type, true
             FROM unnest($1::int4[], $2::text[], $3::text[]) AS wanted (metadata, event_type, data_type)
             WHERE NOT EXISTS (SELECT FROM series s
                               WHERE s.metadata = wanted.metadata AND s.event_type = wanted.event_type)
             ON CONFLICT ON CONSTRAINT series_identity DO NOTHING
             RETURNING id, data_type AS "dataType"`,
      values: [
        int4Array(series, ({ metadata }) => metadata),
        textArray(series, ({ eventType }) => eventType),
        textArray(series, ({ dataType }) => dataType),
      ],
    });
    await addSummaries(sql, this.bins, fitting(rows, summaries));
    return rows.length;
  }

  /** The ids of all series of a database, ascending. */
  async seriesOf(sql: Sql, database: string): Promise<number[]> {
    const { rows } = await sql.query<{ id: number }>(`SELECT id FROM ${seriesOfDatabase('$1')} found ORDER BY id`, [
      database,
    ]);
    return rows.map(({ id }) => id);
  }

  /**
   * The numbers of metadata of a database, at most `limit`, which may be infinite.
   * @param part only of this measurement, with this event type.
   */
  async some(sql: Sql, database: string, limit: number, part?: PartOfDatabase): Promise<number[]> {
    const { rows } = await sql.query<{ id: number }>(
      `SELECT m.id FROM metadata m
       WHERE ${isOfDatabase('$1')}
         AND ($2::text IS NULL OR m.parameters ->> 'measurement' = $2 AND EXISTS (
               SELECT FROM series s WHERE s.metadata = m.id AND s.event_type = $3))
       LIMIT $4`,
      [database, part?.measurement ?? null, part?.eventType ?? null, limit === Infinity ? null : limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Removes those of these metadata that have no series, inside the caller's transaction; returns their number. */
  async removeEmpty(sql: Sql, metadata: readonly number[]): Promise<number> {
    const text = 'DELETE FROM metadata m WHERE id = ANY ($1) AND NOT EXISTS (SELECT FROM series WHERE metadata = m.id)';
    return (await sql.query(text, [metadata])).rowCount ?? 0;
  }

  /** The windows of all summaries of a database, in seconds. */
  async windowsOf(sql: Sql, database: string): Promise<number[]> {
    const { rows } = await sql.query<{ window: number }>(
      `SELECT DISTINCT y.window_seconds::float8 AS window FROM ${REGISTERED_SUMMARIES} WHERE ${isOfDatabase('$1')}`,
      [database],
    );
    return rows.map(({ window }) => window);
  }

  /**
   * Adds the summaries that these series lack, as far as their data types have them, inside the caller's transaction.
   * @param ids ascending.
   */
  async extend(sql: Sql, ids: readonly number[], summaries: readonly SummaryRegistration[]): Promise<void> {
    const { rows } = await sql.query<NumberedSeries>({
      name: 'tagged-lock-series',
      text: `SELECT id, data_type AS "dataType" FROM series WHERE id = ANY ($1::int4[]) ORDER BY id FOR NO KEY UPDATE`,
      values: [int4Array(ids, (id) => id)],
    });
    await addSummaries(sql, this.bins, fitting(rows, summaries));
  }

  /** How much of a database is registered. */
  async totalsOf(sql: Sql, database: string): Promise<SeriesTotals> {
    const { rows } = await sql.query<SeriesTotals>(
      `SELECT count(DISTINCT m.id)::float8 AS metadata,
              ${microsOf('min(greatest(s.first_point, s.base_cut_off))')} AS first,
              ${microsOf('max(s.last_point)')} AS last
       FROM metadata m LEFT JOIN series s ON s.metadata = m.id WHERE ${isOfDatabase('$1')}`,
      [database],
    );
    return rows[0] ?? { metadata: 0, first: null, last: null };
  }
}

/** The summaries of each series that its data type has. */
function fitting(series: readonly NumberedSeries[], summaries: readonly SummaryRegistration[]): WantedSummary[] {
  return series.flatMap(({ id, dataType }) => {
    const possible = summariesOf(dataType);
    return summaries
      .filter(({ type }) => possible.includes(type))
      .map(({ type, window }) => ({ series: id, type, window }));
  });
}
