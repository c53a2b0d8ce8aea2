import { Injectable } from '@nestjs/common';
import { DATA_TYPES, type DataTypeName, type StoredValue } from '../../event-types/data-types.js';
import { type RollupSpec } from '../../rollups/rollup.js';
import { Database } from '../../postgres/database.js';
import { type OrderedRange, restOf, type RowSource } from '../../postgres/row-source.js';
import { PAIRS_OF_POINTS, PointPairs } from './point-pairs.js';
import { float8Array, int4Array, jsonArray, timestampArray } from '../../postgres/array-encoding.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Sql, type Statement } from '../../postgres/sql.js';

/** A series as a writer has seen it: `version` tells whether its registration has changed since. */
export interface SeriesRef {
  readonly id: number;
  readonly version: number;
  readonly dataType: DataTypeName;
  /** The rollups to be kept of it, one for each window of its summaries. */
  readonly rollups: readonly RollupSpec[];
  /** Points before this time (micros) have left by retention and are not taken again; `null` when none has. */
  readonly cutOff: number | null;
}

/** One point of a series, as it is written. */
export interface SeriesPoint extends StoredValue {
  readonly series: SeriesRef;
  /** Whether a second point at this time is refused (numbers) or replaces the first (documents). */
  readonly additive: boolean;
  readonly micros: number;
}

/** What a write came to. */
export interface NewPoints {
  /** The points that were inserted, or that replaced others. */
  readonly stored: readonly SeriesPoint[];
  /** What the replaced ones were before. */
  readonly replaced: readonly SeriesPoint[];
}

/** One point as it is read. */
export interface Point extends StoredValue {
  readonly micros: number;
}

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
export class PointStore {
  constructor(private readonly db: Database) {}

  /**
   * Inserts points, all or none, inside the caller's transaction. They come in (series, ts) order, each place once.
   * Fails with SQLSTATE 23505 when one of them is there already: half the price of looking for conflicts on the way.
   */
  async insert(sql: Sql, points: readonly SeriesPoint[]): Promise<void> {
    // Most points are plain numbers: without columns full of nulls there is a fifth less to send and to unpack.
    const plain = points.every(({ denominator, document }) => denominator === null && document === null);
    await sql.query(
      plain
        ? { name: 'point-insert-numbers', text: INSERT_NUMBERS, values: numbersOf(points) }
        : { name: 'point-insert', text: INSERT, values: columnsOf(points) },
    );
  }

  /**
   * Like `insert`, but leaves additive points alone whose place is taken, and replaces documents.
   * Returns the points that were inserted or replaced, in the order given, and what was there before of the replaced.
   */
  async insertNew(sql: Sql, points: readonly SeriesPoint[]): Promise<NewPoints> {
    const documents = points.filter((point) => !point.additive);
    const replaced = await this.present(sql, documents);
    const { rows } = await sql.query<[series: number, micros: number]>({
      name: 'point-insert-new',
      text: `${INSERT} ON CONFLICT (series, ts) DO NOTHING RETURNING series, ${microsOf('ts')}`,
      values: columnsOf(points.filter((point) => point.additive)),
      rowMode: 'array',
    });
    await sql.query({
      name: 'point-replace',
      text: `${INSERT} ON CONFLICT (series, ts) DO UPDATE SET document = excluded.document`,
      values: columnsOf(documents),
    });
    const inserted = new Set(rows.map(([series, micros]) => `${series} ${micros}`));
    const stored = points.filter((point) => !point.additive || inserted.has(`${point.series.id} ${point.micros}`));
    return { stored, replaced };
  }

  /** Whether a point is there as this transaction stored it (an id of `pg_current_xact_id()`). */
  async isStoredBy(transactionId: string, { series, micros }: SeriesPoint): Promise<boolean> {
    const { rows } = await this.db.query('SELECT FROM point WHERE series = $1 AND ts = $2 AND xmin = ($3::xid8)::xid', [
      series.id,
      timestampOf(micros),
      transactionId,
    ]);
    return rows.length > 0;
  }

  /** What is stored at the places of these points, for series that keep rollups. */
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

  /** The points of a range in time order (`descending`: newest first). Each slice is its own statement and snapshot. */
  source(range: PointRange, sql: Sql = this.db.reader(range.fromPrimary)): RowSource<Point[]> {
    return {
      hasDocuments: !DATA_TYPES[range.dataType].additive,
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

  /** Like `source`, for numbers and percentages (as their quotient), which lie closer together then. */
  numbers(range: PointRange): RowSource<PointPairs> {
    const isQuotient = range.dataType === 'percentage';
    // The database divides as JavaScript does: both follow IEEE 754.
    const sql = this.db.reader(range.fromPrimary);
    const columns = isQuotient ? 'ts, value / denominator AS value' : 'ts, value';
    return {
      hasDocuments: false,
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

/** Looks at nothing but the index. */
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
