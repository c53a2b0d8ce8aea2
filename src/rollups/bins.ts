import { type DataTypeName, type StoredValue } from '../event-types/data-types.js';
import { Rollup, type RollupSpec } from './rollup.js';
import { binOf } from './windows.js';

/** One bin of one series and window, with what points add to it. */
export interface Bin {
  readonly series: number;
  readonly window: number;
  /** The begin of the bin, in micros. */
  readonly begin: number;
  readonly rollup: Rollup;
}

/** Sorts points into the bins of all windows of their series, and sums up each bin. */
export class Bins {
  private readonly bySeries = new Map<string, Map<number, Bin>>();

  /** Adds a point to its bin of each window; with `sign` −1 takes it away. */
  add(
    series: { readonly id: number; readonly dataType: DataTypeName; readonly rollups: readonly RollupSpec[] },
    point: StoredValue & { readonly micros: number },
    sign: 1 | -1 = 1,
  ): void {
    for (const { window, statistics } of series.rollups) {
      const name = `${series.id} ${window}`;
      let bins = this.bySeries.get(name);
      if (!bins) this.bySeries.set(name, (bins = new Map<number, Bin>()));
      const begin = binOf(point.micros, window);
      let bin = bins.get(begin);
      if (!bin) {
        bin = { series: series.id, window, begin, rollup: new Rollup(series.dataType, statistics) };
        bins.set(begin, bin);
      }
      bin.rollup.add(point, sign);
    }
  }

  /** The bins in the order of series, window and begin: the order in which all writers lock them. */
  sorted(): Bin[] {
    const bins = [...this.bySeries.values()].flatMap((windows) => [...windows.values()]);
    return bins.sort((a, b) => a.series - b.series || a.window - b.window || a.begin - b.begin);
  }
}
