import { DATA_TYPES, type DataTypeName } from '../../event-types/data-types.js';
import { int4Array, timestampArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { type Extent } from '../registry/series-store.js';
import { indexAfterTime, indexOfTime } from './point-columns.js';
import { type Point, PointSlice } from './point-slice.js';
import { packedRun } from './segment.js';

/** The newest point of a series. */
export interface NewestPoint extends Point {
  /** The median of the times between the newest points, in micros; `null` where there is one point only. */
  readonly cadence: number | null;
}

/** The number of newest points that a cadence is computed from. */
export const CADENCE_POINTS = 10;

/** The series of documents that one statement looks at: it may fetch a few MiB of each. */
const DOCUMENT_SERIES = 16;

/** A series with the times (micros) of its first and last point. */
export interface SeriesWithExtent extends Extent {
  readonly id: number;
  readonly dataType: DataTypeName;
  readonly isStream: boolean;
}

/** What may hold the newest points of a series, and the times (micros) between which they lie. */
interface NewestRow extends Extent {
  readonly id: number;
  /** The document of the last point only. */
  readonly loose: readonly [
    micros: number,
    value: number | null,
    denominator: number | null,
    document: string | null,
  ][];
  /** No data of a segment that has a single point, which is not the last one. */
  readonly packed: readonly [codec: number, first: number, data: string | null][];
}

/** See `PointStore.newest`; of series that are no streams. */
export async function newestPoints(sql: Sql, series: readonly SeriesWithExtent[]): Promise<Map<number, NewestPoint>> {
  const documents = series.filter(({ dataType }) => DATA_TYPES[dataType].isDocument);
  const parts = [series.filter(({ dataType }) => !DATA_TYPES[dataType].isDocument)];
  for (let at = 0; at < documents.length; at += DOCUMENT_SERIES) parts.push(documents.slice(at, at + DOCUMENT_SERIES));
  const newest = new Map<number, NewestPoint>();
  for (const part of parts)
    for (const row of part.length > 0 ? await newestRows(sql, part) : []) {
      const point = newestOf(row);
      if (point) newest.set(row.id, point);
    }
  return newest;
}

async function newestRows(sql: Sql, series: readonly SeriesWithExtent[]): Promise<NewestRow[]> {
  const { rows } = await sql.query<NewestRow>({
    name: 'point-newest',
    text: `SELECT id, ${microsOf('wanted.first')} AS first, ${microsOf('wanted.last')} AS last,
                  coalesce(l.points, '[]') AS loose, coalesce(p.segments, '[]') AS packed
           FROM unnest($1::int4[], $2::timestamptz[], $3::timestamptz[]) AS wanted (id, first, last)
           CROSS JOIN LATERAL (
             SELECT json_agg(json_build_array(${microsOf('ts')}, value, denominator,
                                              CASE WHEN ts = wanted.last THEN document::text END)) AS points,
                    CASE WHEN count(*) = ${CADENCE_POINTS} THEN min(ts) END AS oldest
             FROM (SELECT * FROM point WHERE series = id AND ts BETWEEN wanted.first AND wanted.last
                   ORDER BY ts DESC LIMIT ${CADENCE_POINTS}) newest) l
           CROSS JOIN LATERAL (
             SELECT json_agg(json_build_array(codec, ${microsOf('s.first')},
                                              CASE WHEN points > 1 OR s.first = wanted.last
                                                THEN encode(data, 'base64') END)) AS segments
             FROM (SELECT codec, data, first, last, points, sum(points) OVER (ORDER BY first DESC) - points AS newer
                   FROM (SELECT * FROM segment WHERE series = id AND first <= wanted.last
                         ORDER BY first DESC LIMIT ${CADENCE_POINTS}) s) s
             WHERE newer < ${CADENCE_POINTS} AND s.last >= coalesce(l.oldest, wanted.first)) p`,
    values: [
      int4Array(series, ({ id }) => id),
      timestampArray(series, ({ first }) => first),
      timestampArray(series, ({ last }) => last),
    ],
  });
  return rows;
}

function newestOf({ first, last, loose, packed }: NewestRow): NewestPoint | undefined {
  const points = loose.map(([micros, value, denominator, document]): Point => ({
    micros,
    value,
    denominator,
    document,
  }));
  for (const [codec, micros, data] of packed) {
    if (data === null) {
      if (micros >= first) points.push({ micros, value: null, denominator: null, document: null });
      continue;
    }
    const run = packedRun({ codec, data: Buffer.from(data, 'base64') });
    // Younger ones may have been packed together with the last one since that was looked up.
    const end = indexAfterTime(run.micros, last);
    const begin = Math.max(indexOfTime(run.micros, first), end - CADENCE_POINTS);
    points.push(...new PointSlice([{ ...run, begin, end }]));
  }
  const newest = points.sort((a, b) => b.micros - a.micros || (b.row ?? 0) - (a.row ?? 0)).slice(0, CADENCE_POINTS);
  return newest[0]?.micros === last ? withCadence(newest) : undefined;
}

/** The first of the newest points of a series, which are in descending order; `undefined` where there is none. */
export function withCadence(newest: readonly Point[]): NewestPoint | undefined {
  const gaps = newest.slice(1).map(({ micros }, index) => (newest[index]?.micros ?? 0) - micros);
  const [point] = newest;
  return point && { ...point, cadence: median(gaps) };
}

/** The lower one of the two in the middle, where there are two; `null` of nothing. */
function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? null;
}
