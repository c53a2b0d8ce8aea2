import { type Sql } from '../../postgres/sql.js';
import { insertLoose, type PointsOfSeries, replaceLoose } from './loose-store.js';
import { OpenColumns, slice } from './point-columns.js';
import { cut, segmentsOf } from './segment-cut.js';
import { insertSegments, removeSegments } from './segment-store.js';
import { type Segment, segmentOf } from './segment.js';
import { endOfHour } from './stream-hours.js';
import { type SeriesPlan } from './write-plan.js';

/** So many neighbouring points become a segment; fewer are loose rows, until the packer takes them. */
const MIN_WRITTEN_POINTS = 32;

/**
 * Sends the statements that carry out plans, all of them before it returns; returns the results to come. Fails with
 * SQLSTATE 23505 where a place is not as it was planned.
 * @param chunkEnd the end (micros, exclusive) of the chunk that a time falls into.
 */
export function carryOut(
  sql: Sql,
  plans: readonly SeriesPlan[],
  chunkEnd: (micros: number) => number,
): Promise<unknown>[] {
  const segments: Segment[] = [];
  const loose: PointsOfSeries[] = [];
  for (const plan of plans) {
    const { id } = plan.series;
    for (const { columns } of plan.rewritten) segments.push(...segmentsOf(id, columns, { chunkEnd }));
    divide(plan, chunkEnd, segments, loose);
  }
  const rewritten = plans.flatMap(({ rewritten: ofSeries }) => ofSeries.map(({ segment }) => segment));
  const replacing = plans.flatMap(({ series, replacing: columns }) =>
    columns.micros.length > 0 ? [{ series: series.id, columns }] : [],
  );
  return [
    ...(rewritten.length > 0 ? [removeSegments(sql, rewritten)] : []),
    ...(segments.length > 0 ? [insertSegments(sql, segments)] : []),
    ...(loose.length > 0 ? [insertLoose(sql, loose)] : []),
    ...(replacing.length > 0 ? [replaceLoose(sql, replacing)] : []),
  ];
}

/**
 * Makes segments of long stretches of the inserted points, and loose rows of the others. Points of streams, and those with
 * nanoseconds, become segments only.
 */
function divide(
  { series, inserted, segments: there }: SeriesPlan,
  chunkEnd: (micros: number) => number,
  segments: Segment[],
  loose: PointsOfSeries[],
): void {
  if (series.isStream) {
    const hourEnd = (micros: number): number => Math.min(chunkEnd(micros), endOfHour(micros));
    segments.push(...segmentsOf(series.id, inserted, { chunkEnd: hourEnd, isStream: true }));
    return;
  }
  const size = inserted.micros.length;
  const least = inserted.rows ? 1 : MIN_WRITTEN_POINTS;
  if (size < least) {
    if (size > 0) loose.push({ series: series.id, columns: inserted });
    return;
  }
  const rest = new OpenColumns();
  for (const { begin, end, isInside } of cut(inserted, { chunkEnd, segments: there }))
    if (!isInside && end - begin >= least) segments.push(segmentOf(series.id, inserted, begin, end));
    else rest.append(slice(inserted, begin, end));
  if (rest.micros.length > 0) loose.push({ series: series.id, columns: rest });
}
