import { type PointColumns } from '../points/point-columns.js';
import { type SeriesRef } from '../registry/series-store.js';

/** The largest row number of a stream. */
export const MAX_ROW = 2 ** 31 - 1;

/** Points of one stream in a request, in the order of their row numbers: at any times, several at one time perhaps. */
export interface StreamColumns extends Omit<PointColumns, 'rows'> {
  readonly series: SeriesRef;
  /** The row number of the first point; those of the others follow. `undefined` appends to the stream. */
  readonly row: number | undefined;
}

/** What became of the points of one stream in a request. */
export interface StreamOutcome {
  /** The row number of the first point. */
  readonly row: number;
  /** The number of points in the request: `stored` + `repeated` + `expired`. */
  readonly rows: number;
  /** How many are new. Their rows are taken, they are summed up, and stored where the stream keeps points. */
  readonly stored: number;
  /** How many have row numbers that were taken before: nothing became of them. */
  readonly repeated: number;
  /** How many are older than retention keeps: their rows are taken, and nothing else became of them. */
  readonly expired: number;
  /** The end of the row numbers that are taken now: one more than the largest, 0 where there is none. */
  readonly nextRow: number;
}
