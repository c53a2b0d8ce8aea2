import { Inject, Injectable } from '@nestjs/common';
import { DATA_TYPES } from '../../event-types/data-types.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { type StorageEngine } from '../hypertables/engine.js';
import { STORAGE_ENGINE } from '../hypertables/storage-engine.token.js';
import { type LockedSeries, SeriesStore } from '../registry/series-store.js';
import { loosePlaces } from './loose-store.js';
import { type PointColumns } from './point-columns.js';
import { PointStore } from './point-store.js';
import { DOCUMENTS_CODEC, NUMBERS_CODEC } from './segment-codec.js';
import { type CheckedSegment, segmentsAfter } from './segment-store.js';
import { columnsOf, segmentOf } from './segment.js';

/** The segments that one transaction checks. */
const STEP_SEGMENTS = 8;

/** Something that is wrong with the points of a series. */
export interface PointFault {
  /** The begin of the segment, or the time of the point, in micros. */
  readonly micros: number;
  /** What is wrong, in words. */
  readonly what: string;
}

/** Checks what must always hold of packed points: see docs/storage.md. */
@Injectable()
export class SegmentCheck {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly points: PointStore,
    @Inject(STORAGE_ENGINE) private readonly engine: StorageEngine,
  ) {}

  /**
   * Checks all segments of a series: that they can be decoded, that their columns tell what they hold, that they lie within
   * one chunk and do not overlap, that none holds a place that is loose, too; and that the series bounds its points. It
   * works in steps that each hold the lock of the series for a moment, so it may run beside writers.
   */
  async check(id: number): Promise<PointFault[]> {
    const faults: PointFault[] = [];
    for (let after: number | undefined = -Infinity; after !== undefined;) {
      const from: number = after;
      const step = await this.db.retrying((sql) => this.step(sql, id, from));
      faults.push(...step.faults);
      after = step.next;
    }
    return faults;
  }

  /** @param after only segments that begin after this time (micros). */
  private async step(sql: Sql, id: number, after: number): Promise<{ faults: PointFault[]; next: number | undefined }> {
    const series = await this.series.lockOne(sql, id);
    if (!series) return { faults: [], next: undefined };
    const faults = after === -Infinity ? await this.boundFaults(sql, series) : [];
    const segments = await segmentsAfter(sql, id, after, STEP_SEGMENTS);
    for (const segment of segments) {
      const columns = decoded(segment, series);
      const found =
        typeof columns === 'string' ? [columns] : [...this.segmentFaults(segment, columns), ...valueFaults(columns)];
      faults.push(...found.map((what) => ({ micros: segment.first, what })));
      if (typeof columns !== 'string' && segment.hasLoose) faults.push(...(await placeFaults(sql, id, columns)));
    }
    return { faults, next: segments.length < STEP_SEGMENTS ? undefined : segments.at(-1)?.first };
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

  private *segmentFaults(segment: CheckedSegment, columns: PointColumns): Generator<string, void, undefined> {
    const { micros } = columns;
    const right = segmentOf(segment.series, columns, 0, micros.length);
    for (const [field, column] of HEADER)
      if (segment[field] !== right[field]) yield `its column "${column}" is not what its data say`;
    if (micros.some((time, index) => time <= (micros[index - 1] ?? -Infinity))) yield 'its times do not ascend';
    const { end } = this.engine.boundsOf(this.engine.chunkOf(segment.first));
    if (right.last >= (end ?? Infinity)) yield 'it reaches into another chunk';
    if ((segment.lastBefore ?? -Infinity) >= segment.first) yield 'it overlaps the one before';
  }
}

const HEADER = [
  ['first', 'first'],
  ['last', 'last'],
  ['points', 'points'],
  ['longestGap', 'longest_gap'],
] as const;

/** The points of a segment, or what is wrong with its bytes. */
function decoded(segment: CheckedSegment, { dataType }: LockedSeries): PointColumns | string {
  if (segment.codec !== (DATA_TYPES[dataType].isDocument ? DOCUMENTS_CODEC : NUMBERS_CODEC))
    return `its codec is ${segment.codec}, which a series of ${dataType} can't have`;
  try {
    return columnsOf(segment);
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

/** Places that are held twice. */
async function placeFaults(sql: Sql, series: number, columns: PointColumns): Promise<PointFault[]> {
  const places = await loosePlaces(sql, [{ series, columns }]);
  return places.map(({ index }) => ({
    micros: columns.micros[index] ?? 0,
    what: 'the point is stored both loose and in a segment',
  }));
}
