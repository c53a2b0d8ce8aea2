import { rm, rmdir } from 'node:fs/promises';
import { type BackendReport } from '../report.js';
import { type Batch } from './batch.js';
import { Batches } from './batches.js';
import { type Chunk, chunksOf, halvesOf } from './chunk.js';
import { type Control, type ControlKind, pathOf, REQUESTS } from './control.js';
import { Persistence, type PersistenceOptions, Refused } from './persistence.js';
import { type Progress, progressFile, readProgress, saveProgress } from './progress.js';
import { Refusals } from './refusals.js';
import { type ApiOptions, SessionApi } from './session-api.js';
import { deleteBefore } from './spool-files.js';
import { SpoolReader } from './spool-reader.js';

/** How a spool is sent. */
export interface SenderOptions extends ApiOptions, PersistenceOptions {
  /** How many points a request has at most: 10,000 unless given. */
  readonly chunkRows?: number | undefined;
  /** How long points wait for others, to be sent in one request: 1,000 ms unless given. */
  readonly flushMs?: number | undefined;
}

/** The spool of a session. */
export interface Spool {
  readonly directory: string;
  readonly session: string;
  /** Whether this process made it: whatever an archive has of its streams already is not from here. */
  readonly isNew: boolean;
}

/** How many requests are under way at a time: the row numbers make their order of no matter. */
const CONNECTIONS = 4;

/**
 * Sends the spool of one session, record by record, and remembers how far it is. What an archive refuses for good goes
 * into `refused.ndjson`, and the rest goes on; but nothing is sent to a session that is not this one.
 */
export class Sender {
  /** How many bytes of the spool were acknowledged since this began. */
  acknowledged = 0;
  private readonly controller = new AbortController();
  private readonly api: SessionApi;
  private readonly persistence: Persistence;
  private readonly refusals: Refusals;
  private chunkRows: number;
  private readonly reader: SpoolReader;
  private readonly batches: Batches;
  private state: 'sending' | 'behind' | 'caught up' | 'ended' = 'sending';
  /** Whether the archive has another session of this id. */
  private isStranger = false;
  /** What was refused first, or is damaged. */
  private error: Error | undefined;

  private constructor(
    private readonly spool: Spool,
    options: SenderOptions,
    private readonly progress: Progress,
    private readonly onProgress: (progress: Progress) => void,
  ) {
    this.api = new SessionApi(options, spool.session, this.controller.signal);
    this.persistence = new Persistence(options, this.controller.signal);
    this.refusals = new Refusals(spool.directory);
    this.chunkRows = options.chunkRows ?? 10_000;
    this.reader = new SpoolReader(spool.directory, progress.position, (message) => {
      this.complain(new Error(message));
    });
    this.batches = new Batches(this.reader, options.flushMs ?? 1_000, this.controller.signal);
  }

  /** @param onProgress is called when some of the spool is acknowledged, and when nothing more will be. */
  static async create(spool: Spool, options: SenderOptions, onProgress: (progress: Progress) => void): Promise<Sender> {
    return new Sender(spool, options, await readProgress(spool.directory), onProgress);
  }

  /** Whether `run` has not ended. */
  get isSending(): boolean {
    return this.state === 'sending';
  }

  /** Sends until the session is ended, or nothing is left after `drain`, or until `stop`. Never rejects. */
  async run(): Promise<void> {
    let state: typeof this.state = 'behind';
    try {
      let batch: Batch | undefined;
      while ((batch = await this.batches.next(this.chunkRows))) {
        await this.deliver(batch);
        await this.acknowledge(batch);
        if (batch.control?.kind === 'close' || batch.control?.kind === 'interrupt') break;
      }
      state = batch ? 'ended' : 'caught up';
      if (batch) await this.clean();
    } catch (error) {
      if (!this.controller.signal.aborted) this.complain(error as Error);
    } finally {
      await this.reader.close();
      this.state = state;
      this.onProgress(this.progress);
    }
  }

  /** Tells that the spool has more. */
  notify(): void {
    this.batches.notify();
  }

  /** Tells that no more will come: nothing waits for company, and `run` ends behind the last record. */
  drain(): void {
    this.batches.drain();
  }

  /** Breaks off what is under way; `run` ends. */
  stop(): void {
    this.controller.abort(new Error('stopped'));
  }

