import { Injectable } from '@nestjs/common';
import { type DataTypeName } from '../../event-types/data-types.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { ChunkSpace } from '../hypertables/chunk-space.js';
import { type Chunk, Chunks } from '../hypertables/chunks.js';
import { STREAMS } from '../registry/relations.js';
import { SeriesStore } from '../registry/series-store.js';
import { looseResult, type LooseRow, looseRun } from './loose-run.js';
import { type Place } from './place-order.js';
import { OpenColumns } from './point-columns.js';
import { merged, type PointRun, PointSlice } from './point-slice.js';
import { MAX_SEGMENT_POINTS } from './segment-codec.js';
import { segmentsOf } from './segment-cut.js';
import { IS_SMALL, runsToPack, type RunToPack } from './segment-runs.js';
import { insertSegments, loadSegments, removeSegments, spansBetween } from './segment-store.js';
import { packedRun, type Segment } from './segment.js';
import { beginOfHourSql } from './stream-hours.js';
import { joinSmall } from './stream-joiner.js';

/** The loose points that one transaction packs, and their bytes where they are documents. */
const STEP_POINTS = 16_384;
const STEP_BYTES = 4 * 1024 ** 2;

/** The points that one transaction writes, and the bytes of segments that it reads, roughly. */
const WRITTEN_POINTS = 16 * MAX_SEGMENT_POINTS;
const READ_BYTES = 16 * 1024 ** 2;

/** Points of one series in one chunk that are worth packing. */
export interface Packable {
  readonly series: number;
  /** Of either table. */
  readonly chunk: Chunk;
  /** Only loose points before this time (micros) are packed; of a stream, only segments that end before it are joined. */
  readonly before: number;
  readonly isStream: boolean;
}

/** How much of both forms there is. */
export interface Sizes {
  readonly loose: { readonly points: number; readonly bytes: number };
  readonly packed: { readonly points: number; readonly bytes: number };
}

/** Smaller chunks are not rewritten. */
const MIN_REWRITTEN_BYTES = 1024 ** 2;

