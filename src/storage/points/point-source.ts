import { DATA_TYPES, type DataTypeName } from '../../event-types/data-types.js';
import { type OrderedRange, type RowSource } from '../../postgres/row-source.js';
import { type Sql } from '../../postgres/sql.js';
import { looseResult, looseRun } from './loose-run.js';
import { pagedSource } from './paged-source.js';
import { merged, type PointRun, PointSlice, reversed, within } from './point-slice.js';
import { MAX_SEGMENT_POINTS } from './segment-codec.js';
import { overlaps, rangeValues } from './segment-store.js';
import { packedRun } from './segment.js';

/** Which points of a series to read. */
export interface PointRange extends OrderedRange {
  readonly series: number;
  readonly dataType: DataTypeName;
  /** Whether the series is a stream: its points have row numbers, and are read in the order of (time, row number). */
  readonly isStream: boolean;
}

/** What one statement fetches at most: memory stays flat, and no statement holds its snapshot for long. */
const MAX_SEGMENTS = 64;
const MAX_LOOSE_POINTS = 10_000;
const MAX_BYTES = 4 * 1024 ** 2;

/** Documents can be large: the first ones are few, until it is known how large they are. */
const FIRST_DOCUMENTS = 16;

/** Segments can be short, or hold large documents: the first ones are few, too. */
const FIRST_SEGMENTS = 8;
const FIRST_DOCUMENT_SEGMENTS = 2;

/** How many points, and how many segments, more than the last time. */
const GROWTH = 16;
const SEGMENT_GROWTH = 4;

/** The part of a range that is read next; `isAfter` leaves its first time (descending: its last) out. */
interface Rest {
  readonly begin: number;
  readonly end: number;
  readonly isAfter: boolean;
}

/** What one statement has fetched, and what is left. */
interface Fetched {
  readonly slice: PointSlice;
  /** All points of the segments that were fetched. */
  readonly packed: PointSlice;
  readonly rest: Rest | undefined;
}

/** What a statement fetches at most. */
interface Most {
  readonly segments: number;
  readonly loose: number;
}

/**
 * The points of a range of a series that is no stream, in its order, loose and packed. Each statement has its own
 * snapshot and reads both, so that a point that is packed meanwhile is read once.
 * @param chunkBegin the begin of the chunk that a time (micros) falls into; −Infinity where it has none.
 * @param count the number of points of the range.
 */
export function pointSource(
  sql: Sql,
  range: PointRange,
  chunkBegin: (micros: number) => number,
  count: () => Promise<number>,
): RowSource<PointSlice> {
  return pagedSource((most) => read(sql, range, chunkBegin, most), count);
}

/** Reads `most` points of a range, or some more, in one slice for each statement. */
async function* read(
  sql: Sql,
  range: PointRange,
  chunkBegin: (micros: number) => number,
  most: number,
): AsyncGenerator<PointSlice, undefined, undefined> {
  let missing = most;
  let rest: Rest | undefined = { begin: range.begin, end: range.end, isAfter: false };
  const { isDocument } = DATA_TYPES[range.dataType];
  let loose = isDocument ? FIRST_DOCUMENTS : MAX_LOOSE_POINTS;
  let segments = isDocument ? FIRST_DOCUMENT_SEGMENTS : FIRST_SEGMENTS;
  let pointsOfSegment = MAX_SEGMENT_POINTS;
  while (rest) {
    const fetched: Fetched = await fetch(sql, range, rest, chunkBegin, {
      loose: Math.min(missing, loose),
      // The first one may end before most of the range begins.
      segments: Math.min(1 + Math.ceil(missing / pointsOfSegment), segments),
    });
    ({ rest } = fetched);
    yield fetched.slice;
    const { length } = fetched.slice;
    missing -= length;
    if (length > 0) loose = Math.min(fitting(length, fetched.slice), loose * GROWTH, MAX_LOOSE_POINTS);
    const { runs } = fetched.packed;
    if (runs.length === 0) continue;
    segments = Math.min(fitting(runs.length, fetched.packed), segments * SEGMENT_GROWTH, MAX_SEGMENTS);
    pointsOfSegment = fetched.packed.length / runs.length;
  }
}

/** How many parts like those of a slice one statement may fetch. */
function fitting(parts: number, { size }: PointSlice): number {
  return Math.max(1, Math.floor((parts * MAX_BYTES) / Math.max(size, 1)));
}

