import { Inject, Injectable } from '@nestjs/common';
import { DATA_TYPES } from '../../event-types/data-types.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type StorageEngine } from '../hypertables/engine.js';
import { STORAGE_ENGINE } from '../hypertables/storage-engine.token.js';
import { type LockedSeries, SeriesStore } from '../registry/series-store.js';
import { type RowRange, StreamLedger } from '../sessions/stream-ledger.js';
import { loosePlaces } from './loose-store.js';
import { isBefore, type Place } from './place-order.js';
import { type PointColumns } from './point-columns.js';
import { PointStore } from './point-store.js';
import { RowSet } from './row-set.js';
import { DOCUMENTS_CODEC, NUMBERS_CODEC } from './segment-codec.js';
import { type CheckedSegment, segmentsAfter } from './segment-store.js';
import { columnsOf, segmentOf } from './segment.js';
import { endOfHour } from './stream-hours.js';

/** The segments that one transaction checks. */
const STEP_SEGMENTS = 8;

/** Something that is wrong with the points of a series. */
export interface PointFault {
  /** The begin of the segment, or the time of the point, in micros. */
  readonly micros: number;
  /** What is wrong, in words. */
  readonly what: string;
}

/** What one transaction has found. */
interface CheckedStep {
  readonly faults: PointFault[];
  /** The row numbers of each segment; none but for streams. */
  readonly rows: readonly { readonly micros: number; readonly ofSegment: readonly number[] }[];
  /** Where the next step begins; `undefined` at the end. */
  readonly next: Place | undefined;
}

/** Checks what must always hold of packed points: see docs/storage.md. */
@Injectable()
export class SegmentCheck {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly points: PointStore,
    private readonly ledger: StreamLedger,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /**
   * Checks all segments of a series: that they can be decoded, that their columns tell what they hold, that they lie within
   * one chunk and do not overlap, that none holds a place that is loose, too; and that the series bounds its points. Those
   * of a stream may overlap, and lie within one hour: no row is there twice, and all are taken. It works in steps that
   * each hold the lock of the series for a moment, so it may run beside writers.
   */
  async check(id: number): Promise<PointFault[]> {
    const faults = await this.checkAll(id, (step) => this.db.retrying(step));
    if (!faults.some(({ what }) => what === ROW_TWICE)) return faults;
    // Between two steps rows may have moved to a later segment: within one transaction they can't.
    return this.db.retrying((sql) => this.checkAll(id, (step) => step(sql)));
  }

  private async checkAll(
    id: number,
    run: (step: (sql: Sql) => Promise<CheckedStep>) => Promise<CheckedStep>,
  ): Promise<PointFault[]> {
    const faults: PointFault[] = [];
    const rows = new RowSet();
    for (let after: Place | undefined, isLast = false; !isLast; isLast = after === undefined) {
      const from: Place | undefined = after;
      const step = await run((sql) => this.step(sql, id, from));
      faults.push(...step.faults);
      // Only what was committed counts: a step may run several times.
      for (const { micros, ofSegment } of step.rows)
        if (!ofSegment.map((row) => rows.add(row)).every(Boolean)) faults.push({ micros, what: ROW_TWICE });
      after = step.next;
    }
    return faults;
  }

  /** @param after only segments that come after this place; `undefined` begins with the first. */
  private async step(sql: Sql, id: number, after: Place | undefined): Promise<CheckedStep> {
    const series = await this.series.lockOne(sql, id);
    if (!series) return { faults: [], rows: [], next: undefined };
    const faults = after ? [] : await this.boundFaults(sql, series);
    const rows: CheckedStep['rows'][number][] = [];
    const segments = await segmentsAfter(sql, id, after, STEP_SEGMENTS);
    for (const segment of segments) {
      const micros = segment.first;
      const columns = decoded(segment, series);
      if (typeof columns === 'string') {
        faults.push({ micros, what: columns });
        continue;
      }
      const found = [...this.segmentFaults(segment, columns, series), ...valueFaults(columns)];
      const ofSegment = (series.isStream && columns.rows) || [];
      if (series.isStream && !(await this.ledger.holds(id, rangesOf(ofSegment), sql)))
        found.push('it has row numbers that the stream has not taken');
      faults.push(...found.map((what) => ({ micros, what })));
      rows.push({ micros, ofSegment });
      if (segment.hasLoose) faults.push(...(await placeFaults(sql, id, columns)));
    }
    const last = segments[STEP_SEGMENTS - 1];
    return { faults, rows, next: last && { micros: last.first, row: last.row } };
  }