/** Makes segments of loose points, and long segments of short ones, which is all that it does to streams. */
@Injectable()
export class Packer {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly chunks: Chunks,
    private readonly space: ChunkSpace,
  ) {}

  /** The chunks of a table, oldest first. */
  chunksOf(table: 'point' | 'segment'): Promise<Chunk[]> {
    return this.chunks.beginningBefore(table, Infinity);
  }

  /** The series of a chunk with `least` or more loose points before a time (micros), in the order of their ids. */
  async loose(chunk: Chunk, before: number, least: number): Promise<Packable[]> {
    const { rows } = await this.db.query<{ series: number }>(
      `SELECT series FROM ${chunk.name} WHERE ts < $1 GROUP BY series HAVING count(*) >= $2 ORDER BY series`,
      [timestampOf(before), least],
    );
    return rows.map(({ series }) => ({ series, chunk, before, isStream: false }));
  }

  /**
   * The series of a chunk with `least` or more pairs of small neighbouring segments, in the order of their ids. Those of
   * streams must lie in one hour, and end before a time (micros).
   */
  async joinable(chunk: Chunk, least: number, before: number): Promise<Packable[]> {
    const { rows } = await this.db.query<{ series: number; isStream: boolean }>(
      `SELECT series, bool_or(is_stream) AS "isStream"
       FROM (SELECT series, is_stream, small AND lag(small) OVER neighbours
                    AND (NOT is_stream
                         OR hour = lag(hour) OVER neighbours AND greatest(last, lag(last) OVER neighbours) < $2) AS pair
             FROM (SELECT series, series IN ${STREAMS} AS is_stream, first, row, last,
                          ${IS_SMALL} AS small, ${beginOfHourSql('first')} AS hour
                   FROM ${chunk.name}) s
             WINDOW neighbours AS (PARTITION BY series ORDER BY first, row)) s
       GROUP BY series HAVING count(*) FILTER (WHERE pair) >= $1 ORDER BY series`,
      [least, timestampOf(before)],
    );
    return rows.map(({ series, isStream }) => ({ series, chunk, before: isStream ? before : -Infinity, isStream }));
  }

  /**
   * Packs the loose points of a series in a chunk together with the segments that they touch, and joins small
   * neighbouring segments, in transactions of bounded size that hold the lock of the series. Leaves out a series that
   * others have locked. Returns the number of loose points packed.
   */
  async pack(packable: Packable): Promise<number> {
    if (packable.isStream) return this.join(packable);
    const { begin, end } = packable.chunk;
    await this.chunks.cover('points', [begin ?? (end ?? 0) - 1]);
    let packed = 0;
    for (let after: number | undefined = -Infinity; after !== undefined;) {
      const from: number = after;
      const step = await this.db.retrying((sql) => this.step(sql, packable, from));
      packed += step.packed;
      after = step.next;
    }
    // Where points are still added, PostgreSQL reuses the space. It may wait for a VACUUM of the chunk: no step, which
    // holds the lock of the series, does.
    if (packable.chunk.table === 'point' && (end ?? Infinity) <= packable.before)
      await this.db.retrying((sql) => this.space.recordDeleted(sql, packable.chunk, packed));
    return packed;
  }

  /** As `pack`, of a stream, which has no loose points. */
  private async join({ series, chunk, before }: Packable): Promise<0> {
    const range = { series, begin: chunk.begin ?? -Infinity, end: Math.min(chunk.end ?? Infinity, before) };
    for (let after: Place | undefined, isLast = false; !isLast; isLast = after === undefined) {
      const from: Place | undefined = after;
      after = await this.db.retrying(async (sql) =>
        (await this.series.tryLock(sql, series)) === undefined ? undefined : joinSmall(sql, range, from),
      );
    }
    return 0;
  }

  /** The points and bytes of both forms; the number of loose points is PostgreSQL's estimate. */
  async sizes(): Promise<Sizes> {
    const bytes = async (table: 'point' | 'segment'): Promise<{ rows: number; bytes: number }> => {
      const { rows } = await this.db.query<{ rows: number; bytes: number }>(
        `SELECT coalesce(sum(greatest(reltuples, 0)), 0)::float8 AS rows,
                coalesce(sum(pg_total_relation_size(oid)), 0)::float8 AS bytes
         FROM pg_class WHERE oid = ANY ($1::text[]::regclass[])`,
        [(await this.chunksOf(table)).map(({ name }) => name)],
      );
      return rows[0] ?? { rows: 0, bytes: 0 };
    };
    const { rows } = await this.db.query<{ points: number }>(
      'SELECT coalesce(sum(points), 0)::float8 AS points FROM segment',
    );
    const [loose, packed] = [await bytes('point'), await bytes('segment')];
    return {
      loose: { points: loose.rows, bytes: loose.bytes },
      packed: { points: rows[0]?.points ?? 0, bytes: packed.bytes },
    };
  }

  /** Gives the disk space of a chunk back from which points were packed, and to which hardly any will be added. */
  async giveBack(chunk: Chunk): Promise<void> {
    const text = 'SELECT pg_table_size($1::regclass)::float8 AS bytes';
    const { rows } = await this.db.query<{ bytes: number }>(text, [chunk.name]);
    // Rewriting locks the chunk: what a few late points have left is not worth it.
    if ((rows[0]?.bytes ?? 0) < MIN_REWRITTEN_BYTES) return;
    await this.space.giveBack(chunk, () => Promise.resolve(false));
  }

  /** @param after only points after this time (micros). Returns, too, the time after which the next step begins. */
  private async step(
    sql: Sql,
    { series, chunk, before }: Packable,
    after: number,
  ): Promise<{ packed: number; next: number | undefined }> {
    const dataType = await this.series.tryLock(sql, series);
    if (dataType === undefined) return { packed: 0, next: undefined };
    const [begin, end] = [chunk.begin ?? -Infinity, chunk.end ?? Infinity];
    const loose = await looseAfter(sql, series, dataType, { after, begin, end: Math.min(end, before) });
    // Of a full step, only what lies in its time is known.
    let bound = loose.end === STEP_POINTS || loose.isCut ? (loose.micros[loose.end - 1] ?? 0) : Infinity;
    const spans = (await spansBetween(sql, series, { after, begin, end })).filter(({ first }) => first <= bound);
    let packed = 0;
    let [written, read] = [0, 0];
    let done = after;
    for (const run of runsToPack(spans, loose)) {
      if (written >= WRITTEN_POINTS || read >= READ_BYTES) {
        bound = done;
        break;
      }
      written += await rewrite(sql, series, run, loose);
      read += run.bytes;
      packed += run.end - run.begin;
      done = run.last;
    }
    return { packed, next: bound === Infinity ? undefined : bound };
  }
}

