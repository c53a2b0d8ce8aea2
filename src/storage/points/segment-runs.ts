import { indexAfterTime, indexOfTime } from './point-columns.js';
import { type PointRun } from './point-slice.js';
import { MAX_SEGMENT_POINTS } from './segment-codec.js';
import { type SegmentSpan } from './segment.js';

/** A segment is small, and is joined with its neighbours, while it has fewer points and fewer bytes than these. */
const SMALL_POINTS = MAX_SEGMENT_POINTS / 2;
const SMALL_BYTES = 512 * 1024;

/** An SQL condition: a segment is small. */
export const IS_SMALL = `points < ${SMALL_POINTS} AND octet_length(data) < ${SMALL_BYTES}`;

/** The segments of a run have so many points and so many bytes, roughly: all are in memory at a time. */
const RUN_POINTS = 8 * MAX_SEGMENT_POINTS;
const RUN_BYTES = 8 * 1024 ** 2;

/** The time and the size of a segment. */
export interface PackedSpan extends SegmentSpan {
  /** As in the key of the segment. */
  readonly row: number;
  readonly points: number;
  readonly bytes: number;
}

/** Neighbours that become new segments: segments, and the loose points between and within them. */
export interface RunToPack {
  readonly segments: readonly PackedSpan[];
  /** The loose points, by their indexes; `end` is exclusive. */
  readonly begin: number;
  readonly end: number;
  /** The time (micros) of the last point. */
  readonly last: number;
  /** The length of the segments in bytes. */
  readonly bytes: number;
}

/**
 * Finds what is to be packed: loose points with the segments that they lie in, and small segments that have a neighbour to
 * be joined with. Large segments without a loose point stay as they are.
 * @param spans all segments of a series in some range, in time order.
 * @param loose its loose points there.
 */
export function* runsToPack(
  spans: readonly PackedSpan[],
  { micros, begin: first, end }: PointRun,
): Generator<RunToPack, void, undefined> {
  let segments: PackedSpan[] = [];
  let [begin, next, points, bytes] = [first, first, 0, 0];
  const run = (): RunToPack[] => {
    const last = Math.max(segments.at(-1)?.last ?? -Infinity, next > begin ? (micros[next - 1] ?? 0) : -Infinity);
    return begin < next || segments.length > 1 ? [{ segments, begin, end: next, last, bytes }] : [];
  };
  for (const span of spans) {
    const before = indexOfTime(micros, span.first, next, end);
    const inside = indexAfterTime(micros, span.last, before, end);
    next = before;
    const isPacked = inside === before && !(span.points < SMALL_POINTS && span.bytes < SMALL_BYTES);
    if (isPacked || points > RUN_POINTS || bytes > RUN_BYTES) {
      yield* run();
      [segments, begin, points, bytes] = [[], next, 0, 0];
    }
    if (isPacked) continue;
    segments.push(span);
    next = inside;
    points += span.points;
    bytes += span.bytes;
  }
  next = end;
  yield* run();
}
