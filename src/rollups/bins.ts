import { DATA_TYPES, type DataTypeName, type StoredValue } from '../event-types/data-types.js';
import { inTurns, Turns } from '../common/turns.js';
import { Histogram, HistogramSum } from './histogram.js';
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

/** The bins of one series and window, and the bin of the last point: the next point often falls into it, too. */
interface WindowBins {
  readonly byBegin: Map<number, Bin>;
  last: Bin | undefined;
}

/** Assigns points to the bins of all windows of their series, and sums up each bin. */
export class Bins {
  private readonly bySeries = new Map<number, Map<number, WindowBins>>();
  private readonly noHistograms = new HistogramSum();

  /** Adds a point to its bin of each window; `sign` −1 subtracts it. */
  add(
    series: { readonly id: number; readonly dataType: DataTypeName; readonly rollups: readonly RollupSpec[] },
    point: StoredValue & { readonly micros: number },
    sign: 1 | -1 = 1,
  ): void {
    if (series.rollups.length === 0) return;
    let windows = this.bySeries.get(series.id);
    if (!windows) this.bySeries.set(series.id, (windows = new Map<number, WindowBins>()));
    const isHistogram = DATA_TYPES[series.dataType].measure === 'histogram';
    const histogram = isHistogram ? new Histogram(point.document ?? '{}') : undefined;
    for (const { window, statistics } of series.rollups) {
      let bins = windows.get(window);
      if (!bins) windows.set(window, (bins = { byBegin: new Map(), last: undefined }));
      const begin = binOf(point.micros, window);
      let bin = bins.last?.begin === begin ? bins.last : bins.byBegin.get(begin);
      if (!bin) {
        const rollup = new Rollup(series.dataType, statistics, isHistogram ? this.noHistograms : null);
        bin = { series: series.id, window, begin, rollup };
        bins.byBegin.set(begin, bin);
      }
      bins.last = bin;
      bin.rollup.add(point, sign, histogram);
    }
  }

  /** The bins in the order of series, window and begin: the order in which all writers lock them. */
  sorted(): Bin[] {
    const bins: Bin[] = [];
    for (const windows of this.bySeries.values())
      for (const { byBegin } of windows.values()) for (const bin of byBegin.values()) bins.push(bin);
    return bins.sort((a, b) => a.series - b.series || a.window - b.window || a.begin - b.begin);
  }
}

/** Merges the histograms of bins in turns: large ones would block the event loop. */
export async function mergeHistograms(bins: readonly Bin[]): Promise<void> {
  const turns = new Turns();
  for (const { rollup } of bins) {
    await inTurns(rollup.merge(), turns);
    if (turns.isOver) await turns.pass();
  }
}
