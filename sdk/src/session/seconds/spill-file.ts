import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a blob lies. */
export interface Place {
  readonly offset: number;
  readonly length: number;
}

/** Blobs in a temporary file: what is seldom needed again must not fill the memory of a test that runs for days. */
export class SpillFile {
  private file: number | undefined;
  private end = 0;

  /** Throws where the disk does not take it. */
  write(blob: Uint8Array): Place {
    this.file ??= openNameless();
    const place = { offset: this.end, length: blob.byteLength };
    for (let done = 0; done < blob.byteLength;)
      done += writeSync(this.file, blob, done, blob.byteLength - done, this.end + done);
    this.end += blob.byteLength;
    return place;
  }

  read({ offset, length }: Place): Uint8Array {
    const blob = new Uint8Array(length);
    if (this.file === undefined || readSync(this.file, blob, 0, length, offset) !== length)
      throw new Error('the temporary file of the session lacks what was written to it');
    return blob;
  }

  /** Gives the disk space back. */
  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

/** A file that nobody else finds, and that is gone with the process. */
function openNameless(): number {
  const directory = mkdtempSync(join(tmpdir(), 'marigram-session-'));
  const file = openSync(join(directory, 'seconds'), 'wx+');
  rmSync(directory, { recursive: true, force: true });
  return file;
}