async function fetch(
  sql: Sql,
  { series, dataType, descending }: PointRange,
  rest: Rest,
  chunkBegin: (micros: number) => number,
  most: Most,
): Promise<Fetched> {
  const { rows } = await sql.query<[codec: number, micros: number | null, data: string | null]>({
    name: `points-${dataType}-${descending ? 'down' : 'up'}${rest.isAfter ? '-next' : ''}`,
    text: statement(dataType, descending, rest.isAfter),
    values: [
      ...rangeValues({ series, begin: rest.begin, end: rest.end, chunkBegin: chunkBegin(rest.begin) }),
      ...[most.segments, most.loose],
    ],
    rowMode: 'array',
  });
  const segments = rows.flatMap(([codec, , data]) =>
    codec > 0 ? [packedRun({ codec, data: Buffer.from(data ?? '', 'base64') })] : [],
  );
  let loose = looseRun(
    dataType,
    rows.flatMap(([codec, micros, data]) => (codec > 0 ? [] : [[micros, data] as const])),
  );
  if (descending) {
    segments.reverse();
    loose = reversed([loose])[0] ?? loose;
  }
  // What lies behind the last thing that was fetched may not have been: the next statement begins there.
  const ends: number[] = [];
  if (segments.length === most.segments) ends.push(outermost(segments, descending));
  if (loose.end === most.loose) ends.push(outermost([loose], descending));
  const bound = descending ? Math.max(rest.begin, ...ends) : Math.min(rest.end, ...ends);
  const [begin, end] = descending ? [bound, rest.end] : [rest.begin, bound];
  const isLast = ends.length === 0 || bound === (descending ? rest.begin : rest.end);
  if (!isLast && rest.isAfter && bound === (descending ? rest.end : rest.begin))
    throw new RangeError(`a segment of series ${series} does not hold what its columns say: see "marigram verify"`);
  const trimmed = segments.map((run) => within(run, begin, end));
  const runs = merged(trimmed, within(loose, begin, end));
  // The first statement of all has no time to leave out.
  const slice = new PointSlice(descending ? reversed(runs) : runs);
  let done = 0;
  if (rest.isAfter) while (slice.at(done)?.micros === (descending ? rest.end : rest.begin)) done++;
  return {
    slice: done > 0 ? slice.slice(done, slice.length) : slice,
    packed: new PointSlice(segments),
    rest: isLast
      ? undefined
      : { begin: descending ? rest.begin : end, end: descending ? begin : rest.end, isAfter: true },
  };
}

/** The last time of runs in time order; descending: the first one. */
function outermost(runs: readonly PointRun[], descending: boolean): number {
  const run = descending ? runs[0] : runs.at(-1);
  return run?.micros[descending ? run.begin : run.end - 1] ?? 0;
}

/**
 * Segments and loose points of $1 from $2 to $3, in the chunk that begins at $4 or later: at most $5 segments, and at
 * most $6 loose points in the time up to the last of these.
 */
function statement(dataType: DataTypeName, descending: boolean, isAfter: boolean): string {
  const order = descending ? 'DESC' : 'ASC';
  const reached = (time: string, otherwise: string): string =>
    `(SELECT CASE WHEN count(*) = $5 THEN ${time} ELSE ${otherwise} END FROM packed)`;
  // Both bounds of the range stand there in any case: plans leave out chunks by what is known before they run. The third
  // one is a plain comparison, so that no scan of an index reads on behind it.
  const bounds = descending
    ? [`ts <${isAfter ? '' : '='} $3`, `ts >= $2`, `ts >= ${reached('min(first)', '$2')}`]
    : [`ts >${isAfter ? '' : '='} $2`, `ts <= $3`, `ts <= ${reached('max(last)', '$3')}`];
  const isNext = !isAfter ? '' : descending ? 'AND s.first < $3' : 'AND s.last > $2';
  return `
    WITH packed AS (
      SELECT s.codec, s.first, s.last, s.data FROM segment s
      WHERE ${overlaps('$1', '$4', '$2', '$3')} ${isNext} ORDER BY s.first ${order} LIMIT $5
    ), loose AS (
      SELECT ts, value, denominator, document FROM point
      WHERE series = $1 AND ${bounds.join(' AND ')} ORDER BY ts ${order} LIMIT $6
    )
    SELECT codec, NULL::float8, encode(data, 'base64') FROM packed
    UNION ALL
    SELECT 0, l.* FROM (${looseResult(dataType)}) l`;
}
