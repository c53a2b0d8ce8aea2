import { DATA_TYPES, type DataTypeName, type StoredValue } from '../event-types/data-types.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { inTurns, Turns } from '../common/turns.js';
import { Categories } from './categories.js';
import { Histogram, HistogramSum } from './histogram.js';
import { Rollup } from './rollup.js';
import { type RollupSpec } from './rollup-spec.js';
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

/** A series that keeps rollups. */
interface BinnedSeries {
  readonly id: number;
  readonly dataType: DataTypeName;
  /** The time (micros) that its bins are aligned to. */
  readonly origin: number;
  readonly rollups: readonly RollupSpec[];
}

/** Points as columns, one element a point; those that the data type lacks are empty. */
interface ValueColumns {
  readonly micros: readonly number[];
  readonly values: readonly number[];
  readonly denominators: readonly number[];
  readonly documents: readonly string[];
}

/** Assigns points to the bins of all windows of their series, and sums up each bin. */
export class Bins {
  private readonly bySeries = new Map<number, Map<number, WindowBins>>();
  private readonly noHistograms = new HistogramSum();
  private readonly categories = new Categories();

  /** Adds a point to its bin of each window; `sign` −1 subtracts it. */
  add(series: BinnedSeries, point: StoredValue & { readonly micros: number }, sign: 1 | -1 = 1): void {
    if (series.rollups.length === 0) return;
    const { measure } = DATA_TYPES[series.dataType];
    const histogram = measure === 'histogram' ? new Histogram(point.document ?? '{}') : undefined;
    const category = measure === 'category' ? this.categories.of(point) : undefined;
    for (const spec of series.rollups) {
      const { rollup } = this.bin(
        series,
        spec,
        binOf(point.micros, spec.window, series.origin),
        histogram ? this.noHistograms : null,
      );
      if (histogram) rollup.addHistogram(histogram, sign);
      else if (category !== undefined) rollup.addCategory(category, sign);
      else rollup.addNumber(point.value ?? 0, point.denominator ?? 0, sign);
    }
  }

  /** Adds points that come as columns, as `add` does. */
  addColumns(series: BinnedSeries, { micros, values, denominators, documents }: ValueColumns, sign: 1 | -1 = 1): void {
    if (series.rollups.length === 0) return;
    if (documents.length > 0 || DATA_TYPES[series.dataType].measure === 'category')
      micros.forEach((time, index) => {
        const value = { value: values[index] ?? null, denominator: null, document: documents[index] ?? null };
        this.add(series, { micros: time, ...value }, sign);
      });
    else
      for (const spec of series.rollups) {
        const length = spec.window * MICROS_PER_SECOND;
        let bin: Bin | undefined;
        for (const [index, time] of micros.entries()) {
          // Neighbours most often fall into the same bin.
          if (!bin || time < bin.begin || time >= bin.begin + length)
            bin = this.bin(series, spec, binOf(time, spec.window, series.origin), null);
          bin.rollup.addNumber(values[index] ?? 0, denominators[index] ?? 0, sign);
        }
      }
  }

  private bin({ id, dataType }: BinnedSeries, spec: RollupSpec, begin: number, histograms: HistogramSum | null): Bin {
    let windows = this.bySeries.get(id);
    if (!windows) this.bySeries.set(id, (windows = new Map<number, WindowBins>()));
    const { window } = spec;
    let bins = windows.get(window);
    if (!bins) windows.set(window, (bins = { byBegin: new Map(), last: undefined }));
    let bin = bins.last?.begin === begin ? bins.last : bins.byBegin.get(begin);
    if (!bin) {
      bin = { series: id, window, begin, rollup: new Rollup(dataType, spec, histograms) };
      bins.byBegin.set(begin, bin);
    }
    return (bins.last = bin);
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
