import { Inject, Injectable } from '@nestjs/common';
import { int4Array } from '../../postgres/array-encoding.js';
import { Database } from '../../postgres/database.js';
import { type RowSource } from '../../postgres/row-source.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type StorageEngine } from '../hypertables/engine.js';
import { ExpiringRows, type ExpiringTable } from '../hypertables/expiring-table.js';
import { STORAGE_ENGINE } from '../hypertables/storage-engine.token.js';
import { type PointOwner } from '../registry/data-owners.js';
import { seriesOfDatabase } from '../registry/relations.js';
import { type Extent } from '../registry/series-store.js';
import { ExpiringSegments } from './expiring-segments.js';
import { CADENCE_POINTS, type NewestPoint, newestPoints, type SeriesWithExtent, withCadence } from './newest-points.js';
import { type PointRange, pointSource } from './point-source.js';
import { type Point, type PointSlice } from './point-slice.js';
import { carryOut } from './point-writer.js';
import {
  cutOut,
  earliestReaching,
  overlapsOfAny,
  rangeValues,
  removeWithin,
  segmentsIn,
  type SeriesRange,
} from './segment-store.js';
import { countBetween } from './segment.js';
import { beginOfHourSql } from './stream-hours.js';
import { streamSource } from './stream-source.js';
import { appended, plan, type SeriesPlan, type SeriesPoints } from './write-plan.js';

/** The bounds of a chunk in micros, `begin` inclusive and `end` exclusive; infinite where there is none. */
interface ChunkSpan {
  readonly begin: number;
  readonly end: number;
}

/**
 * The points of all series. A point is either loose (a row of `point`) or packed (in a row of `segment`); no place, a
 * series and a time with its row or nanoseconds, is held twice. Only this room knows which.
 */
@Injectable()
export class PointStore implements PointOwner {
  /** The hypertables that hold points, for retention. */
  readonly expiring: readonly ExpiringTable[] = [
    new ExpiringRows('point', 'p.series = e.series', 'p.ts'),
    new ExpiringSegments(),
  ];

