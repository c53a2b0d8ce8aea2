import { byteaArray, float8Array, int4Array, timestampArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Place } from './place-order.js';
import { indexAfterTime, indexOfTime } from './point-columns.js';
import { type PackedSpan } from './segment-runs.js';
import { columnsOf, type Segment, segmentOf, type SegmentSpan } from './segment.js';
import { beginOfHourSql } from './stream-hours.js';

/** A range of time of a series, in micros, both bounds inclusive. */
export interface SeriesRange {
  readonly series: number;
  readonly begin: number;
  readonly end: number;
  /** The begin of the chunk that `begin` falls into; −Infinity where it has none. */
  readonly chunkBegin: number;
}

/** What names a segment. */
export interface SegmentKey {
  readonly series: number;
  readonly first: number;
  /** The smallest row of its points; 0 where they have none. */
  readonly row: number;
}

/** A segment, and how long its data are. */
export interface SizedKey extends SegmentKey {
  readonly bytes: number;
}

/** The data of segments that one statement loads. */
const LOADED_BYTES = 4 * 1024 ** 2;

/**
 * An SQL condition: the segment `s` overlaps a range of its series, which is no stream. A segment lies within one chunk
 * and segments don't overlap, so the one that begins last before the range is the only one that can reach into it from
 * before. All parameters are SQL expressions; `chunkBegin` is that of the chunk that `begin` falls into.
 */
export function overlaps(series: string, chunkBegin: string, begin: string, end: string): string {
  // The chunk's begin stands there once more, because plans leave out chunks by what is known before they run.
  return `s.series = ${series} AND s.first >= ${chunkBegin} AND s.first <= ${end} AND s.last >= ${begin} AND s.first >= coalesce(
    (SELECT b.first FROM segment b WHERE b.series = ${series} AND b.first >= ${chunkBegin} AND b.first <= ${begin}
     ORDER BY b.first DESC LIMIT 1), ${begin})`;
}

/** An SQL condition as `overlaps` makes, for series of any kind. */
export function overlapsOfAny(series: string, chunkBegin: string, begin: string, end: string): string {
  return `s.series = ${series} AND s.first >= ${chunkBegin} AND s.first <= ${end} AND s.last >= ${begin}
    AND s.first >= ${earliestReaching(series, begin, `b.first >= ${chunkBegin} AND `)}`;
}

/**
 * An SQL expression: no segment of a series of any kind that begins before it reaches a time.
 * @param inChunk narrows the search to segments `b` of the chunk of that time, where it is known.
 */
export function earliestReaching(series: string, time: string, inChunk = ''): string {
  return `least(${beginOfHourSql(time)},
    (SELECT b.first FROM segment b WHERE b.series = ${series} AND ${inChunk}b.first <= ${time}
     ORDER BY b.first DESC LIMIT 1))`;
}

const SELECTED = `s.series, ${microsOf('s.first')} AS first, s.row, ${microsOf('s.last')} AS last, s.points,
  s.longest_gap::float8 AS "longestGap", s.codec, encode(s.data, 'base64') AS data`;

type SegmentRow = Omit<Segment, 'data'> & { readonly data: string };

/**
 * Segments that overlap these ranges of series that are no streams, without their data, in the order of series and
 * time.
 */
export async function spansOf(sql: Sql, ranges: readonly SeriesRange[]): Promise<(SizedKey & SegmentSpan)[]> {
  const { rows } = await sql.query<SizedKey & SegmentSpan>({
    name: 'segment-spans',
    text: `SELECT DISTINCT s.series, ${microsOf('s.first')} AS first, s.row, ${microsOf('s.last')} AS last,
                  octet_length(s.data) AS bytes
           FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[], $4::timestamptz[])
                AS r (series, begin, "end", chunk_begin)
           CROSS JOIN LATERAL (SELECT * FROM segment s WHERE ${overlaps('r.series', 'r.chunk_begin', 'r.begin', 'r."end"')}) s
           ORDER BY 1, 2`,
    values: [
      int4Array(ranges, ({ series }) => series),
      timestampArray(ranges, ({ begin }) => begin),
      timestampArray(ranges, ({ end }) => end),
      ranges.map(({ chunkBegin }) => timestampOf(chunkBegin)),
    ],
  });
  return rows;
}

/** The segments that overlap a range, in time order. */
export async function segmentsIn(sql: Sql, range: SeriesRange): Promise<Segment[]> {
  const { rows } = await sql.query<SegmentRow>({
    name: 'segments-in',
    text: `SELECT ${SELECTED} FROM segment s WHERE ${overlapsOfAny('$1', '$4', '$2', '$3')} ORDER BY s.first, s.row`,
    values: rangeValues(range),
  });
  return rows.map(fromRow);
}

/** These segments, in no particular order; so many at a time as take a few MiB. */
export async function* loadSegments(
  sql: Sql,
  keys: readonly SizedKey[],
): AsyncGenerator<Segment, undefined, undefined> {
  for (let begin = 0, end = 0; begin < keys.length; begin = end) {
    for (let bytes = 0; end < keys.length && bytes < LOADED_BYTES; end++) bytes += keys[end]?.bytes ?? 0;
    const { rows } = await sql.query<SegmentRow>({
      name: 'segments-load',
      text: `SELECT ${SELECTED} FROM unnest($1::int4[], $2::timestamptz[], $3::int4[]) AS wanted (series, first, row)
             JOIN segment s USING (series, first, row)`,
      values: keyColumns(keys.slice(begin, end)),
    });
    for (const row of rows) yield fromRow(row);
  }
}

