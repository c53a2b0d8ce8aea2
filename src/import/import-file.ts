import { LRUCache } from 'lru-cache';
import { Invalid, OperatorError } from '../common/errors.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { DATA_TYPES, type StoredValue } from '../event-types/data-types.js';
import { type Progress } from '../jobs/progress.js';
import { Account } from './import-report.js';
import { type FileLine, type FileRecord } from './file-line.js';
import { metadataOf, subjectOf } from './file-metadata.js';
import { type FileTarget, type ImportedPoint } from './target.js';

/** What one transaction stores at most. */
const BATCH_POINTS = 5_000;
const BATCH_BYTES = 8 * 1024 ** 2;

/** How many metadata are remembered. */
const REMEMBERED = 100_000;

/** How to import a file. */
export interface FileImportOptions extends Progress {
  /** Stores nothing where a line is bad; the file is read twice then. */
  readonly strict?: boolean | undefined;
  /** Stores nothing, and says what would be stored. */
  readonly dryRun?: boolean | undefined;
}

/** What is to be done with the lines: only look at them, say what would be stored, or store. */
type Mode = 'check' | 'count' | 'store';

/** The key of a metadata here; `undefined` for one that is not here yet; or why there is none. */
type Found = { readonly key: string | undefined } | { readonly problem: string };

/**
 * Stores the points of a file with their metadata; each batch is a transaction. Bad lines are counted and left out. It
 * may end anywhere: a second run finds there what the first has stored.
 * @param open reads the file from its beginning.
 * Throws an `OperatorError` where `strict` finds bad lines; nothing is stored then, and `account` names them.
 */
export async function importFile(
  target: FileTarget,
  open: () => AsyncIterable<FileLine>,
  { strict = false, dryRun = false, signal }: FileImportOptions = {},
  account = new Account(),
): Promise<Account> {
  if (strict) {
    const checked = new Account();
    await new FileImport(target, checked, 'check').run(open(), signal);
    for (const { line, problem } of checked.badLines) account.badLine(line, problem);
    account.badLineCount = checked.badLineCount;
    if (account.badLineCount > 0) throw new OperatorError(`Nothing was stored: ${account.badLineCount} bad lines.`);
  }
  await new FileImport(target, account, dryRun ? 'count' : 'store').run(open(), signal);
  return account;
}

class FileImport {
  private readonly found = new LRUCache<string, Found>({ max: REMEMBERED });
  /** The metadata that were counted, by key or identity. */
  private readonly counted = new Set<string>();
  private batch: ImportedPoint[] = [];
  private bytes = 0;

  constructor(
    private readonly target: FileTarget,
    private readonly account: Account,
    private readonly mode: Mode,
  ) {}

  async run(lines: AsyncIterable<FileLine>, signal: AbortSignal | undefined): Promise<void> {
    for await (const line of lines) {
      if (line.kind === 'bad') this.account.badLine(line.line, line.problem);
      else if (line.kind === 'left out') this.account.skip(line.reason);
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
      this.account.badLine(record.line, 'problem' in found ? found.problem : '');
      return;
    }
    this.account.points.read++;
    // Of a metadata that is not here, a dry run knows that all points would be new.
    if (found.key === undefined) this.account.points.stored++;
    else this.batch.push({ metadataKey: found.key, eventType: record.eventType, micros: record.micros, ...value });
    this.bytes += value.document?.length ?? 0;
  }

  private async flush(): Promise<void> {
    const { batch, mode } = this;
    [this.batch, this.bytes] = [[], 0];
    if (batch.length === 0 || mode === 'check') return;
    if (mode === 'count') {
      const fresh = await this.target.countNew(batch);
      this.account.points.stored += fresh;
      this.account.points.there += batch.length - fresh;
      return;
    }
    const { stored, there, expired } = await this.target.write(batch);
    this.account.points.stored += stored;
    this.account.points.there += there;
    this.account.skip('points older than the retention here', expired);
  }

  private async find(record: FileRecord): Promise<Found> {
    const subject = subjectOf(record);
    let found = this.found.get(subject);
    if (!found) {
      found = await this.look(record).catch((error: unknown): Found => {
        if (error instanceof Invalid) return { problem: error.message };
        throw error;
      });
      this.found.set(subject, found);
    }
    return found;
  }

  private async look(record: FileRecord): Promise<Found> {
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
    const known = await this.target.look(metadata);
    this.count(known?.key ?? metadata.identity.toString('hex'), !known);
    return { key: known?.series.has(record.eventType) ? known.key : undefined };
  }

  private count(metadata: string, isNew: boolean): void {
    if (this.counted.has(metadata)) return;
    this.counted.add(metadata);
    this.account.metadata.read++;
    if (isNew) this.account.metadata.created++;
    else this.account.metadata.there++;
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
