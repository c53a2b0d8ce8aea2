import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Chunk } from '../hypertables/chunks.js';
import { type CutOffRelation, type ExpiredCount, ExpiringRows } from '../hypertables/expiring-table.js';
import { indexOfTime } from './point-columns.js';
import { insertSegments, loadSegments, removeSegments, type SizedKey } from './segment-store.js';
import { columnsOf, packedRun, type Segment, segmentOf } from './segment.js';

/** A segment that a cut-off (micros) divides. */
interface DividedSegment extends SizedKey {
  readonly policy: number | null;
  readonly cutOff: number;
}

/** Segments, whose points expire one by one: the one that a cut-off divides is cut. */
export class ExpiringSegments extends ExpiringRows {
  constructor() {
    super('segment', 'p.series = e.series', 'p.last');
  }

  override async count(sql: Sql, chunk: Chunk, cutOffs: CutOffRelation): Promise<ExpiredCount[]> {
    const { begin, select, values } = cutOffs;
    const { rows } = await sql.query<ExpiredCount>(
      `${begin} SELECT e.series, e.policy, sum(p.points)::float8 AS rows
       FROM (${select}) e JOIN ${chunk.name} p ON p.series = e.series AND p.last < e.cut_off
       WHERE e.cut_off > $${values.length + 1} GROUP BY 1, 2`,
      [...values, timestampOf(chunk.begin ?? -Infinity)],
    );
    const counts = new Map(rows.map((row) => [row.series, row]));
    for await (const [segment, { series, policy, cutOff }] of divided(sql, chunk, cutOffs)) {
      const expired = indexOfTime(packedRun(segment).micros, cutOff);
      counts.set(series, { series, policy, rows: (counts.get(series)?.rows ?? 0) + expired });
    }
    return [...counts.values()].sort((a, b) => a.series - b.series);
  }

  override async delete(sql: Sql, chunk: Chunk, cutOffs: CutOffRelation, series: readonly number[]): Promise<number> {
    let rows = await super.delete(sql, chunk, cutOffs, series);
    for await (const [segment, { cutOff }] of divided(sql, chunk, cutOffs, series)) {
      const columns = columnsOf(segment);
      const kept = segmentOf(segment.series, columns, indexOfTime(columns.micros, cutOff), segment.points);
      await removeSegments(sql, [segment]);
      await insertSegments(sql, [kept]);
      rows++;
    }
    return rows;
  }

  override async bytesPerItem(sql: Sql, chunk: Chunk): Promise<number> {
    const { rows } = await sql.query<{ bytes: number }>(
      `SELECT coalesce(pg_total_relation_size($1::regclass) / nullif(sum(points), 0), 0)::float8 AS bytes
       FROM ${chunk.name}`,
      [chunk.name],
    );
    return rows[0]?.bytes ?? 0;
  }
}

/** The segments of a chunk that have a cut-off between their first and last point; only those of some series, if given. */
async function* divided(
  sql: Sql,
  chunk: Chunk,
  { begin, select, values }: CutOffRelation,
  series?: readonly number[],
): AsyncGenerator<[Segment, DividedSegment]> {
  const { rows } = await sql.query<DividedSegment>(
    `${begin} SELECT p.series, ${microsOf('p.first')} AS first, p.row, octet_length(p.data) AS bytes,
            e.policy, ${microsOf('e.cut_off')} AS "cutOff"
     FROM (${select}) e JOIN ${chunk.name} p ON p.series = e.series AND p.first < e.cut_off AND p.last >= e.cut_off
     WHERE $${values.length + 1}::int4[] IS NULL OR e.series = ANY ($${values.length + 1}) ORDER BY 1`,
    [...values, series ?? null],
  );
  const bySeries = new Map(rows.map((row) => [row.series, row]));
  for await (const segment of loadSegments(sql, rows)) {
    const row = bySeries.get(segment.series);
    if (row) yield [segment, row];
  }
}
