import { type OnConflict, type StoredValue } from '../../event-types/data-types.js';
import { type Sql } from '../../postgres/sql.js';
import { type SeriesRef } from '../registry/series-store.js';
import { loosePlaces } from './loose-store.js';
import { comparePlaces, findPlace, placeAt } from './place-order.js';
import {
  indexOfTime,
  NO_POINTS,
  OpenColumns,
  pick,
  type PointColumns,
  type Replacement,
  isSameValue,
  valueAt,
  withReplaced,
} from './point-columns.js';
import { loadSegments, type SeriesRange, spansOf } from './segment-store.js';
import { columnsOf, type Segment, type SegmentSpan } from './segment.js';

/** Points of one series to store, in the order of their places, each place once. */
export interface SeriesPoints {
  readonly series: SeriesRef;
  /** What to do where the series has a point at this place: skip the new one, or replace the stored one. */
  readonly onConflict: OnConflict;
  readonly columns: PointColumns;
}

/** What a write changes of one series. */
export interface SeriesPlan {
  readonly series: SeriesRef;
  /** The points to insert, but for those that segments get: their places are free. */
  readonly inserted: PointColumns;
  /** The number of points that segments get. */
  readonly joined: number;
  /** Those that replace loose points. */
  readonly replacing: PointColumns;
  /** Segments that get points, or other values: as they were, and all their points as they will be. */
  readonly rewritten: readonly { readonly segment: Segment; readonly columns: PointColumns }[];
  /** All points whose places are free, also those that segments get. */
  readonly added: PointColumns;
  /** All points that are inserted or replace others by another value, in time order. */
  readonly stored: PointColumns;
  /** The former values of those that are replaced. */
  readonly former: PointColumns;
  /** The points whose places have these very values already, and that are skipped. */
  readonly repeated: PointColumns;
  /** The times of the segments that new ones must not overlap, in order. */
  readonly segments: readonly SegmentSpan[];
}

/** The plan for points at places that are known to be free, behind all others of their series. */
export function appended(
  { series, columns }: Pick<SeriesPoints, 'series' | 'columns'>,
  segments: readonly SegmentSpan[] = [],
): SeriesPlan {
  // No spread: as the first thing of a literal it takes 2 µs, for each series of a batch.
  return {
    series,
    inserted: columns,
    joined: 0,
    replacing: NO_POINTS,
    rewritten: [],
    added: columns,
    stored: columns,
    former: NO_POINTS,
    repeated: NO_POINTS,
    segments,
  };
}

/**
 * Looks at the places of points, loose and packed, and plans what a write changes. The caller's transaction holds the
 * locks of the series, so the plans, by the ids of the series, stay true until its end.
 * @param chunkOf the bounds of the chunk that a time (micros) falls into.
 */
export async function plan(
  sql: Sql,
  points: readonly SeriesPoints[],
  chunkOf: (micros: number) => { readonly begin: number; readonly end: number },
): Promise<Map<number, SeriesPlan>> {
  if (points.length === 0) return new Map();
  const [loose, spans] = await Promise.all([
    loosePlaces(
      sql,
      points.map(({ series, columns }) => ({ series: series.id, columns })),
    ),
    spansOf(
      sql,
      points.flatMap((one) => [...rangesOf(one, chunkOf)]),
    ),
  ]);
  const plans = new Map(points.map((one) => [one.series.id, new OpenPlan(one)]));
  for (const span of spans) plans.get(span.series)?.segments.push(span);
  const touched = spans.filter((span) => plans.get(span.series)?.touches(span));
  for (const { asked, index, point } of loose) plans.get(points[asked]?.series.id ?? 0)?.takeLoose(index, point);
  for await (const segment of loadSegments(sql, touched)) plans.get(segment.series)?.takePacked(segment);
  return new Map([...plans].map(([series, open]) => [series, open.close()]));
}

