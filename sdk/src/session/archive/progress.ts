import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Position, spoolFiles } from './spool-files.js';

/** How far a spool is sent. */
export interface Progress {
  /** All before it is acknowledged. */
  position: Position;
  /** How many points the archive has. */
  rows: number;
  /** How many points it refused. */
  refused: number;
  /** The streams that it refused: their points must not be sent. */
  readonly refusedStreams: Set<string>;
}

/**
 * Reads how far a spool was sent: from its begin where nothing tells. Not more than that is needed, because each record
 * may be sent twice: sessions and streams have ids, points have row numbers.
 */
export async function readProgress(directory: string): Promise<Progress> {
  const [first = 1] = await spoolFiles(directory);
  const begin = { position: { file: first, offset: 0 }, rows: 0, refused: 0, refusedStreams: new Set<string>() };
  const text = await readFile(progressFile(directory), 'utf8').catch(() => undefined);
  if (text === undefined) return begin;
  try {
    // Only this code writes the file; what a crash made of it is caught.
    const saved = JSON.parse(text) as Omit<Progress, 'refusedStreams'> & { refusedStreams: string[] };
    const isBehind = saved.position.file < first;
    return {
      ...saved,
      position: isBehind ? begin.position : saved.position,
      refusedStreams: new Set(saved.refusedStreams),
    };
  } catch {
    return begin;
  }
}

/** Writes how far a spool is sent. */
export async function saveProgress(directory: string, progress: Progress): Promise<void> {
  const path = progressFile(directory);
  const text = JSON.stringify({ ...progress, refusedStreams: [...progress.refusedStreams] });
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** Where it is written. */
export function progressFile(directory: string): string {
  return join(directory, 'position.json');
}
