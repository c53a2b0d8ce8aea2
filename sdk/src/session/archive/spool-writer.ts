import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { spoolFile, spoolFiles, syncDirectory } from './spool-files.js';
import { encodeRecord, type RecordKind } from './spool-record.js';

/** When what was written is made to survive a power cut; a crash of the process alone it survives in any case. */
export type SyncPolicy = 'always' | 'interval' | 'never';

const SYNC_INTERVAL_MS = 200;

/** A file is not begun any more when it has this length, so that what is sent can be deleted. */
const FILE_BYTES = 8 * 1024 * 1024;

/** Appends records to the spool of a session. Calls must not overlap. */
export class SpoolWriter {
  /** How many bytes were written. */
  bytes = 0;
  private fileBytes = 0;
  private handle: FileHandle | undefined;
  private timer: NodeJS.Timeout | undefined;
  private syncFailure: Error | undefined;

  private constructor(
    private readonly directory: string,
    private readonly sync: SyncPolicy,
    /** The number of the last file. */
    private file: number,
  ) {}

  /** Begins a spool. Rejects where there is one already: its records are not sent yet. */
  static async create(directory: string, sync: SyncPolicy): Promise<SpoolWriter> {
    await mkdir(directory, { recursive: true });
    if ((await spoolFiles(directory)).length > 0)
      throw new Error(
        `${directory} holds records of an earlier run: send them with ArchiveBackend.resume, or delete the directory`,
      );
    return new SpoolWriter(directory, sync, 0);
  }

  /** Goes on with a spool behind its last file, whose process is gone. */
  static async continue(directory: string, sync: SyncPolicy): Promise<SpoolWriter> {
    return new SpoolWriter(directory, sync, (await spoolFiles(directory)).at(-1) ?? 0);
  }

  /** Resolves when the record is written, and survives a crash of this process. Rejects where the disk is full. */
  async append(kind: RecordKind, payload: Uint8Array): Promise<void> {
    if (this.syncFailure) throw this.syncFailure;
    this.handle ??= await this.next();
    const record = encodeRecord(kind, payload);
    await this.handle.appendFile(record);
    this.bytes += record.length;
    this.fileBytes += record.length;
    if (this.sync === 'always') await this.handle.datasync();
    if (this.sync === 'interval') this.timer ??= setTimeout(() => void this.syncSoon(), SYNC_INTERVAL_MS);
    if (this.fileBytes >= FILE_BYTES) await this.close();
  }

  /** Makes what was written survive a power cut, unless that is not wished, and closes the file. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { handle } = this;
    this.handle = undefined;
    if (this.sync !== 'never') await handle?.datasync();
    await handle?.close();
  }

  private async next(): Promise<FileHandle> {
    this.file++;
    this.fileBytes = 0;
    const handle = await open(spoolFile(this.directory, this.file), 'ax');
    if (this.sync !== 'never') await syncDirectory(this.directory);
    return handle;
  }

  private async syncSoon(): Promise<void> {
    this.timer = undefined;
    const { handle } = this;
    try {
      await handle?.datasync();
    } catch (error) {
      // Unless the file was closed meanwhile, which syncs it, too.
      if (this.handle === handle) this.syncFailure = error as Error;
    }
  }
}
