import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A place in the spool of a session: before it, everything is known to the archive. */
export interface Position {
  /** The number of the file. */
  readonly file: number;
  /** Bytes from its begin. */
  readonly offset: number;
}

/** The path of a file of a spool. */
export function spoolFile(directory: string, file: number): string {
  return join(directory, `${String(file).padStart(6, '0')}.spool`);
}

/** The numbers of the files of a spool, ascending; none where there is no such directory. */
export async function spoolFiles(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  return names.flatMap((name) => /^(\d{6,})\.spool$/.exec(name)?.slice(1).map(Number) ?? []).sort((a, b) => a - b);
}

/** Deletes the files before a number. */
export async function deleteBefore(directory: string, file: number): Promise<void> {
  for (const number of await spoolFiles(directory))
    if (number < file) await rm(spoolFile(directory, number), { force: true });
}

/** Makes the names in a directory survive a power cut, where the system can do that. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/** Whether an error says that there is no such file. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
