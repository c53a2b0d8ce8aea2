import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import { BadBackup } from './backup-errors.js';

/** Longer entries are never written: PostgreSQL itself can't form a longer row. */
const MAX_ENTRY_BYTES = 1024 ** 3;

/** A file in a tar archive. */
export interface PackedEntry {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * The entries of a gzip'd tar archive, in its order; memory holds one of them. `onBytes` is called with the number of
 * bytes read so far. Throws the errors of zlib, tar-stream and the file system as they are, and `BadBackup`.
 */
export async function* packedEntries(
  file: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<PackedEntry, void, undefined> {
  const source = createReadStream(file);
  source.on('data', () => {
    onBytes(source.bytesRead);
  });
  const extract = tar.extract();
  const gunzip = createGunzip();
  const read = pipeline(source, gunzip, extract);
  // Its failures surface in the loop; awaited below.
  read.catch(() => undefined);
  for await (const entry of extract) {
    const { name, size = 0, type } = entry.header;
    if (type !== 'file' || size > MAX_ENTRY_BYTES) throw new BadBackup(`${name} is no part of a backup`);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk);
    yield { name, content: Buffer.concat(chunks) };
  }
  await read;
  // gunzip stops at zero bytes and ignores what follows them.
  if (gunzip.bytesWritten !== source.bytesRead)
    throw new BadBackup(`${source.bytesRead - gunzip.bytesWritten} bytes follow its end`);
}
