import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import { type StoredValue } from '../event-types/data-types.js';
import { Database } from './database.js';
import { float8Array, int4Array, jsonArray, timestampArray } from './pg-arrays.js';
import { microsOf, timestampOf } from './timestamps.js';

/** A series as a writer has seen it: `version` tells whether its registration has changed since. */
export interface SeriesRef {
  readonly id: number;
  readonly version: number;
}

/** One point of a series, as it is written. */
export interface SeriesPoint extends StoredValue {
  readonly series: SeriesRef;
  /** Whether a second point at this time is refused (numbers) or replaces the first (documents). */
  readonly additive: boolean;
  readonly micros: number;
}

/** One point as it is read. */
export interface Point extends StoredValue {
  readonly micros: number;
}

/** Which points of a series to read: both bounds in micros and inclusive. */
export interface PointRange {
  readonly series: number;
  readonly begin: number;
  readonly end: number;
  readonly descending: boolean;
}

/** How many points one statement fetches: memory stays flat, and no statement holds its snapshot for long. */
export const SLICE = 10_000;

const COLUMNS = '$1::int4[], $2::timestamptz[], $3::float8[], $4::float8[], $5::json[]';
const INSERT = `INSERT INTO point (series, ts, value, denominator, document) SELECT * FROM unnest(${COLUMNS})`;

/** The only place that knows how points lie in PostgreSQL. */
@Injectable()
export class PointStore {
  constructor(private readonly db: Database) {}

  /**
   * Inserts points, all or none, inside the caller's transaction. They come in (series, ts) order, each place once.
   * Fails with SQLSTATE 23505 when one of them is there already: half the price of looking for conflicts on the way.
   */
  async insert(client: pg.ClientBase, points: readonly SeriesPoint[]): Promise<void> {
    await client.query({ name: 'point-insert', text: INSERT, values: columnsOf(points) });
  }

  /**
   * Like `insert`, but leaves additive points alone whose place is taken, and replaces documents.
   * Returns the points that were inserted or replaced, in the order given.
   */
  async insertNew(client: pg.ClientBase, points: readonly SeriesPoint[]): Promise<SeriesPoint[]> {
    const additive = points.filter((point) => point.additive);
    const { rows } = await client.query<[series: number, micros: number]>({
      name: 'point-insert-new',
      text: `${INSERT} ON CONFLICT (series, ts) DO NOTHING RETURNING series, ${microsOf('ts')}`,
      values: columnsOf(additive),
      rowMode: 'array',
    });
    await client.query({
      name: 'point-replace',
      text: `${INSERT} ON CONFLICT (series, ts) DO UPDATE SET document = excluded.document`,
      values: columnsOf(points.filter((point) => !point.additive)),
    });
    const inserted = new Set(rows.map(([series, micros]) => `${series} ${micros}`));
    return points.filter((point) => !point.additive || inserted.has(`${point.series.id} ${point.micros}`));
  }

  /**
   * Points of the range in time order (`descending`: newest first), at most `limit` after skipping `offset`.
   * Read in slices, each its own statement and snapshot, that go on where the last one ended.
   */
  async *read(range: PointRange, limit: number, offset: number): AsyncGenerator<Point[], void, undefined> {
    let rest = limit;
    let skip = offset;
    let last: number | undefined;
    while (rest > 0) {
      const wanted = Math.min(rest, SLICE);
      const slice = await this.readSlice(range, wanted, skip, last);
      if (slice.length > 0) yield slice;
      if (slice.length < wanted) return;
      rest -= slice.length;
      skip = 0;
      last = slice.at(-1)?.micros;
    }
  }

  /** Whether there are more than `count` points in the range. */
  async hasMoreThan(range: PointRange, count: number): Promise<boolean> {
    const { rows } = await this.db.readArrays(
      'SELECT FROM point WHERE series = $1 AND ts >= $2 AND ts <= $3 OFFSET $4 LIMIT 1',
      [range.series, timestampOf(range.begin), timestampOf(range.end), count],
    );
    return rows.length > 0;
  }

  /**
   * Points of the range in time order, at most `limit` after skipping `skip`, by one statement.
   * @param last the time where the slice before ended; this one begins right after it.
   */
  async readSlice(range: PointRange, limit: number, skip: number, last?: number): Promise<Point[]> {
    const begin = range.descending || last === undefined ? range.begin : last;
    const end = range.descending && last !== undefined ? last : range.end;
    const { rows } = await this.db.readArrays<[number, number | null, number | null, string | null]>(
      `SELECT ${microsOf('ts')}, value, denominator, document::text FROM point
       WHERE series = $1 AND ts >= $2 AND ts <= $3 ${last === undefined ? '' : 'AND ts <> $6'}
       ORDER BY ts ${range.descending ? 'DESC' : 'ASC'} LIMIT $4 OFFSET $5`,
      [
        range.series,
        timestampOf(begin),
        timestampOf(end),
        limit,
        skip,
        ...(last === undefined ? [] : [timestampOf(last)]),
      ],
    );
    return rows.map(([micros, value, denominator, document]) => ({ micros, value, denominator, document }));
  }
}

function columnsOf(points: readonly SeriesPoint[]): Buffer[] {
  return [
    int4Array(points.map((point) => point.series.id)),
    timestampArray(points.map((point) => point.micros)),
    float8Array(points.map((point) => point.value)),
    float8Array(points.map((point) => point.denominator)),
    jsonArray(points.map((point) => point.document)),
  ];
}
