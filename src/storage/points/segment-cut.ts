import { indexAfterTime, indexOfTime, type PointColumns } from './point-columns.js';
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

/** Where points are cut. */
export interface CutRules {
  /** The end (micros, exclusive) of the chunk that a time falls into. */
  readonly chunkEnd: (micros: number) => number;
  /** The segments that are there, in time order; none unless given. */
  readonly segments?: readonly SegmentSpan[];
  /** The number of points in a stretch at most; as many as a segment has unless given. */
  readonly most?: number;
  /** Whether points of one time may come into several stretches: segments of streams may overlap. */
  readonly isStream?: boolean;
}

/**
 * Cuts points in the order of places into the longest stretches that may each become a segment: within one chunk and the
 * bounds of a segment, and either between two segments that are there or within one of them. Only those of streams may
 * divide a microsecond.
 */
export function* cut(
  { micros, documents }: PointColumns,
  { chunkEnd, segments = [], most = MAX_SEGMENT_POINTS, isStream = false }: CutRules,
): Generator<Stretch, void, undefined> {
  let next = 0;
  for (let begin = 0; begin < micros.length;) {
    const time = micros[begin] ?? 0;
    while (next < segments.length && (segments[next]?.first ?? 0) <= time) next++;
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
    if (!isStream) end = endOfMicro(micros, begin, end);
    yield { begin, end, isInside };
    begin = end;
  }
}

/**
 * The nearest index to `end` that has not the time of the point before it: the one before if there is one behind `begin`,
 * else the one after, which is less than a thousand points away.
 */
function endOfMicro(micros: readonly number[], begin: number, end: number): number {
  const time = micros[end];
  if (time !== micros[end - 1]) return end;
  if (time === micros[begin]) return indexAfterTime(micros, time ?? 0, end);
  return indexOfTime(micros, time ?? 0, begin, end);
}

/** All points as segments, in the order of places; they lie where no other segment is. */
export function segmentsOf(series: number, columns: PointColumns, rules: CutRules): Segment[] {
  return [...cut(columns, rules)].map(({ begin, end }) => segmentOf(series, columns, begin, end));
}
