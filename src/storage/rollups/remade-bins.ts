import { MICROS_PER_SECOND } from '../../common/time.js';
import { DATA_TYPES } from '../../event-types/data-types.js';
import { type Sql } from '../../postgres/sql.js';
import { type Bin } from '../../rollups/bins.js';
import { extremesOf } from '../../rollups/extremes.js';
import { type RollupSpec } from '../../rollups/rollup-spec.js';
import { binOf } from '../../rollups/windows.js';
import { indexAfterTime, indexOfTime, slice } from '../points/point-columns.js';
import { type SeriesPlan } from '../points/write-plan.js';
import { binsOfBase } from './base-bins.js';
import { type DataStores, firstIntactBin, sketched } from './divided-bin.js';
import { type BinRow, mergedWithStored } from './whole-bins.js';

/**
 * The bins in which a write replaces numbers, as they will be, by those that it changes. Sums change by the difference of
 * two numbers; extremes don't, and neither do quantiles of more values than a bin keeps: bins that have them are made
 * anew from the points. The caller's transaction holds the locks of the series, and carries out the plans afterwards.
 * @param changed what the plans change of all bins, in the order of series, window and begin.
 */
export async function remadeBins(
  sql: Sql,
  stores: DataStores,
  plans: readonly SeriesPlan[],
  changed: readonly Bin[],
): Promise<Map<Bin, BinRow>> {
  const remade = new Map<Bin, BinRow>();
  const replacing = plans.filter(
    ({ series, former }) => former.micros.length > 0 && DATA_TYPES[series.dataType].measure === 'number',
  );
  if (replacing.length === 0) return remade;
  const bySeries = new Map<number, Bin[]>(replacing.map(({ series }) => [series.id, []]));
  for (const bin of changed) bySeries.get(bin.series)?.push(bin);
  for (const plan of replacing)
    for (const spec of plan.series.rollups) {
      if (!spec.statistics && !spec.samples) continue;
      const { origin } = plan.series;
      const replaced = new Set(plan.former.micros.map((micros) => binOf(micros, spec.window, origin)));
      const bins = (bySeries.get(plan.series.id) ?? []).filter(
        ({ window, begin }) => window === spec.window && replaced.has(begin),
      );
      for (const [bin, row] of await remake(sql, stores, plan, spec, bins)) remade.set(bin, row);
    }
  return remade;
}

/** Makes bins of one window anew, which are in the order of their begins. */
async function remake(
  sql: Sql,
  stores: DataStores,
  plan: SeriesPlan,
  spec: RollupSpec,
  bins: readonly Bin[],
): Promise<[Bin, BinRow][]> {
  const intact = await firstIntactBin(sql, stores, plan.series, spec.window);
  const remade: [Bin, BinRow][] = [];
  for (const bin of bins.filter(({ begin }) => begin < intact))
    remade.push([bin, await withRightExtremes(sql, stores, plan, bin)]);
  for (const stretch of stretches(bins.filter(({ begin }) => begin >= intact))) {
    const [first, last] = [stretch[0]?.begin ?? 0, stretch.at(-1)?.begin ?? 0];
    const after = await binsAfter(sql, stores, plan, spec, first, last);
    const byBegin = new Map(after.map((bin) => [bin.begin, bin.rollup.row]));
    for (const bin of stretch) {
      const row = byBegin.get(bin.begin);
      if (row) remade.push([bin, { series: bin.series, window: bin.window, begin: bin.begin, row }]);
    }
  }
  return remade;
}

/** The bins that begin from `first` to `last`, of the points as they will be. */
async function binsAfter(
  sql: Sql,
  { points }: DataStores,
  { series, stored }: SeriesPlan,
  spec: RollupSpec,
  first: number,
  last: number,
): Promise<Bin[]> {
  const begin = Math.max(first, series.cutOff ?? -Infinity);
  const end = last + Math.max(spec.window * MICROS_PER_SECOND - 1, 0);
  const { bins } = await binsOfBase(points, sql, series, spec, { begin, end, without: stored });
  const from = indexOfTime(stored.micros, begin);
  bins.addColumns({ ...series, rollups: [spec] }, slice(stored, from, indexAfterTime(stored.micros, end, from)));
  return bins.sorted();
}

/** A bin some of whose points have expired: of the others, the extremes are known. */
async function withRightExtremes(sql: Sql, stores: DataStores, plan: SeriesPlan, bin: Bin): Promise<BinRow> {
  const [merged = { ...bin, row: bin.rollup.row }] = await mergedWithStored(sql, [bin]);
  const { min, max, histogram } = merged.row;
  if (min === null || max === null || histogram === null) return merged;
  const [left] = await binsAfter(sql, stores, plan, sketched(bin.window), bin.begin, bin.begin);
  const counts = JSON.parse(histogram) as Record<string, number>; // our own
  return { ...merged, row: { ...merged.row, ...extremesOf({ min, max, histogram: counts }, left?.rollup.row) } };
}

/** Groups neighbouring bins of a window, which are read at once. */
function stretches(bins: readonly Bin[]): Bin[][] {
  const groups: Bin[][] = [];
  let next: number | undefined;
  for (const bin of bins) {
    if (bin.begin === next) groups.at(-1)?.push(bin);
    else groups.push([bin]);
    next = bin.begin + bin.window * MICROS_PER_SECOND;
  }
  return groups;
}