  private async boundFaults(sql: Sql, { id, first, last }: LockedSeries): Promise<PointFault[]> {
    const extent = await this.points.extent(sql, id);
    if (!extent) return [];
    const faults: PointFault[] = [];
    if (extent.first < (first ?? Infinity))
      faults.push({ micros: extent.first, what: 'the series says that its first point is later' });
    if (extent.last > (last ?? -Infinity))
      faults.push({ micros: extent.last, what: 'the series says that its last point is earlier' });
    return faults;
  }

  private *segmentFaults(
    segment: CheckedSegment,
    columns: PointColumns,
    { isStream }: LockedSeries,
  ): Generator<string, void, undefined> {
    const { micros, rows } = columns;
    const right = segmentOf(segment.series, columns, 0, micros.length);
    for (const [field, column] of HEADER)
      if (segment[field] !== right[field]) yield `its column "${column}" is not what its data say`;
    const places = micros.map((time, index) => ({ micros: time, row: rows?.[index] ?? 0 }));
    if (places.some((place, index) => !isBefore(places[index - 1] ?? BEFORE_ALL, place)))
      yield isStream ? 'its times and row numbers do not ascend' : 'its times do not ascend';
    const { end } = this.engine.boundsOf(this.engine.chunkOf(segment.first));
    if (right.last >= (end ?? Infinity)) yield 'it reaches into another chunk';
    if (isStream && right.last >= endOfHour(right.first)) yield 'it reaches into another hour';
    if (!isStream && (segment.lastBefore ?? -Infinity) >= segment.first) yield 'it overlaps the one before';
  }
}

/** A row number in two segments, or twice in one. */
const ROW_TWICE = 'it has a row number that is there already';

/** The rows of series that are no streams are nanoseconds. */
const NANOS_PER_MICRO = 1000;

const BEFORE_ALL: Place = { micros: -Infinity, row: 0 };

const HEADER = [
  ['first', 'first'],
  ['row', 'row'],
  ['last', 'last'],
  ['points', 'points'],
  ['longestGap', 'longest_gap'],
] as const;

/** The points of a segment, or what is wrong with its bytes. */
function decoded(segment: CheckedSegment, { dataType, isStream }: LockedSeries): PointColumns | string {
  if (segment.codec !== (DATA_TYPES[dataType].isDocument ? DOCUMENTS_CODEC : NUMBERS_CODEC))
    return `its codec is ${segment.codec}, which a series of ${dataType} can't have`;
  try {
    const columns = columnsOf(segment);
    if (isStream && !columns.rows) return 'it lacks row numbers';
    if (!isStream && columns.rows?.some((nanos) => nanos >= NANOS_PER_MICRO)) return 'it has row numbers';
    return columns;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function* valueFaults({ documents }: PointColumns): Generator<string, void, undefined> {
  try {
    for (const document of documents) JSON.parse(document);
  } catch {
    yield 'it holds a document that is no JSON';
  }
}

/** Row numbers as ranges, in ascending order. */
function rangesOf(rows: readonly number[]): RowRange[] {
  const ranges: { begin: number; end: number }[] = [];
  for (const row of rows.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.end === row) last.end++;
    else ranges.push({ begin: row, end: row + 1 });
  }
  return ranges;
}

/** Places that are held twice. */
async function placeFaults(sql: Sql, series: number, columns: PointColumns): Promise<PointFault[]> {
  const places = await loosePlaces(sql, [{ series, columns }]);
  return places.map(({ index }) => ({
    micros: columns.micros[index] ?? 0,
    what: 'the point is stored both loose and in a segment',
  }));
}