  constructor(
    private readonly db: Database,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /**
   * Finds out what a write changes, inside the caller's transaction, which holds the locks of the series. Points behind
   * the last one of their series need no look at their places.
   * Returns the plans in the order of the points.
   * @param points each series once.
   * @param lastPoints the time of the last point of each series, as its lock has shown it; `undefined` means to look at
   * all places, because one of them was taken against expectation.
   */
  async plan(
    sql: Sql,
    points: readonly SeriesPoints[],
    lastPoints: ReadonlyMap<number, number | null> | undefined,
  ): Promise<SeriesPlan[]> {
    const isAppended = ({ series, columns }: SeriesPoints): boolean => {
      const last = lastPoints?.get(series.id);
      return last === null || (last !== undefined && (columns.micros[0] ?? -Infinity) > last);
    };
    const late = points.filter((one) => !isAppended(one));
    const planned = await plan(sql, late, (micros) => this.chunkOf(micros));
    return points.map((one) => planned.get(one.series.id) ?? appended(one));
  }

  /**
   * Sends the statements that carry out plans, all of them before it returns; returns the results to come. Fails with
   * SQLSTATE 23505 where a place is taken against expectation.
   */
  write(sql: Sql, plans: readonly SeriesPlan[]): Promise<unknown>[] {
    return carryOut(sql, plans, (micros) => this.chunkOf(micros).end);
  }

  /**
   * Whether a point exists and was stored by this transaction (an id of `pg_current_xact_id()`), which is known to be
   * committed. Of a packed point, that it is there must do: the packer may have moved it since.
   */
  async isStoredBy(transactionId: string, series: number, micros: number): Promise<boolean> {
    const { rows } = await this.db.query('SELECT FROM point WHERE series = $1 AND ts = $2 AND xmin = ($3::xid8)::xid', [
      ...[series, timestampOf(micros), transactionId],
    ]);
    if (rows.length > 0) return true;
    const [segment] = await segmentsIn(this.db, this.rangeOf(series, micros, micros));
    return segment !== undefined && countBetween(segment, micros, micros) > 0;
  }

  /** How many of the places of these points hold a point. */
  async countPresent(points: readonly SeriesPoints[]): Promise<number> {
    const plans = await this.plan(this.db, points, undefined);
    const size = points.reduce((sum, { columns }) => sum + columns.micros.length, 0);
    return plans.reduce((sum, { inserted, joined }) => sum - inserted.micros.length - joined, size);
  }

  /** The number of points of a series from `begin` to `end` (micros, both inclusive). */
  async count(sql: Sql, series: number, begin: number, end: number): Promise<number> {
    const { rows } = await sql.query<{ whole: number; edges: { codec: number; data: string }[] }>(
      `SELECT ((SELECT count(*) FROM point WHERE series = $1 AND ts BETWEEN $2 AND $3)
               + coalesce(sum(s.points) FILTER (WHERE s.first >= $2 AND s.last <= $3), 0))::float8 AS whole,
              coalesce(json_agg(json_build_object('codec', s.codec, 'data', encode(s.data, 'base64')))
                       FILTER (WHERE s.first < $2 OR s.last > $3), '[]') AS edges
       FROM segment s WHERE ${overlapsOfAny('$1', '$4', '$2', '$3')}`,
      rangeValues(this.rangeOf(series, begin, end)),
    );
    const { whole = 0, edges = [] } = rows[0] ?? {};
    return edges.reduce(
      (sum, { codec, data }) => sum + countBetween({ codec, data: Buffer.from(data, 'base64') }, begin, end),
      whole,
    );
  }

  /** The number of stored points of a database of the line protocol. */
  async countOfDatabase(database: string): Promise<number> {
    const series = seriesOfDatabase('$1');
    const { rows } = await this.db.reader(true).query<{ points: number }>(
      `SELECT ((SELECT count(*) FROM point WHERE series IN ${series})
               + (SELECT coalesce(sum(points), 0) FROM segment WHERE series IN ${series}))::float8 AS points`,
      [database],
    );
    return rows[0]?.points ?? 0;
  }

  /** The times of the first and the last point of a series, or `undefined` where it has none. */
  async extent(sql: Sql, series: number): Promise<Extent | undefined> {
    const { rows } = await sql.query<{ first: number | null; last: number | null }>(
      `SELECT ${microsOf('least(min(ts), (SELECT min(first) FROM segment WHERE series = $1))')} AS first,
              ${microsOf(`greatest(max(ts), (SELECT max(last) FROM segment WHERE series = $1 AND first >=
                ${beginOfHourSql('(SELECT max(first) FROM segment WHERE series = $1)')}))`)} AS last
       FROM point WHERE series = $1`,
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
    const { rows } = await sql.query<{ found: boolean }>(
      `SELECT EXISTS (SELECT FROM point p WHERE p.series = r.series AND p.ts >= r.begin ORDER BY p.ts LIMIT 1)
           OR EXISTS (SELECT FROM segment s WHERE s.series = r.series AND s.last >= r.begin
                      AND s.first >= ${earliestReaching('r.series', 'r.begin')}) AS found
       FROM unnest($1::int4[], $2::timestamptz[]) WITH ORDINALITY AS r (series, begin, position) ORDER BY position`,
      [ranges.map(({ series }) => series), ranges.map(({ begin }) => timestampOf(begin))],
    );
    return rows.map(({ found }) => found);
  }

  /**
   * A segment that begins in the time has a point in it. Of those that begin before, few can reach into it; they are
   * unpacked only if the time may lie between two of their points: their longest gap tells most often that it doesn't.
   */
  hasPoint(series: string, from: readonly string[], to: readonly string[]): string {
    const conditions = (column: string): string =>
      [...from.map((time) => `${column} >= ${time}`), ...to.map((time) => `${column} <= ${time}`)].join(' AND ');
    const begin = from.length > 0 ? `greatest(${from.join(', ')})` : `'-infinity'::timestamptz`;
    const end = to.length > 0 ? `least(${to.join(', ')})` : `'infinity'::timestamptz`;
    return `(${begin} <= ${end}
      AND (EXISTS (SELECT FROM point p WHERE p.series = ${series} AND ${conditions('p.ts')})
        OR EXISTS (SELECT FROM segment g WHERE g.series = ${series} AND ${conditions('g.first')})
        OR EXISTS (SELECT FROM segment g WHERE g.series = ${series} AND g.first < ${begin} AND g.last >= ${begin}
                   AND g.first >= ${earliestReaching(series, begin)}
                   AND (g.last <= ${end} OR ${end} - ${begin} >= g.longest_gap * interval '1 microsecond'
                        OR segment_has_point(g.data, ${begin}, ${end})))))`;
  }

  /** The newest point of each of these series, by their ids; those without points are missing. */
  async newest(series: readonly SeriesWithExtent[], fromPrimary: boolean): Promise<Map<number, NewestPoint>> {
    const others = series.filter(({ isStream }) => !isStream);
    const newest = await newestPoints(this.db.reader(fromPrimary), others);
    for (const { id, dataType, isStream, first, last } of series) {
      if (!isStream) continue;
      const range = { series: id, dataType, isStream, begin: first, end: last, descending: true, fromPrimary };
      const points: Point[] = [];
      for await (const slice of this.source(range).slices(CADENCE_POINTS, 0)) points.push(...slice);
      const point = withCadence(points);
      if (point) newest.set(id, point);
    }
    return newest;
  }

  /** Deletes the points of a series from `begin` to `end` (micros, both inclusive); returns how many there were. */
  async deleteBetween(sql: Sql, series: number, begin: number, end: number): Promise<number> {
    const { rowCount } = await sql.query('DELETE FROM point WHERE series = $1 AND ts BETWEEN $2 AND $3', [
      ...[series, timestampOf(begin), timestampOf(end)],
    ]);
    const range = this.rangeOf(series, begin, end);
    return (rowCount ?? 0) + (await removeWithin(sql, range)) + (await cutOut(sql, range));
  }

  /**
   * Deletes all points of series, inside the caller's transaction; returns how many there were.
   * @param extent the times of the first and the last point of all of them.
   */
  async deleteAll(sql: Sql, series: readonly number[], { first, last }: Extent): Promise<number> {
    const values = [int4Array(series, (id) => id), timestampOf(first), timestampOf(last)];
    const { rowCount } = await sql.query(
      'DELETE FROM point WHERE series = ANY ($1::int4[]) AND ts BETWEEN $2 AND $3',
      values,
    );
    const { rows } = await sql.query<{ points: number }>(
      `WITH gone AS (
         DELETE FROM segment WHERE series = ANY ($1::int4[]) AND first BETWEEN $2 AND $3 RETURNING points
       )
       SELECT coalesce(sum(points), 0)::float8 AS points FROM gone`,
      values,
    );
    return (rowCount ?? 0) + (rows[0]?.points ?? 0);
  }

  /** The points of a range in its order (`descending`: newest first); those of a stream with their row numbers. */
  source(range: PointRange, sql: Sql = this.db.reader(range.fromPrimary)): RowSource<PointSlice> {
    return (range.isStream ? streamSource : pointSource)(
      sql,
      range,
      (micros) => this.chunkOf(micros).begin,
      () => this.count(sql, range.series, range.begin, range.end),
    );
  }

  private rangeOf(series: number, begin: number, end: number): SeriesRange {
    return { series, begin, end, chunkBegin: this.chunkOf(begin).begin };
  }

  private chunkOf(micros: number): ChunkSpan {
    const { begin, end } = this.engine.boundsOf(this.engine.chunkOf(micros));
    return { begin: begin ?? -Infinity, end: end ?? Infinity };
  }
}
