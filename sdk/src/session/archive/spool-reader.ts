import { type FileHandle, open } from 'node:fs/promises';
import { isMissing, type Position, spoolFile, spoolFiles } from './spool-files.js';
import { decodeRecord, type SpoolRecord } from './spool-record.js';

const READ_BYTES = 256 * 1024;

/** A record, and the place behind it. */
export interface PlacedRecord extends SpoolRecord {
  readonly end: Position;
  /** Its length in the file. */
  readonly bytes: number;
}

/**
 * Reads the records of a spool in their order, while others may append to it, and delete files before the place of this
 * reader. A file is read to its end before the next one; what is no whole record at the end of a file is left out.
 */
export class SpoolReader {
  private handle: FileHandle | undefined;
  private readonly page = Buffer.allocUnsafe(READ_BYTES);
  /** What was read behind `position`; records are parts of it. */
  private bytes: Buffer = Buffer.alloc(0);

  /** @param onDamage is told of bytes that are left out, though there is a later file. */
  constructor(
    private readonly directory: string,
    private position: Position,
    private readonly onDamage: (message: string) => void,
  ) {}

  /** The next record; `undefined` where there is none, or not the whole of it, yet. */
  async next(): Promise<PlacedRecord | undefined> {
    for (;;) {
      const found = decodeRecord(this.bytes);
      if (found === 'damaged') {
        if (!(await this.leaveFile())) return undefined;
      } else if (found === 'torn') {
        if (!(await this.readMore()) && !(await this.leaveFile())) return undefined;
      } else {
        this.bytes = this.bytes.subarray(found.length);
        this.position = { file: this.position.file, offset: this.position.offset + found.length };
        return { ...found.record, end: this.position, bytes: found.length };
      }
    }
  }

  async close(): Promise<void> {
    await this.handle?.close();
    this.handle = undefined;
  }

  /** Reads more of the file; returns whether there was more. */
  private async readMore(): Promise<boolean> {
    const { file, offset } = this.position;
    try {
      this.handle ??= await open(spoolFile(this.directory, file), 'r');
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
    const { bytesRead } = await this.handle.read(this.page, 0, this.page.length, offset + this.bytes.length);
    if (bytesRead > 0) this.bytes = Buffer.concat([this.bytes, this.page.subarray(0, bytesRead)]);
    return bytesRead > 0;
  }

  /** Goes on with the next file; returns whether there is one. */
  private async leaveFile(): Promise<boolean> {
    const next = (await spoolFiles(this.directory)).find((file) => file > this.position.file);
    if (next === undefined) return false;
    // The file may have grown after its end was read, and before the next one was made.
    if (decodeRecord(this.bytes) === 'torn' && (await this.readMore())) return true;
    if (this.bytes.length > 0)
      this.onDamage(
        `${spoolFile(this.directory, this.position.file)} is damaged: from byte ${this.position.offset} on it is left out`,
      );
    await this.close();
    this.bytes = Buffer.alloc(0);
    this.position = { file: next, offset: 0 };
    return true;
  }
}
