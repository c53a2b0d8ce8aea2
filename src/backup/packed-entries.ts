import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import tar from 'tar-stream';
import { BadBackup } from './format.js';

/** Longer entries are not made: PostgreSQL itself can't put a longer row together. */
const LONGEST = 1024 ** 3;

/** A file that is packed in another one. */
export interface PackedEntry {
  readonly name: string;
  readonly content: Buffer;
}

/**
 * The entries of a gzip'd tar archive, in its order; memory holds one of them. `onBytes` hears how many bytes of the
 * archive have been read. Throws what is wrong with it as zlib, tar-stream and the file system say it, or `BadBackup`.
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
  // Whatever fails in it, the loop fails with; awaited below.
  read.catch(() => undefined);
  for await (const entry of extract) {
    const { name, size = 0, type } = entry.header;
    if (type !== 'file' || size > LONGEST) throw new BadBackup(`${name} is no part of a backup`);
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk);
    yield { name, content: Buffer.concat(chunks) };
  }
  await read;
  // gzip ends before zero bytes, and takes no notice of what follows them.
  if (gunzip.bytesWritten !== source.bytesRead)
    throw new BadBackup(`${source.bytesRead - gunzip.bytesWritten} bytes follow its end`);
}
