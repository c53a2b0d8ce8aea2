import { type PointColumns } from './point-columns.js';
import { MAX_SEGMENT_POINTS } from './segment-codec.js';
import { type Segment, segmentOf, type SegmentSpan } from './segment.js';

/** The documents of a segment have so many characters at most, where it has more than one point. */
const MAX_DOCUMENT_CHARACTERS = 1024 ** 2;

/** Neighbouring points, by their indexes: from `begin` to `end` (exclusive). */
export interface Stretch {
  readonly begin: number;
  readonly end: number;
  /** Whether it lies within the time of a segment that is there, so that it can't become one. */
  readonly isInside: boolean;
}

/**
 * Cuts points in time order into the longest stretches that may each become a segment: within one chunk and the bounds of
 * a segment, and either between two segments that are there or within one of them.
 * @param chunkEnd the end (micros, exclusive) of the chunk that a time falls into.
 * @param segments the segments that are there, in time order.
 * @param most the number of points in a stretch at most.
 */
export function* cut(
  { micros, documents }: PointColumns,
  chunkEnd: (micros: number) => number,
  segments: readonly SegmentSpan[] = [],
  most = MAX_SEGMENT_POINTS,
): Generator<Stretch, void, undefined> {
  let next = 0;
  for (let begin = 0; begin < micros.length;) {
    const time = micros[begin] ?? 0;
    while (next < segments.length && (segments[next]?.first ?? 0) < time) next++;
    const reached = segments[next - 1]?.last ?? -Infinity;
    const isInside = time <= reached;
    const bound = Math.min(chunkEnd(time), isInside ? reached : (segments[next]?.first ?? Infinity));
    const latest = Math.min(micros.length, begin + most);
    let end = begin + 1;
    let characters = documents[begin]?.length ?? 0;
    for (; end < latest && (micros[end] ?? 0) < bound; end++) {
      characters += documents[end]?.length ?? 0;
      if (characters > MAX_DOCUMENT_CHARACTERS) break;
    }
    yield { begin, end, isInside };
    begin = end;
  }
}

/**
 * All points as segments, in time order; they lie where no other segment is.
 * @param chunkEnd see `cut`.
 * @param most the number of points in a segment at most.
 */
export function segmentsOf(
  series: number,
  columns: PointColumns,
  chunkEnd: (micros: number) => number,
  most?: number,
): Segment[] {
  return [...cut(columns, chunkEnd, [], most)].map(({ begin, end }) => segmentOf(series, columns, begin, end));
}
