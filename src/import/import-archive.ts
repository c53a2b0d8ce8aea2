import { ConnectionError, type EventType, type Metadata } from 'marigram-client';
import { Invalid } from '../common/errors.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { type ImportStore } from '../storage/ingest/import-store.js';
import { type SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { classify } from '../postgres/sql-errors.js';
import { type Progress } from '../jobs/progress.js';
import { ImportReport } from './import-report.js';
import { type ForeignMetadata, foreignMetadata } from './foreign-metadata.js';
import { MAX_CLOCK_LEAD_MICROS, type History, SeriesImport } from './series-import.js';
import { faultOf, isRefusal, type SourceArchive } from './source-archive.js';
import { SummaryImport } from './summary-import.js';
import { type ImportTarget, type Registered } from './target.js';

/** Metadata imported at a time: while one waits for the other archive, another is stored here. */
const CONCURRENT_METADATA = 4;

/** The length of texts in messages that quote the other archive. */
const MAX_SHOWN_CHARACTERS = 200;

/** Options of an import from another archive. */
export interface ArchiveImportOptions extends Progress {
  /** The first time to import, in micros; 1970 unless given. */
  readonly since?: number | undefined;
  /** The last time to import, in micros. */
  readonly until?: number | undefined;
  /** Reads again what earlier runs have read. */
  readonly again?: boolean | undefined;
  /** Counts the metadata that would be imported; stores nothing and reads no points. */
  readonly dryRun?: boolean | undefined;
}

/** The services that an import stores by. */
export interface ImportPlace {
  readonly target: ImportTarget;
  readonly imports: ImportStore;
  readonly sealed: SealedBinStore;
}

/**
 * Imports metadata, points and summaries of another archive, series by series; each batch is a transaction. It may be
 * interrupted anywhere: the next run continues from the recorded progress and stores nothing twice. A series that the
 * other archive can't answer is counted and left to the next run. Throws an `ArchiveError` of the SDK where the other
 * archive is away; `report` then has what was done so far.
 */
export async function importArchive(
  place: ImportPlace,
  source: SourceArchive,
  options: ArchiveImportOptions = {},
  report = new ImportReport(),
): Promise<ImportReport> {
  // Whole seconds, since esmond has no others.
  const now = Math.floor(Date.now() / 1000) * MICROS_PER_SECOND;
  const { since: begin, until: end = now + MAX_CLOCK_LEAD_MICROS, again = false } = options;
  const history: History = { begin, end, now, again };
  const series = new SeriesImport(source, place.target, place.imports, report, history);
  const summaries = new SummaryImport(source, place.sealed, place.imports, report, history, series);
  const importer = new MetadataImport(place, source, report, series, summaries);
  let total = 0;
  let done = 0;
  const onMalformed = (): void => {
    report.fail('an entry in the list of metadata that is none');
  };
  await inParallel(source.metadata(onMalformed), CONCURRENT_METADATA, async (metadata) => {
    options.signal?.throwIfAborted();
    const answer = metadata.toJSON();
    if (typeof answer['metadata-count-total'] === 'number') total = Math.max(total, answer['metadata-count-total']);
    await importer.run(metadata, answer, options.dryRun ?? false);
    options.onProgress?.(++done, Math.max(total, done));
  }).catch((error: unknown) => {
    // The list broke off; the metadata before are imported.
    if (!isRefusal(error) || report.metadata.read === 0) throw error;
    report.fail(`the list of metadata: ${faultOf(error)}`);
  });
  return report;
}

/** Imports single metadata with their series. */
class MetadataImport {
  constructor(
    private readonly place: ImportPlace,
    private readonly source: SourceArchive,
    private readonly report: ImportReport,
    private readonly series: SeriesImport,
    private readonly summaries: SummaryImport,
  ) {}

  async run(metadata: Metadata, answer: Record<string, unknown>, dryRun: boolean): Promise<void> {
    this.report.metadata.read++;
    const foreign = this.read(answer);
    if (!foreign) return;
    for (const reason of foreign.unknown) this.report.skip(reason);
    const { target } = this.place;
    const here = dryRun
      ? await target.peek(foreign.metadata)
      : await target.register(foreign.metadata, foreign.key).catch(this.skipInvalid);
    if (here === undefined && !dryRun) return;
    if (here && !here.isNew) this.report.metadata.there++;
    else this.report.metadata.created++;
    if (here && here.key !== metadata.metadataKey)
      this.report.otherKeys.push({ there: metadata.metadataKey, here: here.key });
    if (dryRun || !here) return;
    for (const eventType of metadata.getAllEventTypes()) await this.readSeries(metadata, eventType, here);
  }

  private read(answer: Record<string, unknown>): ForeignMetadata | undefined {
    try {
      return foreignMetadata(answer, this.place.target.dataTypeOf);
    } catch (error) {
      this.skipInvalid(error);
      return undefined;
    }
  }

  /** Skips metadata that are invalid here, such as those with too many windows. Rethrows other errors. */
  private readonly skipInvalid = (error: unknown): void => {
    if (!(error instanceof Invalid) && classify(error) !== 'bad-data') throw error;
    const { message } = error as Error;
    this.report.fail(`a metadata that can't be one here (${message.slice(0, MAX_SHOWN_CHARACTERS)})`);
  };

  private async readSeries(metadata: Metadata, eventType: EventType, here: Registered): Promise<void> {
    const ref = here.series.get(eventType.eventType);
    // Without a time-updated, nothing was ever written.
    if (!ref || eventType.timeUpdated === undefined) return;
    // At most now, whatever the other archive says; an invalid date counts as 1970.
    const updated = new Date(Math.min(eventType.timeUpdated.getTime() || 0, Date.now()));
    const pair = { metadata, eventType, dataType: ref.dataType, key: here.key, id: ref.id, updated };
    try {
      const base = await this.series.run(pair);
      for (const summary of eventType.getAllSummaries())
        if (ref.rollups.some(({ window }) => window === summary.summaryWindow))
          await this.summaries.run(pair, summary, base);
    } catch (error) {
      if (isRefusal(error))
        this.report.fail(`${eventType.eventType}: ${faultOf(error)}, the rest of the series is left`);
      else if (classify(error) === 'bad-data')
        this.report.fail(`${eventType.eventType}: values that the database refuses, the rest of the series is left`);
      // Includes timeouts. Where the archive itself is away, the other series would fail, too.
      else if (error instanceof ConnectionError && (await this.source.answers()))
        this.report.fail(
          `${eventType.eventType}: ${error.message.slice(0, MAX_SHOWN_CHARACTERS)}, the rest of the series is left`,
        );
      else throw error;
    }
  }
}

/**
 * Runs `work` on all items, `count` at a time. After the first failure no further item begins; it is thrown at the end.
 */
async function inParallel<T>(
  items: AsyncGenerator<T, void>,
  count: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failed = false;
  const worker = async (): Promise<void> => {
    while (!failed) {
      const next = await items.next();
      if (next.done === true) return;
      await work(next.value).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const results = await Promise.allSettled(Array.from({ length: count }, worker));
  await items.return(undefined);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}
