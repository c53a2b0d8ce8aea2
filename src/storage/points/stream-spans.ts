import { int4Array, textArray, timestampArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Place } from './place-order.js';
import { type Segment, type SegmentSpan } from './segment.js';
import { beginOfHour, beginOfHourSql } from './stream-hours.js';

/** A segment of a stream that is there, without its data. */
export interface StreamSpan extends SegmentSpan {
  readonly row: number;
  readonly points: number;
  readonly bytes: number;
  /** Changes when the segment is replaced by another one. */
  readonly version: string;
}

/** Larger than every row number. */
const NO_ROW = 2 ** 31;

const SELECTED = `${microsOf('s.first')} AS first, s.row, ${microsOf('s.last')} AS last, s.points,
  octet_length(s.data) AS bytes, s.xmin::text AS version`;

/** A part of a stream, from `begin` (inclusive) to `end` (exclusive). */
export interface StreamRange {
  readonly series: number;
  readonly begin: Place;
  readonly end: Place;
  /** The begin of the chunk that `begin` falls into; −Infinity where it has none. */
  readonly chunkBegin: number;
}

/**
 * The segments of a stream that may have points in a range, in the order of (first time, row). Descending: only those of
 * the last hour that has any, in the reverse order of their last times.
 * @param most how many at most.
 */
export async function streamSpans(
  sql: Sql,
  { series, begin, end, chunkBegin }: StreamRange,
  descending: boolean,
  most: number,
): Promise<StreamSpan[]> {
  // The bounds of `first` alone stand there, too: plans leave out chunks by what is known before they run.
  const overlapping = `FROM segment s WHERE s.series = $1 AND s.first >= $4 AND s.first >= $5 AND s.first <= $3
    AND (s.first, s.row) < ($3, $6::int8)`;
  const { rows } = await sql.query<StreamSpan>({
    name: `stream-spans-${descending ? 'down' : 'up'}`,
    text: descending
      ? `SELECT ${SELECTED} ${overlapping} AND s.last >= $2
           AND s.first >= ${beginOfHourSql(`(SELECT s.first ${overlapping} ORDER BY s.first DESC LIMIT 1)`)}
         ORDER BY s.last DESC LIMIT $7`
      : `SELECT ${SELECTED} ${overlapping} AND s.last >= $2 ORDER BY s.first, s.row LIMIT $7`,
    values: [
      series,
      ...[begin.micros, end.micros, chunkBegin, beginOfHour(begin.micros)].map(timestampOf),
      ...[Math.min(end.row, NO_ROW), most],
    ],
  });
  return rows;
}

/** These segments, in no particular order; `undefined` where one of them has changed since it was listed. */
export async function loadVersions(
  sql: Sql,
  series: number,
  spans: readonly StreamSpan[],
): Promise<Pick<Segment, 'codec' | 'data'>[] | undefined> {
  const { rows } = await sql.query<[codec: number, data: string]>({
    name: 'stream-load',
    text: `SELECT s.codec, encode(s.data, 'base64')
           FROM unnest($2::timestamptz[], $3::int4[], $4::text[]) AS wanted (first, row, version)
           JOIN segment s ON s.series = $1 AND s.first = wanted.first AND s.row = wanted.row
             AND s.xmin::text = wanted.version`,
    values: [
      series,
      timestampArray(spans, ({ first }) => first),
      int4Array(spans, ({ row }) => row),
      textArray(spans, ({ version }) => version),
    ],
    rowMode: 'array',
  });
  if (rows.length < spans.length) return undefined;
  return rows.map(([codec, data]) => ({ codec, data: Buffer.from(data, 'base64') }));
}
