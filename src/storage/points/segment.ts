import { indexAfterTime, indexOfTime, type PointColumns } from './point-columns.js';
import { type PointRun } from './point-slice.js';
import {
  type DecodedColumn,
  decodeDocuments,
  decodeNumbers,
  DOCUMENTS_CODEC,
  encodeDocuments,
  encodeNumbers,
  NUMBERS_CODEC,
  numberAt,
} from './segment-codec.js';

/** The time of the points of a segment, in micros, both ends inclusive. */
export interface SegmentSpan {
  readonly first: number;
  readonly last: number;
}

/** Points of one series, packed: a row of the table `segment`. */
export interface Segment extends SegmentSpan {
  readonly series: number;
  /** The smallest row of its points; 0 where they have none. */
  readonly row: number;
  readonly points: number;
  /** The longest time between two neighbouring points, in micros; 0 for a single point. */
  readonly longestGap: number;
  readonly codec: number;
  readonly data: Buffer;
}

/** Packs the points of the columns from index `begin` to `end` (exclusive), at least one. */
export function segmentOf(series: number, columns: PointColumns, begin: number, end: number): Segment {
  const { micros, rows, values, denominators, documents } = columns;
  const isDocument = documents.length > 0;
  let longestGap = 0;
  for (let index = begin + 1; index < end; index++)
    longestGap = Math.max(longestGap, (micros[index] ?? 0) - (micros[index - 1] ?? 0));
  return {
    series,
    first: micros[begin] ?? 0,
    row: rows ? smallestOf(rows, begin, end) : 0,
    last: micros[end - 1] ?? 0,
    points: end - begin,
    longestGap,
    codec: isDocument ? DOCUMENTS_CODEC : NUMBERS_CODEC,
    data: isDocument
      ? encodeDocuments({ micros, rows, documents }, begin, end)
      : encodeNumbers({ micros, rows, values, ...(denominators.length > 0 && { denominators }) }, begin, end),
  };
}

/** The points of a segment, decoded. Throws a `RangeError` where its bytes are damaged. */
export function packedRun({ codec, data }: Pick<Segment, 'codec' | 'data'>): PointRun {
  const columns = codec === DOCUMENTS_CODEC ? decodeDocuments(data) : decodeNumbers(data);
  return { ...columns, begin: 0, end: columns.micros.length };
}

/** The points of a segment as columns. Throws a `RangeError` where its bytes are damaged. */
export function columnsOf(segment: Pick<Segment, 'codec' | 'data'>): PointColumns {
  const { micros, rows, values, denominators, documents = [] } = packedRun(segment);
  return {
    ...{ micros: [...micros], values: numbersOf(values), denominators: numbersOf(denominators), documents },
    ...(rows && { rows: [...rows] }),
  };
}

function smallestOf(integers: readonly number[], begin: number, end: number): number {
  let smallest = Infinity;
  for (let index = begin; index < end; index++) smallest = Math.min(smallest, integers[index] ?? Infinity);
  return smallest;
}

function numbersOf(column: DecodedColumn | undefined): number[] {
  return column ? Array.from(column.digits, (_, index) => numberAt(column, index)) : [];
}

/** The number of points of a segment from `begin` to `end` (micros, both inclusive). */
export function countBetween(segment: Pick<Segment, 'codec' | 'data'>, begin: number, end: number): number {
  const { micros } = packedRun(segment);
  return indexAfterTime(micros, end) - indexOfTime(micros, begin);
}
