import { LRUCache } from 'lru-cache';
import { Invalid, OperatorError } from '../common/errors.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { DATA_TYPES, type StoredValue } from '../event-types/data-types.js';
import { type Progress } from '../jobs/progress.js';
import { ImportReport } from './import-report.js';
import { type FileLine, type FileRecord } from './file-line.js';
import { metadataOf, subjectOf } from './file-metadata.js';
import { type FileTarget, type ImportedPoint } from './target.js';

/** The bounds of one transaction. */
const BATCH_POINTS = 5_000;
const BATCH_BYTES = 8 * 1024 ** 2;

/** Metadata in the cache. */
const CACHE_SIZE = 100_000;

/** Options of a file import. */
export interface FileImportOptions extends Progress {
  /** Stores nothing where any line is bad; the file is then read twice. */
  readonly strict?: boolean | undefined;
  /** Stores nothing, and counts what would be stored. */
  readonly dryRun?: boolean | undefined;
}

/** What to do with the lines: parse them, count what would be stored, or store them. */
type Mode = 'check' | 'count' | 'store';

/** The key of a metadata (`undefined` for one that is not registered yet), or why there is none. */
type Found = { readonly key: string | undefined } | { readonly problem: string };

/**
 * Stores the points of a file with their metadata; each batch is a transaction. Bad lines are counted and skipped. It
 * may be interrupted anywhere: a second run skips what the first one has stored.
 * @param open reads the file from its beginning.
 * Throws an `OperatorError` where `strict` finds bad lines; nothing is stored then, and `report` names them.
 */
export async function importFile(
  target: FileTarget,
  open: () => AsyncIterable<FileLine>,
  { strict = false, dryRun = false, signal }: FileImportOptions = {},
  report = new ImportReport(),
): Promise<ImportReport> {
  if (strict) {
    const checked = new ImportReport();
    await new FileImport(target, checked, 'check').run(open(), signal);
    for (const { line, problem } of checked.badLines) report.badLine(line, problem);
    report.badLineCount = checked.badLineCount;
    if (report.badLineCount > 0) throw new OperatorError(`Nothing was stored: ${report.badLineCount} bad lines.`);
  }
  await new FileImport(target, report, dryRun ? 'count' : 'store').run(open(), signal);
  return report;
}

class FileImport {
  private readonly found = new LRUCache<string, Found>({ max: CACHE_SIZE });
  /** Counted metadata, by key or identity. */
  private readonly counted = new Set<string>();
  private batch: ImportedPoint[] = [];
  private bytes = 0;

  constructor(
    private readonly target: FileTarget,
    private readonly report: ImportReport,
    private readonly mode: Mode,
  ) {}

  async run(lines: AsyncIterable<FileLine>, signal: AbortSignal | undefined): Promise<void> {
    for await (const line of lines) {
      if (line.kind === 'bad') this.report.badLine(line.line, line.problem);
      else if (line.kind === 'left out') this.report.skip(line.reason);
      else await this.add(line);
      if (this.batch.length < BATCH_POINTS && this.bytes < BATCH_BYTES) continue;
      await this.flush();
      signal?.throwIfAborted();
    }
    await this.flush();
  }

  private async add(record: FileRecord): Promise<void> {
    const value = valueOf(record, this.target.dataTypeOf);
    const found = typeof value === 'string' ? { problem: value } : await this.find(record);
    if ('problem' in found || typeof value === 'string') {
      this.report.badLine(record.line, 'problem' in found ? found.problem : '');
      return;
    }
    this.report.points.read++;
    // In a dry run, all points of a metadata that is not registered would be new.
    if (found.key === undefined) this.report.points.stored++;
    else this.batch.push({ metadataKey: found.key, eventType: record.eventType, micros: record.micros, ...value });
    this.bytes += value.document?.length ?? 0;
  }

  private async flush(): Promise<void> {
    const { batch, mode } = this;
    [this.batch, this.bytes] = [[], 0];
    if (batch.length === 0 || mode === 'check') return;
    if (mode === 'count') {
      const fresh = await this.target.countNew(batch);
      this.report.points.stored += fresh;
      this.report.points.there += batch.length - fresh;
      return;
    }
    const { stored, there, expired } = await this.target.write(batch);
    this.report.points.stored += stored;
    this.report.points.there += there;
    this.report.skip('points older than the retention here', expired);
  }

  private async find(record: FileRecord): Promise<Found> {
    const subject = subjectOf(record);
    let found = this.found.get(subject);
    if (!found) {
      found = await this.lookUp(record).catch((error: unknown): Found => {
        if (error instanceof Invalid) return { problem: error.message };
        throw error;
      });
      this.found.set(subject, found);
    }
    return found;
  }

  private async lookUp(record: FileRecord): Promise<Found> {
    const { key, metadata } = metadataOf(record, this.target.dataTypeOf);
    if (!metadata) {
      const series = await this.target.ofKey(key);
      if (!series) return { problem: `metadata-key: there is no metadata ${key}` };
      if (!series.has(record.eventType)) return { problem: `metadata ${key} has no event type ${record.eventType}` };
      this.count(key, false);
      return { key };
    }
    if (this.mode === 'store') {
      const { key: here, isNew } = await this.target.register(metadata, key);
      this.count(here, isNew);
      return { key: here };
    }
    const known = await this.target.peek(metadata);
    this.count(known?.key ?? metadata.identity.toString('hex'), !known);
    return { key: known?.series.has(record.eventType) ? known.key : undefined };
  }

  private count(metadata: string, isNew: boolean): void {
    if (this.counted.has(metadata)) return;
    this.counted.add(metadata);
    this.report.metadata.read++;
    if (isNew) this.report.metadata.created++;
    else this.report.metadata.there++;
  }
}

/** The value as it is stored, or what is wrong with it. */
function valueOf({ eventType, value }: FileRecord, dataTypeOf: DataTypeOf): StoredValue | string {
  const dataType = dataTypeOf(eventType);
  if (dataType === undefined) return `there is no event type ${JSON.stringify(eventType)}`;
  try {
    return DATA_TYPES[dataType].parse(value);
  } catch (error) {
    if (error instanceof Invalid) return `val: ${error.message}`;
    throw error;
  }
}
