import { mkdir } from 'node:fs/promises';
import { News } from '../../session/archive/news.js';
import { Persistence, Refused } from '../../session/archive/persistence.js';
import { type Progress, readProgress, saveProgress } from '../../session/archive/progress.js';
import { Refusals } from '../../session/archive/refusals.js';
import { deleteBefore } from '../../session/archive/spool-files.js';
import { SpoolReader } from '../../session/archive/spool-reader.js';
import { SpoolWriter } from '../../session/archive/spool-writer.js';
import { type ArchivePost, type OpenSpool, type PostSpool } from './post-spool.js';

/** How long `close` waits for the archive. */
const CLOSE_MS = 5000;

/** Sends the requests in a directory one after the other, and remembers how far it is. */
class DiskSpool implements PostSpool {
  private readonly controller = new AbortController();
  private readonly persistence: Persistence;
  private readonly refusals: Refusals;
  private readonly reader: SpoolReader;
  private readonly sending: Promise<void>;
  private appending: Promise<unknown> = Promise.resolve();
  private readonly news = new News();
  private isClosing = false;

  constructor(
    private readonly directory: string,
    private readonly send: (post: ArchivePost) => Promise<string | undefined>,
    backoffMs: number | undefined,
    private readonly writer: SpoolWriter,
    private readonly progress: Progress,
    public pending: number,
  ) {
    const onProblem = (problem: Error): void => {
      process.emitWarning(`ArchiveWriter: ${problem.message}`);
    };
    this.persistence = new Persistence({ backoffMs, onProblem }, this.controller.signal);
    this.refusals = new Refusals(directory);
    this.reader = new SpoolReader(directory, progress.position, (message) => {
      onProblem(new Error(message));
    });
    this.sending = this.run();
  }

  append(post: ArchivePost): Promise<undefined> {
    const appended = this.appending.then(async () => {
      await this.writer.append('post', Buffer.from(JSON.stringify(post)));
      this.pending += post.items;
      this.news.tell();
      return undefined;
    });
    this.appending = appended.catch(() => undefined);
    return appended;
  }

  async close(): Promise<void> {
    await this.appending;
    await this.writer.close();
    this.isClosing = true;
    this.news.tell();
    const timer = setTimeout(() => {
      this.controller.abort(new Error('closed'));
    }, CLOSE_MS);
    await this.sending;
    clearTimeout(timer);
  }

  private async run(): Promise<void> {
    try {
      for (;;) {
        // Asked before the spool is read: what comes in between is read in the next round.
        const isLast = this.isClosing;
        this.news.forget();
        const record = await this.reader.next();
        if (record) await this.deliver(postOf(record), record.end);
        else if (isLast) break;
        else await this.news.wait();
      }
    } catch (error) {
      if (!this.controller.signal.aborted) this.persistence.tell(error as Error);
    } finally {
      await this.reader.close();
    }
  }

  private async deliver(post: ArchivePost, end: Progress['position']): Promise<void> {
    const answer = await this.persistence.run(() => this.send(post));
    const refusal = answer instanceof Refused ? answer.reason : answer === undefined ? undefined : new Error(answer);
    if (refusal) {
      this.persistence.tell(refusal);
      if (answer instanceof Refused) await this.refusals.keep({ post }, refusal);
    }
    const isNextFile = end.file > this.progress.position.file;
    this.progress.position = end;
    this.pending -= post.items;
    await saveProgress(this.directory, this.progress);
    if (isNextFile) await deleteBefore(this.directory, end.file);
  }
}

/** Only this package writes such records, and their sum was right. */
function postOf({ payload }: { readonly payload: Buffer }): ArchivePost {
  return JSON.parse(payload.toString()) as ArchivePost;
}

/** Opens the spool in a directory, which is made where it is missing. */
export const openSpool: OpenSpool = async (directory, send, backoffMs) => {
  await mkdir(directory, { recursive: true });
  const writer = await SpoolWriter.continue(directory, 'interval');
  const progress = await readProgress(directory);
  let pending = 0;
  const reader = new SpoolReader(directory, progress.position, () => undefined);
  for (let record = await reader.next(); record; record = await reader.next()) pending += postOf(record).items;
  await reader.close();
  return new DiskSpool(directory, send, backoffMs, writer, progress, pending);
};
