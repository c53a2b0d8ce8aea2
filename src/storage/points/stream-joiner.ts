import { type Sql } from '../../postgres/sql.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { inPlaceOrder, type Place } from './place-order.js';
import { OpenColumns } from './point-columns.js';
import { type PointRun, PointSlice } from './point-slice.js';
import { MAX_SEGMENT_POINTS } from './segment-codec.js';
import { segmentsOf } from './segment-cut.js';
import { IS_SMALL, type PackedSpan } from './segment-runs.js';
import { insertSegments, loadSegments, removeSegments } from './segment-store.js';
import { packedRun } from './segment.js';
import { beginOfHour, endOfHour } from './stream-hours.js';

/** The segments that one transaction joins. */
const STEP_SEGMENTS = 4096;

/** The points and bytes of segments that are in memory at a time, roughly. */
const GROUP_POINTS = 8 * MAX_SEGMENT_POINTS;
const GROUP_BYTES = 8 * 1024 ** 2;

/** Small segments of a stream that lie in a range of time (micros), `end` exclusive. */
export interface SmallSegments {
  readonly series: number;
  readonly begin: number;
  readonly end: number;
}

/**
 * Joins small segments of a stream that lie in one hour, inside the caller's transaction, which holds the lock of the
 * series.
 * @param after only segments that begin after this time and row; `undefined` begins with the first.
 * Returns where the next step begins; `undefined` at the end.
 */
export async function joinSmall(
  sql: Sql,
  { series, begin, end }: SmallSegments,
  after: Place | undefined,
): Promise<Place | undefined> {
  const { rows } = await sql.query<PackedSpan>({
    name: 'stream-small',
    text: `SELECT ${microsOf('s.first')} AS first, s.row, ${microsOf('s.last')} AS last, s.points,
                  octet_length(s.data) AS bytes
           FROM segment s WHERE s.series = $1 AND s.first >= $2 AND s.last < $3 AND s.first < $3
             AND (s.first, s.row) > ($4, $5) AND ${IS_SMALL}
           ORDER BY s.first, s.row LIMIT ${STEP_SEGMENTS}`,
    values: [series, ...[begin, end, after?.micros ?? -Infinity].map(timestampOf), after?.row ?? -1],
  });
  for (const group of groupsOf(rows)) if (group.length > 1) await join(sql, series, group);
  const last = rows[STEP_SEGMENTS - 1];
  return last && { micros: last.first, row: last.row };
}

/** Segments of one hour, as many as are joined at a time. */
function* groupsOf(spans: readonly PackedSpan[]): Generator<readonly PackedSpan[]> {
  let group: PackedSpan[] = [];
  let [points, bytes] = [0, 0];
  for (const span of spans) {
    const isSameHour = beginOfHour(span.first) === beginOfHour(group[0]?.first ?? NaN);
    if (!isSameHour || points >= GROUP_POINTS || bytes >= GROUP_BYTES) {
      yield group;
      [group, points, bytes] = [[], 0, 0];
    }
    group.push(span);
    points += span.points;
    bytes += span.bytes;
  }
  yield group;
}

async function join(sql: Sql, series: number, spans: readonly PackedSpan[]): Promise<void> {
  const keys = spans.map(({ first, row, bytes }) => ({ series, first, row, bytes }));
  const runs: PointRun[] = [];
  for await (const segment of loadSegments(sql, keys)) runs.push(packedRun(segment));
  const columns = new OpenColumns();
  for (const point of new PointSlice(inPlaceOrder(runs))) columns.add(point.micros, point, point.row);
  const size = columns.micros.length;
  const most = Math.ceil(size / Math.ceil(size / MAX_SEGMENT_POINTS));
  await removeSegments(sql, keys);
  await insertSegments(sql, segmentsOf(series, columns, { chunkEnd: endOfHour, most, isStream: true }));
}
