import { type Summary } from 'marigram-client';
import { MICROS_PER_SECOND } from '../common/time.js';
import { DATA_TYPES, type DataTypeName } from '../event-types/data-types.js';
import { binOf } from '../rollups/windows.js';
import { type ImportStore } from '../storage/ingest/import-store.js';
import { type SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { type Account } from './import-report.js';
import { type History, type SeriesImport, type SeriesPair, type SeriesRead } from './series-import.js';
import { type SourceArchive } from './source-archive.js';
import { valueTypeOf } from '../rollups/summary-kinds.js';

/** How many bins one request asks for. */
const SLICE = 2_000;

/** Points of a bin that ended so long ago are no longer under way. */
const SETTLED = 86_400 * MICROS_PER_SECOND;

/**
 * Brings those values of summaries over that this archive can't compute, because the points are gone: as sealed bins.
 * All others it has computed itself from the points that were imported before.
 */
export class SummaryImport {
  constructor(
    private readonly source: SourceArchive,
    private readonly sealed: SealedBinStore,
    private readonly imports: ImportStore,
    private readonly account: Account,
    private readonly history: History,
    private readonly series: SeriesImport,
  ) {}

  /** Reads a summary, whose points are stored as far as they are there, and seals what is missing. */
  async run(pair: SeriesPair, summary: Summary, base: SeriesRead): Promise<void> {
    const { summaryType: type, summaryWindow: window } = summary;
    const stream = { source: this.series.streamName, series: pair.id, type, window };
    // Of a bin that is not over, or whose points are still to be read, there may be more to come.
    const settled = Math.max(base.last ?? -Infinity, this.history.now - SETTLED);
    const over = Math.floor(settled / MICROS_PER_SECOND - window) * MICROS_PER_SECOND;
    const end = Math.min(this.history.end, over);
    const begin = binOf(this.series.beginAfter(await this.series.progressOf(stream)), window);
    if (begin > end) return;
    const options = {
      beginIsPartial: this.history.begin !== undefined,
      differing: DATA_TYPES[pair.dataType].measure === 'fraction' && base.isIncomplete,
      updated: pair.updated,
    };
    const name = `${type} of ${pair.eventType.eventType}`;
    for await (const { points, strays } of this.source.slices(summary, { begin, end }, SLICE)) {
      const good = points.filter(({ val }) => isValueOf(type, pair.dataType, val));
      this.account.fail(`${name}: values of a time that was not asked for`, strays);
      this.account.fail(`${name}: a value that is none of it`, points.length - good.length);
      const bins = good.map(({ tsMicros, val }) => ({ micros: tsMicros, value: JSON.stringify(val) }));
      const { sealed, there, computed, expired } = await this.sealed.seal(
        { series: pair.id, type, window },
        bins,
        options,
      );
      this.account.bins.read += points.length;
      this.account.bins.sealed += sealed;
      this.account.bins.there += there;
      this.account.bins.computed += computed;
      this.account.skip('summary values older than the retention here', expired);
      await this.imports.recordProgress(stream, Math.min(points.at(-1)?.tsMicros ?? begin, this.history.now));
    }
  }
}

/** Whether a value is one of a summary of this type. */
function isValueOf(type: Summary['summaryType'], dataType: DataTypeName, val: unknown): boolean {
  if (!DATA_TYPES[valueTypeOf(dataType, type)].isDocument) return typeof val === 'number';
  return typeof val === 'object' && val !== null && !Array.isArray(val);
}
