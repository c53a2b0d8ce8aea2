import { type Summary } from 'marigram-client';
import { MICROS_PER_SECOND } from '../common/time.js';
import { DATA_TYPES, type DataTypeName, isNumeric } from '../event-types/data-types.js';
import { atOnce } from '../common/turns.js';
import { categoriesJson } from '../rollups/exact-values.js';
import { binOf } from '../rollups/windows.js';
import { type ImportStore } from '../storage/ingest/import-store.js';
import { type SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { type ImportReport } from './import-report.js';
import { type History, type SeriesImport, type SeriesPair, type SeriesRead } from './series-import.js';
import { type SourceArchive } from './source-archive.js';
import { valueTypeOf } from '../rollups/summary-kinds.js';

/** Bins per request. */
const BINS_PER_REQUEST = 2_000;

/** A bin that ended so long ago gets no more points. */
const SETTLED_AFTER_MICROS = 86_400 * MICROS_PER_SECOND;

/**
 * Imports, as sealed bins, the summary values that this archive can't compute because their points are gone. It
 * computes all others from the points that were imported before.
 */
export class SummaryImport {
  constructor(
    private readonly source: SourceArchive,
    private readonly sealed: SealedBinStore,
    private readonly imports: ImportStore,
    private readonly report: ImportReport,
    private readonly history: History,
    private readonly series: SeriesImport,
  ) {}

  /** Reads a summary and seals the bins that can't be computed here. The available points are stored already. */
  async run(pair: SeriesPair, summary: Summary, base: SeriesRead): Promise<void> {
    const { summaryType: type, summaryWindow: window } = summary;
    const stream = { source: this.series.streamName, series: pair.id, type, window };
    // A bin may change until it is over and all its points are read.
    const settled = Math.max(base.last ?? -Infinity, this.history.now - SETTLED_AFTER_MICROS);
    const over = Math.floor(settled / MICROS_PER_SECOND - window) * MICROS_PER_SECOND;
    const end = Math.min(this.history.end, over);
    // What is imported is no stream, so bins are aligned to 1970.
    const begin = binOf(this.series.beginAfter(await this.series.progressOf(stream)), window, 0);
    if (begin > end) return;
    const options = {
      beginIsPartial: this.history.begin !== undefined,
      differing: DATA_TYPES[pair.dataType].measure === 'fraction' && base.isIncomplete,
      updated: pair.updated,
    };
    const name = `${type} of ${pair.eventType.eventType}`;
    for await (const { points, strays } of this.source.slices(summary, { begin, end }, BINS_PER_REQUEST)) {
      const good = points.filter(({ val }) => isValueOf(type, pair.dataType, val));
      this.report.fail(`${name}: values of a time that was not asked for`, strays);
      this.report.fail(`${name}: a value that is none of it`, points.length - good.length);
      const bins = good.map(({ tsMicros, val }) => ({ micros: tsMicros, value: sealedValue(type, val) }));
      const { sealed, there, computed, expired } = await this.sealed.seal(
        { series: pair.id, type, window },
        bins,
        options,
      );
      this.report.bins.read += points.length;
      this.report.bins.sealed += sealed;
      this.report.bins.there += there;
      this.report.bins.computed += computed;
      this.report.skip('summary values older than the retention here', expired);
      await this.imports.recordProgress(stream, Math.min(points.at(-1)?.tsMicros ?? begin, this.history.now));
    }
  }
}

/** The JSON of a value that an archive has sent, as this one would send it. */
function sealedValue(type: Summary['summaryType'], val: unknown): string {
  return type === 'categories' ? atOnce(categoriesJson(val as Record<string, number>)) : JSON.stringify(val);
}

/** Whether a value has the form of this summary type. */
function isValueOf(type: Summary['summaryType'], dataType: DataTypeName, val: unknown): boolean {
  if (isNumeric(DATA_TYPES[valueTypeOf(dataType, type)])) return typeof val === 'number';
  return typeof val === 'object' && val !== null && Array.isArray(val) === (type === 'distribution');
}
