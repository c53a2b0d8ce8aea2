import { readFile } from 'node:fs/promises';
import { type INestApplicationContext } from '@nestjs/common';
import { ArchiveError } from 'marigram-client';
import { operator } from '../auth/caller.js';
import { Invalid, OperatorError } from '../common/errors.js';
import { parseBounds } from '../common/time-range.js';
import { ImportReport } from '../import/import-report.js';
import { type Progress } from '../jobs/progress.js';
import { importArchive, type ImportPlace } from '../import/import-archive.js';
import { importFile } from '../import/import-file.js';
import { type Precision } from '../import/influx-lines.js';
import { checkMapping, type Mapping, parseMapping, withEntries } from '../import/mapping.js';
import { SourceArchive, type SourceOptions } from '../import/source-archive.js';
import { ImportTarget } from '../import/target.js';
import { BackFill } from '../storage/rollups/back-fill.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { ImportStore } from '../storage/ingest/import-store.js';
import { MetadataStore } from '../storage/registry/metadata-store.js';
import { SealedBinStore } from '../storage/rollups/sealed-bin-store.js';
import { SeriesStore } from '../storage/registry/series-store.js';
import { filtersOf } from './filters.js';
import { type FileFormat, formatOf, ImportInput } from './import-input.js';
import { accountOf, badLinesOf } from './import-summary.js';
import { interruptible } from './interruption.js';
import { checked } from './mistakes.js';
import { ProgressBar } from './progress-bar.js';
import { printable } from './text-table.js';
import { withDatabase } from './with-database.js';
import { writeOverHttp, type WriteOptions } from './write-over-http.js';

/** The length of another archive's message that is shown, in characters. */
const MAX_SHOWN = 500;

/** The options of `marigram import`. Times are seconds, as on the wire. */
export interface ImportOptions extends WriteOptions {
  readonly username?: string;
  readonly apiKey?: string;
  readonly scriptAlias?: string;
  readonly since?: string;
  readonly until?: string;
  readonly again?: boolean;
  readonly format?: FileFormat;
  readonly precision?: Precision;
  readonly eventType?: [string, string][];
  readonly tag?: [string, string][];
  readonly set?: [string, string][];
  readonly mapping?: string;
  readonly dryRun?: boolean;
}

/** One import into a place, filling in an account. */
type Work = (place: ImportPlace, account: ImportReport, progress: Progress) => Promise<unknown>;

/**
 * Imports from an archive or a file and prints a report; some bad lines are named on stderr. Throws a
 * `OperatorError` where it can't go on; what was stored until then stays, and is counted.
 */
