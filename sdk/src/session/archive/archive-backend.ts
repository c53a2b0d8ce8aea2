import { join } from 'node:path';
import { type Backend, type Handed, type HandedColumns, type SessionInfo, type StreamInfo } from '../backend.js';
import { type Meta } from '../meta.js';
import { type BackendReport } from '../report.js';
import { type Control, type ControlKind, sessionControl, sessionPatch, streamControl, streamPatch } from './control.js';
import { encodePoints } from './points-payload.js';
import { recordsOf } from './records-of.js';
import { resume, type ResumeOptions, type ResumeReport } from './resume.js';
import { Sender, type SenderOptions } from './sender.js';
import { SessionApi } from './session-api.js';
import { SpoolWriter, type SyncPolicy } from './spool-writer.js';

/** How points reach an archive. */
export interface ArchiveOptions extends SenderOptions {
  /**
   * Whether the archive keeps the points of streams that are aggregated: it does unless given. Points of the others are
   * kept in any case.
   */
  readonly storeRaw?: boolean | undefined;
  /** The directory in which each session gets one of its own: `./spool` unless given. */
  readonly spoolDir?: string | undefined;
  /** How many bytes may wait there before those who put have to wait: 1 GiB unless given. */
  readonly spoolBytes?: number | undefined;
  /** When records are made to survive a power cut: every 200 ms (`interval`) unless given. */
  readonly sync?: SyncPolicy | undefined;
}

/**
 * Sends a session to an archive. Everything goes into files first, and from there to the archive, however long that is
 * away; what is there when the process ends, or is killed, `ArchiveBackend.resume` sends later. Each point is stored
 * once.
 */
export class ArchiveBackend implements Backend {
  readonly name = 'ArchiveBackend';
  readonly takes = 'points';
  private writer: SpoolWriter | undefined;
  private sender: Sender | undefined;
  private sending: Promise<void> | undefined;
  /** How many points were put. */
  private rows = 0;
  /** Wakes those who wait for room. */
  private waiting: (() => void)[] = [];
  private readonly spoolBytes: number;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(private readonly options: ArchiveOptions) {
    this.spoolBytes = options.spoolBytes ?? 1024 ** 3;
    new SessionApi(options, '', new AbortController().signal);
  }

  /**
   * Sends what earlier processes have left in a spool, session by session, and resolves when nothing is left of them.
   * @param directory the `spoolDir` of a backend, or the directory of one session in it.
   */
  static resume(directory: string, options: ResumeOptions): Promise<ResumeReport[]> {
    return resume(directory, options);
  }

  /** Rejects where a spool of a session with this id is there already. */
  async open(session: SessionInfo): Promise<void> {
    const { spoolDir = './spool', sync = 'interval' } = this.options;
    const directory = join(spoolDir, session.id);
    this.writer = await SpoolWriter.create(directory, sync);
    this.sender = await Sender.create({ directory, session: session.id, isNew: true }, this.options, () => {
      for (const wake of this.waiting.splice(0)) wake();
    });
    await this.appendControl('session', sessionControl(session));
    this.sending = this.sender.run();
  }

  async registerStream(stream: StreamInfo): Promise<void> {
    const isKept = stream.raw && (!stream.aggregate || this.options.storeRaw !== false);
    await this.appendControl('stream', streamControl(stream, isKept));
  }

  async put(...handed: Handed): Promise<void> {
    // As `takes` says.
    const columns = handed as HandedColumns;
    for (const [from, to] of recordsOf(columns, this.options.chunkRows ?? 10_000)) {
      await this.writer?.append('points', encodePoints(columns, from, to));
      this.rows += to - from;
    }
    this.sender?.notify();
  }

  async ready(): Promise<void> {
    while (this.sender?.isSending && (this.writer?.bytes ?? 0) - this.sender.acknowledged > this.spoolBytes)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async updateJob(meta: Meta): Promise<void> {
    await this.appendControl('patch', sessionPatch(meta));
  }

  async updateStream({ id }: StreamInfo, meta: Meta): Promise<void> {
    await this.appendControl('patch', streamPatch(id, meta));
  }

  async close(testEnd: number, signal: AbortSignal): Promise<BackendReport | undefined> {
    return this.end('close', testEnd, signal);
  }

  async interrupt(testEnd: number, signal: AbortSignal): Promise<BackendReport | undefined> {
    return this.end('interrupt', testEnd, signal);
  }

  private async appendControl(kind: ControlKind, control: Control): Promise<void> {
    await this.writer?.append(kind, Buffer.from(JSON.stringify(control)));
    this.sender?.notify();
  }

  /** Sends what is left, until the signal. The files are complete before, and stay where something is left. */
  private async end(
    kind: 'close' | 'interrupt',
    testEnd: number,
    signal: AbortSignal,
  ): Promise<BackendReport | undefined> {
    const { writer, sender } = this;
    if (writer === undefined || sender === undefined) return undefined;
    const failure = await this.finish(writer, kind, testEnd);
    sender.drain();
    const stop = (): void => {
      sender.stop();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    await this.sending;
    signal.removeEventListener('abort', stop);
    const report = sender.report(this.rows);
    return failure ? { ...report, status: 'failed', error: failure } : report;
  }

  /** Ends the spool; returns why that was not possible. */
  private async finish(writer: SpoolWriter, kind: ControlKind, testEnd: number): Promise<Error | undefined> {
    try {
      await writer.append(kind, Buffer.from(JSON.stringify({ body: { 'test-end': testEnd } } satisfies Control)));
      await writer.close();
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }
}
