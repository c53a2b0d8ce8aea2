import { ConnectionError, type EventType, type Metadata } from 'marigram-client';
import { Invalid } from '../common/errors.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { type ImportStore } from '../storage/ingest/import-store.js';
import { type SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { classify } from '../postgres/sql-errors.js';
import { type Progress } from '../jobs/progress.js';
import { Account } from './import-report.js';
import { type ForeignMetadata, foreignMetadata } from './foreign-metadata.js';
import { AHEAD, type History, SeriesImport } from './series-import.js';
import { faultOf, isRefusal, type SourceArchive } from './source-archive.js';
import { SummaryImport } from './summary-import.js';
import { type ImportTarget, type Registered } from './target.js';

/** How many metadata are under way at a time: while one is waited for there, another is stored here. */
const AT_ONCE = 4;

/** How much is shown of what is wrong with a metadata: it quotes the other archive. */
const SHOWN = 200;

/** What to import. */
export interface ArchiveImportOptions extends Progress {
  /** Points from this time on, in micros; all since 1970 unless given. */
  readonly since?: number | undefined;
  /** Points up to this time, in micros. */
  readonly until?: number | undefined;
  /** Reads again what earlier runs have read. */
  readonly again?: boolean | undefined;
  /** Only says which metadata would come; nothing is stored, and no points are read. */
  readonly dryRun?: boolean | undefined;
}

/** Where imports go. */
export interface ImportPlace {
  readonly target: ImportTarget;
  readonly imports: ImportStore;
  readonly sealed: SealedBinStore;
}

/**
 * Brings metadata, points and summaries of another archive over, series by series; each batch is a transaction. It may
 * end anywhere: the next run goes on from what is noted, and stores nothing twice. A series that the other archive
 * can't answer is left for the next run, and counted. Throws an `ArchiveError` of the SDK where the other archive is
 * away, with `account` as far as it came.
 */
export async function importArchive(
  place: ImportPlace,
  source: SourceArchive,
  options: ArchiveImportOptions = {},
  account = new Account(),
): Promise<Account> {
  // Whole seconds: an esmond knows no others.
  const now = Math.floor(Date.now() / 1000) * MICROS_PER_SECOND;
  const { since: begin, until: end = now + AHEAD, again = false } = options;
  const history: History = { begin, end, now, again };
  const series = new SeriesImport(source, place.target, place.imports, account, history);
  const summaries = new SummaryImport(source, place.sealed, place.imports, account, history, series);
  const importer = new MetadataImport(place, source, account, series, summaries);
  let total = 0;
  let done = 0;
  const onMalformed = (): void => {
    account.fail('an entry in the list of metadata that is none');
  };
  await inParallel(source.metadata(onMalformed), AT_ONCE, async (metadata) => {
    options.signal?.throwIfAborted();
    const answer = metadata.toJSON();
    if (typeof answer['metadata-count-total'] === 'number') total = Math.max(total, answer['metadata-count-total']);
    await importer.run(metadata, answer, options.dryRun ?? false);
    options.onProgress?.(++done, Math.max(total, done));
  }).catch((error: unknown) => {
    // The list breaks off: what it had is here.
    if (!isRefusal(error) || account.metadata.read === 0) throw error;
    account.fail(`the list of metadata: ${faultOf(error)}`);
  });
  return account;
}

/** Brings one metadata over after the other, with all that belongs to it. */
class MetadataImport {
  constructor(
    private readonly place: ImportPlace,
    private readonly source: SourceArchive,
    private readonly account: Account,
    private readonly series: SeriesImport,
    private readonly summaries: SummaryImport,
  ) {}

  async run(metadata: Metadata, answer: Record<string, unknown>, dryRun: boolean): Promise<void> {
    this.account.metadata.read++;
    const foreign = this.read(answer);
    if (!foreign) return;
    for (const reason of foreign.unknown) this.account.skip(reason);
    const { target } = this.place;
    const here = dryRun
      ? await target.look(foreign.metadata)
      : await target.register(foreign.metadata, foreign.key).catch(this.skipInvalid);
    if (here === undefined && !dryRun) return;
    if (here && !here.isNew) this.account.metadata.there++;
    else this.account.metadata.created++;
    if (here && here.key !== metadata.metadataKey)
      this.account.otherKeys.push({ there: metadata.metadataKey, here: here.key });
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

  /** What is not even a metadata by our rules is left out; one that asks for too many windows, too. */
  private readonly skipInvalid = (error: unknown): void => {
    if (!(error instanceof Invalid) && classify(error) !== 'bad-data') throw error;
    const { message } = error as Error;
    this.account.fail(`a metadata that can't be one here (${message.slice(0, SHOWN)})`);
  };

  private async readSeries(metadata: Metadata, eventType: EventType, here: Registered): Promise<void> {
    const ref = here.series.get(eventType.eventType);
    // Nothing was ever written where there is no time-updated.
    if (!ref || eventType.timeUpdated === undefined) return;
    // Not later than now, whatever the other archive says; a number beyond all dates is 1970.
    const updated = new Date(Math.min(eventType.timeUpdated.getTime() || 0, Date.now()));
    const pair = { metadata, eventType, dataType: ref.dataType, key: here.key, id: ref.id, updated };
    try {
      const base = await this.series.run(pair);
      for (const summary of eventType.getAllSummaries())
        if (ref.rollups.some(({ window }) => window === summary.summaryWindow))
          await this.summaries.run(pair, summary, base);
    } catch (error) {
      if (isRefusal(error))
        this.account.fail(`${eventType.eventType}: ${faultOf(error)}, the rest of the series is left`);
      else if (classify(error) === 'bad-data')
        this.account.fail(`${eventType.eventType}: values that the database refuses, the rest of the series is left`);
      // Time-outs are among them. Where the archive itself is away, nothing else would come either.
      else if (error instanceof ConnectionError && (await this.source.answers()))
        this.account.fail(`${eventType.eventType}: ${error.message.slice(0, SHOWN)}, the rest of the series is left`);
      else throw error;
    }
  }
}

/** Runs `work` over all items, so many at a time; the first failure ends it when those under way have ended. */
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
