import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Backend, type Handed, type SessionInfo, type StreamInfo, type Table } from '../backend.js';
import { type Meta, withChanges } from '../meta.js';
import { sortedJson } from './python-text.js';
import { headerOf, linesOf, tablesOf } from './table-format.js';
import { TableFile } from './table-file.js';

/** Where files are written. */
export interface LocalStorageOptions {
  /** The directory in which each session gets one of its own: `./logs` unless given. */
  dir?: string | undefined;
}

/** A stream, its meta as it is now, and its files. */
interface LocalStream {
  readonly info: StreamInfo;
  meta: Meta;
  readonly files: ReadonlyMap<Table, TableFile>;
}

/**
 * Writes a session into files, in the layout of netort: `DIR/SESSION/meta.json`, and a file `TABLE_STREAM.data` for each
 * table of each stream, whose first line says what the columns are. Rejects where the session's directory exists.
 */
export class LocalStorageBackend implements Backend {
  readonly name = 'LocalStorageBackend';
  private readonly dir: string;
  private readonly streams = new Map<string, LocalStream>();
  private job: Meta = {};
  /** Where this session is written; empty until that is its own. */
  private folder = '';
  private start = 0;

  constructor({ dir = './logs' }: LocalStorageOptions = {}) {
    this.dir = dir;
  }

  async open({ id, name, operator, testStart, meta }: SessionInfo): Promise<void> {
    this.start = testStart;
    this.job = { ...meta, ...(name !== undefined && { name }), ...(operator !== undefined && { operator }) };
    await mkdir(this.dir, { recursive: true });
    // Not over another session: the ids of streams, which name the files, may be the same.
    await mkdir(join(this.dir, id));
    this.folder = join(this.dir, id);
    await this.writeMeta('open');
  }

  async registerStream(info: StreamInfo): Promise<void> {
    const files = new Map<Table, TableFile>();
    this.streams.set(info.id, { info, meta: info.meta, files });
    for (const table of tablesOf(info)) {
      const path = join(this.folder, `${table}_${info.id}.data`);
      files.set(table, await TableFile.create(path, headerOf(table, info)));
    }
    await this.writeMeta('open');
  }

  async put(...handed: Handed): Promise<void> {
    const [table, { id }, data] = handed;
    const file = this.streams.get(id)?.files.get(table);
    const lines = linesOf(handed, this.start);
    await ('row' in data ? file?.append(lines) : file?.appendSecond(data.ts, lines));
  }

  async updateJob(meta: Meta): Promise<void> {
    this.job = withChanges(this.job, meta);
    await this.writeMeta('open');
  }

  /** Only `meta.json` tells of it: the first lines of files stay as they are. */
  async updateStream({ id }: StreamInfo, meta: Meta): Promise<void> {
    const stream = this.streams.get(id);
    if (stream) stream.meta = withChanges(stream.meta, meta);
    await this.writeMeta('open');
  }

  async close(testEnd: number): Promise<undefined> {
    await this.end('closed', testEnd);
  }

  async interrupt(testEnd: number): Promise<undefined> {
    await this.end('interrupted', testEnd);
  }

  private async end(status: 'closed' | 'interrupted', testEnd: number): Promise<void> {
    if (this.folder === '') return;
    for (const { files } of this.streams.values()) for (const file of files.values()) await file.close();
    await this.writeMeta(status, testEnd);
  }

  private async writeMeta(status: 'open' | 'closed' | 'interrupted', testEnd?: number): Promise<void> {
    const metrics = [...this.streams.values()].flatMap(({ info, meta, files }) =>
      [...files.keys()].map((table) => [`${table}_${info.id}`, { ...headerOf(table, info), meta }] as const),
    );
    const job = { ...this.job, test_start: this.start, ...(testEnd !== undefined && { test_end: testEnd }) };
    const path = join(this.folder, 'meta.json');
    await writeFile(`${path}.new`, sortedJson({ job_meta: job, metrics: Object.fromEntries(metrics), status }));
    await rename(`${path}.new`, path);
  }
}