/** The points' ranges of time, one for each chunk that they fall into. */
function* rangesOf(
  { series, columns: { micros } }: SeriesPoints,
  chunkOf: (micros: number) => { readonly begin: number; readonly end: number },
): Generator<SeriesRange> {
  for (let index = 0; index < micros.length;) {
    const begin = micros[index] ?? 0;
    const chunk = chunkOf(begin);
    index = indexOfTime(micros, chunk.end, index);
    yield { series: series.id, begin, end: micros[index - 1] ?? begin, chunkBegin: chunk.begin };
  }
}

/** The plan for one series, as its taken places become known. */
class OpenPlan {
  /** The indexes of the points whose places are taken. */
  private readonly taken = new Set<number>();
  /** Those of them that replace another value. */
  private readonly replacing = new Set<number>();
  /** Those of them that replace a loose point. */
  private readonly overLoose: number[] = [];
  /** The indexes of the points that are joined to a segment. */
  private readonly joined = new Set<number>();
  private readonly former = new OpenColumns();
  /** The indexes of the points that are skipped because they are there. */
  private readonly repeated: number[] = [];
  private readonly rewritten: SeriesPlan['rewritten'][number][] = [];
  /** The segments that overlap the points' ranges, in time order. */
  readonly segments: SegmentSpan[] = [];

  constructor(private readonly points: SeriesPoints) {}

  /** Whether a point lies within the time of a segment. */
  touches({ first, last }: SegmentSpan): boolean {
    const { micros } = this.points.columns;
    return (micros[indexOfTime(micros, first)] ?? Infinity) <= last;
  }

  takeLoose(index: number, former: StoredValue): void {
    if (this.take(index, former)) this.overLoose.push(index);
  }

  takePacked(segment: Segment): void {
    const { columns } = this.points;
    const { micros, rows } = columns;
    const packed = columnsOf(segment);
    const replaced: Replacement[] = [];
    const joined: number[] = [];
    for (let index = indexOfTime(micros, segment.first); index < micros.length; index++) {
      if ((micros[index] ?? 0) > segment.last) break;
      const place = findPlace(packed, placeAt(columns, index));
      // Loose points have no nanoseconds, and segments must not overlap.
      if (place === undefined && rows?.[index]) joined.push(index);
      if (place === undefined) continue;
      if (this.take(index, valueAt(packed, place))) replaced.push({ place, index });
    }
    if (replaced.length === 0 && joined.length === 0) return;
    for (const index of joined) this.joined.add(index);
    const kept = withReplaced(packed, replaced, columns);
    this.rewritten.push({ segment, columns: joined.length > 0 ? together(kept, pick(columns, joined)) : kept });
  }

  close(): SeriesPlan {
    const { series, columns } = this.points;
    const { taken, replacing, joined, rewritten, segments } = this;
    if (taken.size === 0 && joined.size === 0) return appended(this.points, segments);
    const free = [...columns.micros.keys()].filter((index) => !taken.has(index));
    const isSeparate = (index: number): boolean => !joined.has(index);
    const added = pick(columns, free);
    const isStored = (index: number): boolean => !taken.has(index) || replacing.has(index);
    return {
      series,
      inserted: joined.size > 0 ? pick(columns, free.filter(isSeparate)) : added,
      joined: joined.size,
      replacing: pick(columns, this.overLoose),
      rewritten,
      added,
      stored: replacing.size > 0 ? pick(columns, [...columns.micros.keys()].filter(isStored)) : added,
      former: this.former,
      repeated: pick(
        columns,
        this.repeated.sort((a, b) => a - b),
      ),
      segments,
    };
  }

  /** Notes that a point has this value; returns whether it gets another one. */
  private take(index: number, former: StoredValue): boolean {
    this.taken.add(index);
    const { columns, onConflict } = this.points;
    const isSame = isSameValue(valueAt(columns, index), former);
    if (isSame && onConflict === 'skip') this.repeated.push(index);
    if (isSame || onConflict === 'skip') return false;
    this.replacing.add(index);
    this.former.add(columns.micros[index] ?? 0, former);
    return true;
  }
}

/** Points of two sets of columns, none of whose places are in both, in the order of places. */
function together(some: PointColumns, others: PointColumns): PointColumns {
  const all = new OpenColumns();
  all.append(some);
  all.append(others);
  return pick(all, [...all.micros.keys()].sort(comparePlaces(all)));
}
