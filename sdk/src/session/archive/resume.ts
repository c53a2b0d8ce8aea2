import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { type BackendReport } from '../report.js';
import { decodePoints } from './points-payload.js';
import { readProgress } from './progress.js';
import { Sender, type SenderOptions } from './sender.js';
import { spoolFiles } from './spool-files.js';
import { SpoolReader } from './spool-reader.js';
import { SpoolWriter } from './spool-writer.js';

/** How to send what is left in a spool. */
export interface ResumeOptions extends SenderOptions {
  /**
   * What becomes of a session whose process has not ended it: `leave` it open (unless given), since its process may still
   * run; or `interrupt` it, and remove its files.
   */
  readonly unfinished?: 'leave' | 'interrupt' | undefined;
  /** Is told how many of the points of a session are sent or refused. */
  readonly onProgress?: ((session: string, done: number, total: number) => void) | undefined;
  /** Ends the sending; the rest stays in the spool. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a session in a spool. */
export interface ResumeReport extends BackendReport {
  readonly session: string;
  /** Whether the session was closed or interrupted; else it is open in the archive. */
  readonly isEnded: boolean;
  readonly rows: number;
  readonly pending: number;
  readonly refused: number;
}

/** Sends what is left in a spool: see `ArchiveBackend.resume`. */
export async function resume(directory: string, options: ResumeOptions): Promise<ResumeReport[]> {
  const reports: ResumeReport[] = [];
  for (const session of await sessionsIn(directory)) reports.push(await resumeSession(session, options));
  return reports;
}

/** The directories of sessions in one: those below it, or it itself. */
async function sessionsIn(directory: string): Promise<string[]> {
  if ((await spoolFiles(directory)).length > 0) return [resolve(directory)];
  const entries = await readdir(directory, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    const path = resolve(join(directory, entry.name));
    if (entry.isDirectory() && (await spoolFiles(path)).length > 0) found.push(path);
  }
  return found.sort();
}

async function resumeSession(directory: string, options: ResumeOptions): Promise<ResumeReport> {
  const session = basename(directory);
  const left = await contentOf(directory);
  let { isEnded } = left;
  if (!isEnded && options.unfinished === 'interrupt') {
    const writer = await SpoolWriter.continue(directory, 'interval');
    await writer.append('interrupt', Buffer.from('{"body":{}}'));
    await writer.close();
    isEnded = true;
  }
  const sender = await Sender.create({ directory, session, isNew: false }, options, ({ rows, refused }) => {
    options.onProgress?.(session, rows + refused, left.rows);
  });
  const stop = (): void => {
    sender.stop();
  };
  options.signal?.addEventListener('abort', stop, { once: true });
  if (options.signal?.aborted) stop();
  sender.drain();
  await sender.run();
  options.signal?.removeEventListener('abort', stop);
  return { session, isEnded, ...sender.report(left.rows) };
}

/** How many points a spool has had in all, and whether it has the end of its session. */
async function contentOf(directory: string): Promise<{ rows: number; isEnded: boolean }> {
  const { position, ...progress } = await readProgress(directory);
  const reader = new SpoolReader(directory, position, () => undefined);
  let rows = progress.rows + progress.refused;
  let isEnded = false;
  for (let record = await reader.next(); record; record = await reader.next()) {
    if (record.kind === 'points') rows += decodePoints(record.payload).rows;
    if (record.kind === 'close' || record.kind === 'interrupt') isEnded = true;
  }
  await reader.close();
  return { rows, isEnded };
}
