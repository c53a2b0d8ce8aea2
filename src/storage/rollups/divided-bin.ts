import { type Extremes, extremesOf } from '../../rollups/extremes.js';
import { type RollupSpec } from '../../rollups/rollup-spec.js';
import { binOf } from '../../rollups/windows.js';
import { binsOfBase, firstWholeBin } from './base-bins.js';
import { type PointStore } from '../points/point-store.js';
import { type RollupStore } from './rollup-store.js';
import { type LockedSeries, type SeriesRef } from '../registry/series-store.js';
import { type Sql } from '../../postgres/sql.js';

/*
 * The cut-off of the base divides one bin of a window: points before it have expired, those after it are stored. Whether
 * the bin has lost any is told by its count, which counts expired points, too.
 */

/** The stores of points and bins. */
export interface DataStores {
  readonly points: PointStore;
  readonly rollups: RollupStore;
}

/**
 * The first bin of a window none of whose points has expired, so that it can be recomputed from the stored ones. All
 * bins before it have lost some or all. The caller's transaction holds the lock of the series.
 */
export async function firstIntactBin(
  sql: Sql,
  { points, rollups }: DataStores,
  { id, cutOff, origin }: SeriesRef,
  window: number,
): Promise<number> {
  const whole = firstWholeBin(cutOff, window, origin);
  if (cutOff === null || whole === cutOff) return whole;
  const divided = binOf(cutOff, window, origin);
  const counted = await rollups.pointsIn(sql, id, window, divided);
  if (counted === undefined) return divided;
  return counted > (await points.count(sql, id, cutOff, whole - 1)) ? whole : divided;
}

/**
 * The extremes that the divided bin should have and does not, because points were deleted since, with its begin in
 * micros. `undefined` where they are right, unknown or not kept, and where the bin is intact.
 * @param intact the first intact bin.
 */
export async function rightExtremes(
  sql: Sql,
  stores: DataStores,
  series: LockedSeries,
  spec: RollupSpec,
  intact: number,
): Promise<(Extremes & { readonly micros: number }) | undefined> {
  const { id, dataType, cutOff, origin } = series;
  const micros = cutOff === null ? Infinity : binOf(cutOff, spec.window, origin);
  if (cutOff === null || micros >= intact || !(spec.statistics || spec.samples)) return undefined;
  const range = { series: id, dataType, window: spec.window, begin: micros, end: micros, descending: false };
  const { value: bins = [] } = await stores.rollups.source(range, sql).slices(1, 0).next();
  const [bin] = bins;
  if (!bin || bin.min === null || bin.max === null || !bin.histogram) return undefined;
  const stored = { begin: cutOff, end: intact - 1 };
  const { bins: base } = await binsOfBase(stores.points, sql, series, sketched(spec.window), stored);
  const { min, max, histogram } = bin;
  const right = extremesOf({ min, max, histogram }, base.sorted()[0]?.rollup.row);
  return right.min === min && right.max === max ? undefined : { ...right, micros };
}

/** What tells the extremes of a bin. */
export function sketched(window: number): RollupSpec {
  return { window, statistics: true, samples: false, distribution: false };
}