  /** What became of the records. @param rows how many points the spool has had in all. */
  report(rows: number): BackendReport & Record<'rows' | 'pending' | 'refused', number> {
    const { progress } = this;
    const isWaiting = this.state === 'behind' && !this.isStranger;
    const error = this.error ?? (isWaiting ? this.persistence.problem : undefined);
    const status = isWaiting ? 'spooled' : error ? 'refused' : 'complete';
    return {
      status,
      rows: progress.rows,
      pending: rows - progress.rows - progress.refused,
      refused: progress.refused,
      url: this.api.url,
      ...(error && { error }),
    };
  }

  private async deliver({ control, points }: Batch): Promise<void> {
    if (control) {
      // Only this package writes such records, and their sum was right. Of these kinds none has points.
      const content = JSON.parse(control.payload.toString()) as Control;
      await this.sendControl(control.kind as ControlKind, content);
      return;
    }
    const chunks = chunksOf(points, this.chunkRows);
    const work = async (): Promise<void> => {
      for (let chunk = chunks.shift(); chunk; chunk = chunks.shift()) await this.sendPoints(chunk);
    };
    const results = await Promise.allSettled(Array.from({ length: CONNECTIONS }, work));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  private async sendPoints(chunk: Chunk): Promise<void> {
    if (this.progress.refusedStreams.has(chunk.stream)) {
      await this.refusePoints(chunk, new Error(`stream ${chunk.stream} was refused`));
      return;
    }
    const answer = await this.persistence.run(() => this.api.putPoints(chunk));
    if (!(answer instanceof Refused)) {
      this.progress.rows += chunk.rows;
      return;
    }
    const halves = answer.reason.status === 413 ? halvesOf(chunk) : undefined;
    if (halves === undefined) {
      await this.refusePoints(chunk, answer.reason);
      return;
    }
    // The next ones will be too large, too.
    this.chunkRows = Math.min(this.chunkRows, halves[1].rows);
    for (const half of halves) await this.sendPoints(half);
  }

  private async sendControl(kind: ControlKind, control: Control): Promise<void> {
    const request = (): Promise<unknown> => this.api.json(REQUESTS[kind].method, pathOf(kind, control), control.body);
    const answer = await this.persistence.run(request);
    const refusal = answer instanceof Refused ? answer.reason : this.intruderIn(kind, control, answer);
    if (refusal === undefined) return;
    if (kind === 'session') {
      // Whatever follows would go into the session of somebody else.
      this.isStranger = true;
      throw refusal;
    }
    if (kind === 'stream' && control.stream !== undefined) this.progress.refusedStreams.add(control.stream);
    await this.refusals.keep({ [kind]: control }, refusal);
    this.complain(refusal);
  }

  /** The error of a new stream that has points of another client: ours with the same row numbers would be ignored. */
  private intruderIn(kind: ControlKind, { stream }: Control, answer: unknown): Error | undefined {
    const next = (answer as { 'next-row'?: unknown } | null)?.['next-row'];
    if (kind !== 'stream' || !this.spool.isNew || typeof next !== 'number' || next === 0) return undefined;
    return new Error(`stream ${stream} has ${next} rows of another client: give this one another id`);
  }

  private async refusePoints(chunk: Chunk, reason: Error): Promise<void> {
    this.progress.refused += chunk.rows;
    await this.refusals.points(chunk, reason);
    this.complain(reason);
  }

  private async acknowledge({ end, bytes }: Batch): Promise<void> {
    if (end === undefined) return;
    const isNextFile = end.file > this.progress.position.file;
    this.progress.position = end;
    this.acknowledged += bytes;
    await saveProgress(this.spool.directory, this.progress);
    if (isNextFile) await deleteBefore(this.spool.directory, end.file);
    this.onProgress(this.progress);
  }

  /** Removes the spool; what was refused stays. */
  private async clean(): Promise<void> {
    const { directory } = this.spool;
    await deleteBefore(directory, Infinity);
    await rm(progressFile(directory), { force: true });
    // Not empty where something was refused.
    await rmdir(directory).catch(() => undefined);
  }

  private complain(problem: Error): void {
    this.error ??= problem;
    this.persistence.tell(problem);
  }
}
