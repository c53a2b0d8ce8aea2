import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type DataTypeName } from '../../event-types/data-types.js';
import { byteaArray, int4Array, int8Array, jsonbArray, textArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { summariesOf } from '../../rollups/summary-kinds.js';
import { type SummaryRegistration } from './metadata-store.js';
import { REF_COLUMNS, type SeriesOfMetadata, type SeriesRef } from './series-store.js';
import { SERIES } from './subject-store.js';

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

/** The condition that the index `metadata_database` is for. @param database an SQL expression. */
function isOfDatabase(database: string): string {
  return `m.subject_type = '${SERIES}' AND m.parameters ->> 'database' = ${database}`;
}

/**
 * The SQL on the metadata of databases, which come by the thousand: each method is one statement for all. Identities
 * are hexadecimal where they are keys of a map.
 */
@Injectable()
export class TaggedMetadataStore {
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
    const { rows } = await sql.query<{ id: number; dataType: DataTypeName }>({
      name: 'tagged-insert-series',
      text: `INSERT INTO series (metadata, event_type, data_type)
             SELECT * FROM unnest($1::int4[], $2::text[], $3::text[]) AS wanted (metadata, event_type, data_type)
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
    const added = rows.flatMap(({ id, dataType }) => {
      const possible = summariesOf(dataType);
      return summaries.filter(({ type }) => possible.includes(type)).map(({ type, window }) => ({ id, type, window }));
    });
    if (added.length > 0)
      await sql.query({
        name: 'tagged-insert-summaries',
        text: `INSERT INTO summary (series, type, window_seconds)
               SELECT * FROM unnest($1::int4[], $2::text[], $3::int8[])`,
        values: [
          int4Array(added, ({ id }) => id),
          textArray(added, ({ type }) => type),
          int8Array(added, ({ window }) => window),
        ],
      });
    return rows.length;
  }
}
