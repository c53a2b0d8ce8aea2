import { BackupReader } from './backup-reader.js';
import { type Description, type Manifest } from './format.js';
import { type Progress } from '../jobs/progress.js';

/** The content of a file. */
export interface Contents {
  readonly description: Description;
  readonly manifest: Manifest;
}

/**
 * Reads a file from its beginning to its end and compares it with its checksums; needs no database, and memory stays
 * flat. Throws an `OperatorError` where it is no complete backup.
 */
export async function checkBackup(file: string, { onProgress, signal }: Progress = {}): Promise<Contents> {
  const size = await BackupReader.size(file);
  const reader = await BackupReader.open(file, (bytes) => onProgress?.(bytes, size));
  for await (const _ of reader.parts()) signal?.throwIfAborted();
  return { description: reader.description, manifest: reader.contents };
}