/** Replaces the segments and loose points of a run by new segments of about the same length; returns their points. */
async function rewrite(
  sql: Sql,
  series: number,
  { segments, begin, end }: RunToPack,
  loose: PointRun,
): Promise<number> {
  const old: Segment[] = [];
  for await (const segment of loadSegments(
    sql,
    segments.map(({ first, row, bytes }) => ({ series, first, row, bytes })),
  ))
    old.push(segment);
  const runs = old.sort((a, b) => a.first - b.first).map(packedRun);
  const columns = new OpenColumns();
  for (const point of new PointSlice(merged(runs, { ...loose, begin, end })))
    columns.add(point.micros, point, point.row);
  const size = columns.micros.length;
  const most = Math.ceil(size / Math.ceil(size / MAX_SEGMENT_POINTS));
  const made = segmentsOf(series, columns, { chunkEnd: () => Infinity, most });
  if (old.length > 0) await removeSegments(sql, old);
  if (begin < end)
    await sql.query('DELETE FROM point WHERE series = $1 AND ts BETWEEN $2 AND $3', [
      ...[series, timestampOf(loose.micros[begin] ?? 0), timestampOf(loose.micros[end - 1] ?? 0)],
    ]);
  await insertSegments(sql, made);
  return size;
}

/**
 * The first loose points of a series after one time and before another, at most as many as a step packs. Documents are
 * large in memory, and may be small on disk: how large they are is only looked up of those that are few bytes there.
 */
async function looseAfter(
  sql: Sql,
  series: number,
  dataType: DataTypeName,
  { after, begin, end }: { readonly after: number; readonly begin: number; readonly end: number },
): Promise<PointRun & { readonly isCut: boolean }> {
  const { rows } = await sql.query<[cut: boolean, ...row: LooseRow]>({
    name: `packer-loose-${dataType}`,
    text: `WITH first AS (
             SELECT ts, value, denominator, document FROM point
             WHERE series = $1 AND ts > $2 AND ts >= $3 AND ts < $4 ORDER BY ts LIMIT ${STEP_POINTS}
           ), stored AS (
             SELECT *, sum(pg_column_size(document)) OVER (ORDER BY ts) - pg_column_size(document) AS before FROM first
           ), sized AS (
             SELECT ts, value, denominator, document,
                    sum(octet_length(document::text)) OVER (ORDER BY ts) - octet_length(document::text) AS before
             FROM stored WHERE coalesce(before, 0) < ${STEP_BYTES}
           ), loose AS (SELECT * FROM sized WHERE coalesce(before, 0) < ${STEP_BYTES} ORDER BY ts)
           SELECT (SELECT count(*) FROM loose) < (SELECT count(*) FROM first), l.* FROM (${looseResult(dataType)}) l`,
    values: [series, ...[after, begin, end].map(timestampOf)],
    rowMode: 'array',
  });
  const run = looseRun(
    dataType,
    rows.map(([, ...row]) => row),
  );
  return { ...run, isCut: rows[0]?.[0] ?? false };
}
