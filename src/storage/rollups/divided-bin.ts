import { type Extremes, extremesOf } from '../../rollups/extremes.js';
import { type RollupSpec } from '../../rollups/rollup.js';
import { binOf } from '../../rollups/windows.js';
import { binsOfBase, firstWholeBin } from './base-bins.js';
import { type PointStore } from '../points/point-store.js';
import { type RollupStore } from './rollup-store.js';
import { type LockedSeries } from '../registry/series-store.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/*
 * The cut-off of the base divides one bin of a window: points before it are gone, those after it are stored. Whether the
 * bin has lost any is told by its count, which counts points that have left, too.
 */

/**
 * The first bin of a window none of whose points has left by retention, so that it can be computed anew from the stored
 * ones. All bins before have lost some or all. The caller's transaction holds the lock of the series.
 */
export async function firstIntactBin(sql: Sql, { id, cutOff }: LockedSeries, window: number): Promise<number> {
  const whole = firstWholeBin(cutOff, window);
  if (cutOff === null || whole === cutOff) return whole;
  const divided = binOf(cutOff, window);
  const { rows } = await sql.query<{ lossy: boolean }>(
    `SELECT count > (SELECT count(*) FROM point WHERE series = $1 AND ts >= $4 AND ts < $5) AS lossy
     FROM rollup WHERE series = $1 AND window_seconds = $2 AND bin = $3`,
    [id, window, timestampOf(divided), timestampOf(cutOff), timestampOf(whole)],
  );
  return rows[0]?.lossy ? whole : divided;
}

/**
 * The extremes that the divided bin should have and does not, with its begin in micros: those of points which were
 * deleted since. `undefined` where they are right, unknown or not kept, and where the bin is intact.
 * @param intact the first intact bin.
 */
export async function rightExtremes(
  sql: Sql,
  stores: { readonly points: PointStore; readonly rollups: RollupStore },
  series: LockedSeries,
  spec: RollupSpec,
  intact: number,
): Promise<(Extremes & { readonly micros: number }) | undefined> {
  const { id, dataType, cutOff } = series;
  const micros = cutOff === null ? Infinity : binOf(cutOff, spec.window);
  if (cutOff === null || micros >= intact || !spec.statistics || dataType === 'histogram') return undefined;
  const range = { series: id, dataType, window: spec.window, begin: micros, end: micros, descending: false };
  const [bin] = await stores.rollups.source(range, sql).slice(1, 0);
  if (!bin || bin.min === null || bin.max === null || !bin.histogram) return undefined;
  const { bins } = await binsOfBase(stores.points, sql, series, spec, { begin: cutOff, end: intact - 1 });
  const { min, max, histogram } = bin;
  const right = extremesOf({ min, max, histogram }, bins.sorted()[0]?.rollup);
  return right.min === min && right.max === max ? undefined : { ...right, micros };
}
