import { Bins } from '../../rollups/bins.js';
import { type RollupSpec } from '../../rollups/rollup-spec.js';
import { binOf } from '../../rollups/windows.js';
import { MICROS_PER_SECOND } from '../../common/time.js';
import { type Sql } from '../../postgres/sql.js';
import { inSlices } from '../../postgres/row-source.js';
import { findPlace, placeOf } from '../points/place-order.js';
import { NO_POINTS, type PointColumns } from '../points/point-columns.js';
import { type PointStore } from '../points/point-store.js';
import { type SeriesRef } from '../registry/series-store.js';

/**
 * The first bin of a window none of whose points has expired: the one at or after the cut-off of the base.
 * @param origin the time (micros) that the bins are aligned to.
 */
export function firstWholeBin(cutOff: number | null, window: number, origin: number): number {
  if (cutOff === null) return -Infinity;
  const begin = binOf(cutOff, window, origin);
  return begin < cutOff ? begin + window * MICROS_PER_SECOND : begin;
}

/** The bins of the stored points of a range. */
export interface BaseBins {
  readonly bins: Bins;
  /** The begin of the next range, or `undefined` where no point follows. */
  readonly next: number | undefined;
}

/**
 * Sums up the stored points of a series into the bins of one window, by the same code as writing does. If there are more
 * points than `most`, only whole bins are returned.
 * @param begin the first time, in micros, inclusive; the begin of a bin.
 * @param end the last time, inclusive.
 * @param without points whose places are left out.
 */
export async function binsOfBase(
  points: PointStore,
  sql: Sql,
  series: SeriesRef,
  spec: RollupSpec,
  {
    begin,
    end,
    most = Infinity,
    without = NO_POINTS,
  }: { begin: number; end: number; most?: number; without?: PointColumns },
): Promise<BaseBins> {
  const bins = new Bins();
  const one = { ...series, rollups: [spec] };
  let count = 0;
  let lastBin: number | undefined;
  const { id, dataType, isStream } = series;
  const source = points.source({ series: id, dataType, isStream, begin, end, descending: false }, sql);
  for await (const slice of inSlices(source))
    for (const point of slice) {
      if (without.micros.length > 0 && findPlace(without, placeOf(point)) !== undefined) continue;
      const bin = binOf(point.micros, spec.window, series.origin);
      if (count >= most && bin !== lastBin) return { bins, next: bin };
      bins.add(one, point);
      lastBin = bin;
      count++;
    }
  return { bins, next: undefined };
}
