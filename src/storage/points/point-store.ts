import { Injectable } from '@nestjs/common';
import { DATA_TYPES, type DataTypeName, type OnConflict, type StoredValue } from '../../event-types/data-types.js';
import { ExpiringRows, type ExpiringTable } from '../hypertables/expiring-table.js';
import { type PointOwner } from '../registry/data-owners.js';
import { type Extent, type SeriesRef } from '../registry/series-store.js';
import { Database } from '../../postgres/database.js';
import { type OrderedRange, restOf, type RowSource } from '../../postgres/row-source.js';
import { PAIRS_OF_POINTS, PointPairs } from './point-pairs.js';
import { float8Array, int4Array, jsonArray, timestampArray } from '../../postgres/array-encoding.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Sql, type Statement } from '../../postgres/sql.js';

/** One point of a series, as it is written. */
export interface SeriesPoint extends StoredValue {
  readonly series: SeriesRef;
  /** What to do where the series has a point at this time: skip this one, or replace the stored one. */
  readonly onConflict: OnConflict;
  readonly micros: number;
}

/** The result of a write. */
export interface NewPoints {
  /** The points that were inserted, or replaced others. */
  readonly stored: readonly SeriesPoint[];
  /** The former values of those that were replaced. */
  readonly replaced: readonly SeriesPoint[];
}

/** One point as it is read. */
export interface Point extends StoredValue {
  readonly micros: number;
}

/** The newest point of a series. */
export interface NewestPoint extends Point {
  /** The median of the times between the newest points, in micros; `null` where there is one point only. */
  readonly cadence: number | null;
}

/** The number of newest points that a cadence is computed from. */
const CADENCE_POINTS = 10;

/** Which points of a series to read. */
export interface PointRange extends OrderedRange {
  readonly series: number;
  readonly dataType: DataTypeName;
}

const COLUMNS = '$1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $5::json[]';
const INSERT = `INSERT INTO point (series, ts, value, denominator, document) SELECT * FROM unnest(${COLUMNS})`;

const INSERT_NUMBERS =
  'INSERT INTO point (series, ts, value) SELECT * FROM unnest($1::int4[], $2::timestamptz[], $3::float8[])';

/** The only place that knows how points lie in PostgreSQL. */
@Injectable()
export class PointStore implements PointOwner {
  /** The hypertables that hold points, for retention. */
  readonly expiring: readonly ExpiringTable[] = [new ExpiringRows('point', 'p.series = e.series')];

  constructor(private readonly db: Database) {}

  /**
   * Inserts points, all or none, inside the caller's transaction. They come in (series, ts) order, each place once.
   * Fails with SQLSTATE 23505 if one of them exists: half the price of looking for conflicts on the way.
   */
  async insert(sql: Sql, points: readonly SeriesPoint[]): Promise<void> {
    // Most points are plain numbers: without columns full of nulls a fifth less is sent and unpacked.
    const plain = points.every(({ denominator, document }) => denominator === null && document === null);
    await sql.query(
      plain
        ? { name: 'point-insert-numbers', text: INSERT_NUMBERS, values: numbersOf(points) }
        : { name: 'point-insert', text: INSERT, values: columnsOf(points) },
    );
  }

  /**
   * Like `insert`, but does as `onConflict` says where a place is taken; only documents can be replaced. Returns the
   * points that were inserted or replaced, in the order given, and the former values of the replaced ones.
   */
  async insertNew(sql: Sql, points: readonly SeriesPoint[]): Promise<NewPoints> {
    const replacing = points.filter(({ onConflict }) => onConflict === 'replace');
    const replaced = await this.present(sql, replacing);
    const { rows } = await sql.query<[series: number, micros: number]>({
      name: 'point-insert-new',
      text: `${INSERT} ON CONFLICT (series, ts) DO NOTHING RETURNING series, ${microsOf('ts')}`,
      values: columnsOf(points.filter(({ onConflict }) => onConflict === 'skip')),
      rowMode: 'array',
    });
    await sql.query({
      name: 'point-replace',
      text: `${INSERT} ON CONFLICT (series, ts) DO UPDATE SET document = excluded.document`,
      values: columnsOf(replacing),
    });
    const inserted = new Set(rows.map(([series, micros]) => `${series} ${micros}`));
    const stored = points.filter(
      ({ series, micros, onConflict }) => onConflict === 'replace' || inserted.has(`${series.id} ${micros}`),
    );
    return { stored, replaced };
  }