/** A segment with what is checked of its surroundings. */
export interface CheckedSegment extends Segment {
  /** The last time (micros) of the segment that begins before it; `null` for the first one. */
  readonly lastBefore: number | null;
  /** Whether loose points lie within its time. */
  readonly hasLoose: boolean;
}

/** The first segments of a series that come after a place, in the order of time and row; `undefined` for the very first. */
export async function segmentsAfter(
  sql: Sql,
  series: number,
  after: Place | undefined,
  most: number,
): Promise<CheckedSegment[]> {
  const { rows } = await sql.query<Omit<CheckedSegment, 'data'> & { readonly data: string }>({
    name: 'segments-after',
    text: `SELECT ${SELECTED},
                  ${microsOf(`(SELECT b.last FROM segment b WHERE b.series = $1 AND b.first < s.first
                               ORDER BY b.first DESC LIMIT 1)`)} AS "lastBefore",
                  EXISTS (SELECT FROM point p WHERE p.series = $1 AND p.ts BETWEEN s.first AND s.last) AS "hasLoose"
           FROM segment s WHERE s.series = $1 AND s.first >= $2 AND (s.first, s.row) > ($2, $3)
           ORDER BY s.first, s.row LIMIT $4`,
    values: [series, timestampOf(after?.micros ?? -Infinity), after?.row ?? -1, most],
  });
  return rows.map(fromRow);
}

/** Stores segments. Fails with SQLSTATE 23505 where one begins at the time (and row) of another of its series. */
export async function insertSegments(sql: Sql, segments: readonly Segment[]): Promise<void> {
  await sql.query({
    name: 'segments-insert',
    text: `INSERT INTO segment (series, first, row, last, points, longest_gap, codec, data)
           SELECT * FROM unnest($1::int4[], $2::timestamptz[], $3::int4[], $4::timestamptz[], $5::int4[], $6::float8[],
                                $7::int4[], $8::bytea[])`,
    values: [
      ...keyColumns(segments),
      timestampArray(segments, ({ last }) => last),
      int4Array(segments, ({ points }) => points),
      float8Array(segments, ({ longestGap }) => longestGap),
      int4Array(segments, ({ codec }) => codec),
      byteaArray(segments, ({ data }) => data),
    ],
  });
}

/** Deletes segments. */
export async function removeSegments(sql: Sql, keys: readonly SegmentKey[]): Promise<void> {
  await sql.query({
    name: 'segments-remove',
    text: `DELETE FROM segment s USING unnest($1::int4[], $2::timestamptz[], $3::int4[]) AS gone (series, first, row)
           WHERE s.series = gone.series AND s.first = gone.first AND s.row = gone.row`,
    values: keyColumns(keys),
  });
}

/** Deletes the segments that lie within a range; returns how many points they had. */
export async function removeWithin(sql: Sql, range: SeriesRange): Promise<number> {
  const { rows } = await sql.query<{ points: number }>({
    name: 'segments-remove-within',
    text: `WITH gone AS (
             DELETE FROM segment s WHERE ${overlapsOfAny('$1', '$4', '$2', '$3')} AND s.first >= $2 AND s.last <= $3
             RETURNING points)
           SELECT coalesce(sum(points), 0)::float8 AS points FROM gone`,
    values: rangeValues(range),
  });
  return rows[0]?.points ?? 0;
}

/** Takes the points of a range out of the segments that reach beyond it; returns how many there were. */
export async function cutOut(sql: Sql, range: SeriesRange): Promise<number> {
  const segments = await segmentsIn(sql, range);
  if (segments.length === 0) return 0;
  const kept: Segment[] = [];
  for (const segment of segments) {
    const columns = columnsOf(segment);
    const [begin, end] = [indexOfTime(columns.micros, range.begin), indexAfterTime(columns.micros, range.end)];
    if (begin > 0) kept.push(segmentOf(segment.series, columns, 0, begin));
    if (end < segment.points) kept.push(segmentOf(segment.series, columns, end, segment.points));
  }
  await removeSegments(sql, segments);
  await insertSegments(sql, kept);
  const pointsOf = (all: readonly Segment[]): number => all.reduce((sum, { points }) => sum + points, 0);
  return pointsOf(segments) - pointsOf(kept);
}

/** The segments of a series that begin from `begin` to `end` (exclusive) and reach beyond `after` (micros). */
export async function spansBetween(
  sql: Sql,
  series: number,
  { after, begin, end }: { readonly after: number; readonly begin: number; readonly end: number },
): Promise<PackedSpan[]> {
  const { rows } = await sql.query<PackedSpan>({
    name: 'segment-spans-between',
    text: `SELECT ${microsOf('first')} AS first, row, ${microsOf('last')} AS last, points, octet_length(data) AS bytes
           FROM segment WHERE series = $1 AND first >= $2 AND first < $3 AND last > $4 ORDER BY segment.first`,
    values: [series, ...[begin, end, after].map(timestampOf)],
  });
  return rows;
}

/** The parameters $1 to $4 of a statement about a range: series, begin, end, begin of the chunk. */
export function rangeValues({ series, begin, end, chunkBegin }: SeriesRange): unknown[] {
  return [series, ...[begin, end, chunkBegin].map(timestampOf)];
}

function fromRow<Row extends { readonly data: string }>({ data, ...row }: Row): Omit<Row, 'data'> & { data: Buffer } {
  return { ...row, data: Buffer.from(data, 'base64') };
}

function keyColumns(keys: readonly SegmentKey[]): Buffer[] {
  return [
    int4Array(keys, ({ series }) => series),
    timestampArray(keys, ({ first }) => first),
    int4Array(keys, ({ row }) => row),
  ];
}