export async function runImport(
  env: NodeJS.ProcessEnv,
  from: string,
  words: readonly string[],
  options: ImportOptions,
): Promise<void> {
  const isHttp = options.url !== undefined || options.keyFile !== undefined;
  if (isHttp && options.dryRun) throw new OperatorError('--dry-run is for imports into a database, without --url.');
  if (isHttp && /^https?:\/\//i.test(from)) throw new OperatorError('Only a file is written to a --url.');
  if (/^https?:\/\//i.test(from)) return store(env, options, archiveWork(env, from, words, options));
  if (words.length > 0) throw new OperatorError('Filters are for archives; a file is imported as a whole.');
  const format = formatOf(from, options.format);
  const mapping = await mappingOf(options);
  const input = await ImportInput.open(
    from,
    format,
    { mapping, precision: options.precision },
    options.strict ?? false,
  );
  if (isHttp) return writeOverHttp(env, options, (dataTypeOf) => input.lines(dataTypeOf)).finally(() => input.close());
  const { strict, dryRun } = options;
  const work: Work = async ({ target }, account, progress) => {
    const lines = (): ReturnType<ImportInput['lines']> => input.lines(target.dataTypeOf, progress.onProgress);
    await importFile(target, lines, { strict, dryRun, ...progress }, account);
    const { stored, there } = account.points;
    if (stored + there === 0) throw new OperatorError('The file has no point that could be stored.');
  };
  await store(env, options, work, mapping).finally(() => input.close());
}

function archiveWork(env: NodeJS.ProcessEnv, url: string, words: readonly string[], options: ImportOptions): Work {
  const { username, scriptAlias, again, dryRun, since, until } = options;
  const apiKey = options.apiKey ?? env['MARIGRAM_KEY'];
  const connection = {
    ...{ username, apiKey, filters: Object.fromEntries(filtersOf(words)) },
    ...(scriptAlias !== undefined && { scriptAlias: scriptAlias === '/' ? null : scriptAlias }),
  };
  const range = checked(() =>
    parseBounds(
      { ...(since !== undefined && { '--since': since }), ...(until !== undefined && { '--until': until }) },
      '--since',
      '--until',
    ),
  );
  // Checked before a database is started.
  checkConnection(url, connection);
  return (place, account, progress) => {
    const source = new SourceArchive(url, { ...connection, signal: progress.signal });
    const times = { since: range?.begin, until: range?.end };
    return importArchive(place, source, { ...times, again, dryRun, ...progress }, account);
  };
}

/** Throws an `OperatorError` for a URL or a key that can't be used at all. */
function checkConnection(url: string, connection: SourceOptions): void {
  try {
    new SourceArchive(url, connection);
  } catch (error) {
    throw error instanceof TypeError ? new OperatorError(`${error.message}.`) : error;
  }
}

async function store(
  env: NodeJS.ProcessEnv,
  { dryRun = false }: ImportOptions,
  work: Work,
  mapping?: Mapping,
): Promise<void> {
  await withDatabase(env, async (app) => {
    const place = await placeOf(app);
    if (mapping) checkIn(place, mapping);
    const account = new ImportReport();
    const bar = new ProgressBar('Import');
    try {
      await interruptible(
        (signal) => work(place, account, { signal, onProgress: bar.show }),
        'Interrupted: what was stored stays, and the same command goes on from there.',
      ).catch(explain);
    } finally {
      bar.stop();
      // Where it broke off, too: what was stored stays.
      for (const line of badLinesOf(account)) console.error(line);
      if (account.metadata.read > 0 || account.badLineCount === 0)
        for (const line of accountOf(account, { dryRun })) console.log(line);
    }
    if (account.isIncomplete) process.exitCode = 1;
  });
}

function checkIn({ target }: ImportPlace, mapping: Mapping): void {
  try {
    checkMapping(mapping, target.dataTypeOf);
  } catch (error) {
    unusable(error);
  }
}

async function placeOf(app: INestApplicationContext): Promise<ImportPlace> {
  const imports = app.get(ImportStore);
  const dataTypeOf = await app.get(EventTypeStore).lookup();
  const stores = [app.get(MetadataStore), app.get(SeriesStore), imports, app.get(BackFill)] as const;
  return {
    target: new ImportTarget(...stores, dataTypeOf, operator()),
    imports,
    sealed: app.get(SealedBinStore),
  };
}

async function mappingOf({ mapping, eventType, tag, set }: ImportOptions): Promise<Mapping> {
  const options = { eventTypes: new Map(eventType), tags: new Map(tag), set: new Map(set) };
  try {
    const text = mapping === undefined ? '{}' : await readFile(mapping, 'utf8');
    return withEntries(parseMapping(text), options);
  } catch (error) {
    return unusable(error);
  }
}

/** Throws one sentence about a mapping that is invalid or can't be read. */
function unusable(error: unknown): never {
  if (error instanceof Invalid || (error instanceof Error && 'syscall' in error))
    throw new OperatorError(`The mapping cannot be used: ${error.message}.`);
  throw error;
}

/** Another archive's message, cut for a terminal. */
function short(message: string): string {
  return printable(message.length > MAX_SHOWN ? `${message.slice(0, MAX_SHOWN)}…` : message).replace(/\.$/, '');
}

/** Turns failures of another archive, a file or a database into one sentence. */
function explain(error: unknown): never {
  if (error instanceof ArchiveError)
    throw new OperatorError(
      `The other archive cannot be read: ${short(error.message)}. ` +
        'What was stored stays; the same command goes on from there.',
      { cause: error },
    );
  if (error instanceof Invalid) throw new OperatorError(`${printable(error.message)}.`, { cause: error });
  if (error instanceof Error && 'syscall' in error)
    throw new OperatorError(`The file cannot be read: ${error.message}.`, { cause: error });
  throw error;
}