  /** Whether a point exists and was stored by this transaction (an id of `pg_current_xact_id()`). */
  async isStoredBy(transactionId: string, { series, micros }: SeriesPoint): Promise<boolean> {
    const { rows } = await this.db.query('SELECT FROM point WHERE series = $1 AND ts = $2 AND xmin = ($3::xid8)::xid', [
      series.id,
      timestampOf(micros),
      transactionId,
    ]);
    return rows.length > 0;
  }

  /** The stored points at the places of these, for series that keep rollups. */
  private async present(sql: Sql, points: readonly SeriesPoint[]): Promise<SeriesPoint[]> {
    const counted = points.filter(({ series }) => series.rollups.length > 0);
    if (counted.length === 0) return [];
    const { rows } = await sql.query<[position: number, document: string]>({
      name: 'point-present',
      text: `SELECT position::int, document::text
             FROM unnest($1::int4[], $2::timestamptz[]) WITH ORDINALITY AS place (series, ts, position)
             JOIN point USING (series, ts)`,
      values: columnsOf(counted).slice(0, 2),
      rowMode: 'array',
    });
    return rows.flatMap(([position, document]) => {
      const point = counted[position - 1];
      return point ? [{ ...point, document }] : [];
    });
  }

  /** How many of these places (series and time) hold a point. Each place comes once. */
  async countPresent(
    places: readonly { readonly series: { readonly id: number }; readonly micros: number }[],
  ): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM unnest($1::int4[], $2::timestamptz[]) AS place (series, ts)
       JOIN point USING (series, ts)`,
      [int4Array(places, ({ series }) => series.id), timestampArray(places, ({ micros }) => micros)],
    );
    return rows[0]?.count ?? 0;
  }

  /** The number of points of a series from `begin` to `end` (micros, both inclusive). */
  async count(sql: Sql, series: number, begin: number, end: number): Promise<number> {
    const { rows } = await sql.query<{ count: number }>(
      'SELECT count(*)::float8 AS count FROM point WHERE series = $1 AND ts BETWEEN $2 AND $3',
      [series, timestampOf(begin), timestampOf(end)],
    );
    return rows[0]?.count ?? 0;
  }

  /** The times of the first and the last point of a series, or `undefined` where it has none. */
  async extent(sql: Sql, series: number): Promise<Extent | undefined> {
    const { rows } = await sql.query<{ first: number | null; last: number | null }>(
      `SELECT ${microsOf('min(ts)')} AS first, ${microsOf('max(ts)')} AS last FROM point WHERE series = $1`,
      [series],
    );
    const { first = null, last = null } = rows[0] ?? {};
    return first === null || last === null ? undefined : { first, last };
  }

  /** Whether each of these series has a point at or after a time (micros); in their order. */
  async existSince(
    sql: Sql,
    ranges: readonly { readonly series: number; readonly begin: number }[],
  ): Promise<boolean[]> {
    const { rows } = await sql.query<{ position: number }>(
      `SELECT position::int FROM unnest($1::int4[], $2::timestamptz[]) WITH ORDINALITY AS r (series, begin, position)
       CROSS JOIN LATERAL (SELECT FROM point p WHERE p.series = r.series AND p.ts >= r.begin ORDER BY p.ts LIMIT 1) p`,
      [ranges.map(({ series }) => series), ranges.map(({ begin }) => timestampOf(begin))],
    );
    const found = new Set(rows.map(({ position }) => position));
    return ranges.map((_, index) => found.has(index + 1));
  }

  hasPoint(series: string, from: readonly string[], to: readonly string[]): string {
    const conditions = [
      `p.series = ${series}`,
      ...from.map((time) => `p.ts >= ${time}`),
      ...to.map((time) => `p.ts <= ${time}`),
    ];
    return `EXISTS (SELECT FROM point p WHERE ${conditions.join(' AND ')})`;
  }

  /**
   * The newest point of each of these series, by their ids, in one statement; those without points are missing.
   * @param series each with the times (micros) of its first and last point.
   */
  async newest(
    series: readonly (Extent & { readonly id: number })[],
    fromPrimary: boolean,
  ): Promise<Map<number, NewestPoint>> {
    const { rows } = await this.db.reader(fromPrimary).query<NewestPoint & { id: number }>({
      name: 'point-newest',
      text: `SELECT id, ${microsOf('p.ts')} AS micros, p.value, p.denominator, p.document::text AS document, c.cadence
             FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) AS wanted (id, first, last)
             JOIN LATERAL (SELECT * FROM point WHERE series = id AND ts = last) p ON true
             CROSS JOIN LATERAL (
               SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY gap) AS cadence
               FROM (SELECT ${microsOf('ts')} - lead(${microsOf('ts')}) OVER (ORDER BY ts DESC) AS gap
                     FROM (SELECT ts FROM point WHERE series = id AND ts BETWEEN first AND last
                           ORDER BY ts DESC LIMIT ${CADENCE_POINTS}) newest) gaps) c`,
      values: [
        int4Array(series, ({ id }) => id),
        timestampArray(series, ({ first }) => first),
        timestampArray(series, ({ last }) => last),
      ],
    });
    return new Map(rows.map(({ id, ...point }) => [id, point]));
  }

  /** Deletes the points of a series from `begin` to `end` (micros, both inclusive); returns how many there were. */
  async deleteBetween(sql: Sql, series: number, begin: number, end: number): Promise<number> {
    const { rowCount } = await sql.query('DELETE FROM point WHERE series = $1 AND ts BETWEEN $2 AND $3', [
      ...[series, timestampOf(begin), timestampOf(end)],
    ]);
    return rowCount ?? 0;
  }

  /** The points of a range in time order (`descending`: newest first). Each slice is its own statement and snapshot. */
  source(range: PointRange, sql: Sql = this.db.reader(range.fromPrimary)): RowSource<Point[]> {
    return {
      hasLargeRows: DATA_TYPES[range.dataType].isDocument,
      sizeOf: (points) => points.reduce((sum, { document }) => sum + 50 + (document?.length ?? 0), 0),
      slice: async (limit, skip, last) => {
        const columns = `${microsOf('ts')}, value, denominator, document::text`;
        const { rows } = await sql.query<[number, number | null, number | null, string | null]>(
          sliceOf('rows', columns, 'ts, value, denominator, document', range, limit, skip, last),
        );
        return rows.map(([micros, value, denominator, document]) => ({ micros, value, denominator, document }));
      },
      hasMoreThan: (count) => hasMoreThan(sql, range, count),
    };
  }

  /** Like `source`, for numbers and percentages (as their quotient), in a compact form. */
  numbers(range: PointRange): RowSource<PointPairs> {
    const isQuotient = DATA_TYPES[range.dataType].measure === 'fraction';
    // The database divides as JavaScript does: both follow IEEE 754.
    const sql = this.db.reader(range.fromPrimary);
    const columns = isQuotient ? 'ts, value / denominator AS value' : 'ts, value';
    return {
      hasLargeRows: false,
      sizeOf: ({ length }) => 50 * length,
      slice: async (limit, skip, last) => {
        const { rows } = await sql.query<[string | null]>(
          sliceOf(isQuotient ? 'quotients' : 'numbers', PAIRS_OF_POINTS, columns, range, limit, skip, last),
        );
        return PointPairs.of(rows[0]?.[0] ?? null);
      },
      hasMoreThan: (count) => hasMoreThan(sql, range, count),
    };
  }
}

/** The statement for `RowSource.slice`. `result` is computed from the `columns` of the rows. */
function sliceOf(
  name: string,
  result: string,
  columns: string,
  range: PointRange,
  limit: number,
  skip: number,
  last: number | undefined,
): Statement {
  const { begin, end } = restOf(range, last);
  const order = range.descending ? 'DESC' : 'ASC';
  return {
    name: `point-${name}-${order}${last === undefined ? '' : '-next'}`,
    text: `SELECT ${result} FROM (
       SELECT ${columns} FROM point
       WHERE series = $1 AND ts >= $2 AND ts <= $3 ${last === undefined ? '' : 'AND ts <> $6'}
       ORDER BY ts ${order} LIMIT $4 OFFSET $5) points`,
    values: [
      range.series,
      timestampOf(begin),
      timestampOf(end),
      limit,
      skip,
      ...(last === undefined ? [] : [timestampOf(last)]),
    ],
    rowMode: 'array',
  };
}

/** Reads the index only. */
async function hasMoreThan(sql: Sql, range: PointRange, count: number): Promise<boolean> {
  const text = 'SELECT ts FROM point WHERE series = $1 AND ts >= $2 AND ts <= $3 ORDER BY ts OFFSET $4 LIMIT 1';
  const values = [range.series, timestampOf(range.begin), timestampOf(range.end), count];
  return (await sql.query({ name: 'point-more', text, values })).rows.length > 0;
}

function columnsOf(points: readonly SeriesPoint[]): Buffer[] {
  return [
    ...numbersOf(points),
    float8Array(points, ({ denominator }) => denominator),
    jsonArray(points, ({ document }) => document),
  ];
}

function numbersOf(points: readonly SeriesPoint[]): Buffer[] {
  return [
    int4Array(points, ({ series }) => series.id),
    timestampArray(points, ({ micros }) => micros),
    float8Array(points, ({ value }) => value),
  ];
}
