import { ApiError } from '../../errors.js';
import { rootOf } from '../../connection-options.js';
import { type LoggerBatch } from '../batch.js';
import { type DataEntry, type LoggedEvent } from '../entry.js';
import { DatabaseWriter } from '../writer.js';
import { gzipped, type HttpOptions, MAY_GZIP, post } from './http.js';
import { lineOf } from './line.js';
import { type ArchivePost, type OpenSpool, type PostSpool } from './post-spool.js';

/** Which archive to write to, and how. */
export interface ArchiveWriterOptions extends HttpOptions {
  /** The URL of the server (`http://localhost:8080`), or of its archive. */
  readonly url: string;
  /** A key with the scope `write`; networks that may write need none. */
  readonly apiKey?: string | undefined;
  readonly database: string;
  /** The id of a session: events belong to it, and records get it as the tag `session`. */
  readonly session?: string | undefined;
  /** A directory in which all is kept until the archive has it, in Node; of one process at a time. */
  readonly spoolDir?: string | undefined;
}

/** The most lines of a request. */
const MAX_LINES = 5000;

/** How requests are sent, and the status of success: something else may be a proxy's. */
const KINDS = {
  lines: { type: 'text/plain; charset=utf-8', isPacked: MAY_GZIP, success: 204 },
  annotation: { type: 'application/json', isPacked: false, success: 200 },
} as const;

/**
 * Writes records and events to a Marigram archive. With a spool, what is on the disk counts as written, and is sent until the
 * archive has it: by this process, or by the next one that has the same spool.
 */
export class ArchiveWriter extends DatabaseWriter {
  private readonly root: string;
  private readonly headers: Record<string, string>;
  private spool: Promise<PostSpool> | undefined;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(private readonly options: ArchiveWriterOptions) {
    super();
    this.root = rootOf(options.url);
    this.headers = options.apiKey === undefined ? {} : { authorization: `Token ${options.apiKey}` };
    new Headers(this.headers);
    // What an earlier process left is sent even if nothing is logged.
    void this.openSpool()?.catch(() => undefined);
  }

  override async writeData(batch: LoggerBatch): Promise<void> {
    const spool = await this.openSpool();
    const keep = spool ? (one: ArchivePost) => spool.append(one) : (one: ArchivePost) => this.send(one);
    const { dataset, events } = batch;
    for (let begin = 0; begin < dataset.length; begin += MAX_LINES) {
      const entries = dataset.slice(begin, begin + MAX_LINES);
      const problem = await keep(this.linesOf(entries));
      if (problem !== undefined) batch.report(problem);
      batch.acknowledge(entries);
    }
    for (const event of events) {
      await keep(this.annotationOf(event, batch.keyOf(event)));
      batch.acknowledge([event]);
    }
  }

  /** How many records and events are on the disk and not in the archive; 0 without a spool. */
  async pending(): Promise<number> {
    return (await this.openSpool())?.pending ?? 0;
  }

  /** Waits up to 5 seconds for what the spool holds; the rest stays there. */
  override async close(): Promise<void> {
    await (await this.openSpool())?.close();
  }

  private openSpool(): Promise<PostSpool> | undefined {
    const { spoolDir } = this.options;
    if (spoolDir === undefined) return undefined;
    const open = async (): Promise<PostSpool> => {
      // Not before it is needed: it uses Node, and browsers load this file, too. Nor may the compiler follow it for them.
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-assertion
      const { openSpool } = (await import('./disk-spool.js' as string)) as { openSpool: OpenSpool };
      return openSpool(spoolDir, (one) => this.send(one, 0), this.options.backoffMs);
    };
    return (this.spool ??= open());
  }

  private linesOf(entries: readonly DataEntry[]): ArchivePost {
    const { database, session } = this.options;
    return {
      kind: 'lines',
      path: `/write?${new URLSearchParams({ db: database })}`,
      body: entries.map((entry) => lineOf(entry, 'ns', session === undefined ? {} : { session })).join('\n'),
      items: entries.length,
    };
  }

  private annotationOf(event: LoggedEvent, key: string): ArchivePost {
    const { session } = this.options;
    const times = { time: event.startMicros, timeEnd: event.stopMicros };
    return {
      kind: 'annotation',
      path: '/api/annotations?epoch=us',
      idempotencyKey: key,
      body: JSON.stringify({ ...event.toJSON(), ...times, ...(session !== undefined && { session }) }),
      items: 1,
    };
  }

  /** Sends a request; returns what the archive says of lines that it does not take. */
  private async send(
    { kind, path, idempotencyKey, body }: ArchivePost,
    retries = this.options.retries,
  ): Promise<string | undefined> {
    const { type, isPacked, success } = KINDS[kind];
    const sent = {
      url: this.root + path,
      headers: {
        ...this.headers,
        'content-type': type,
        ...(isPacked && { 'content-encoding': 'gzip' }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      body: isPacked ? await gzipped(body) : body,
    };
    try {
      await post(sent, [success], { ...this.options, retries });
      return undefined;
    } catch (error) {
      if (error instanceof ApiError && error.detail.includes('partial write')) return error.detail;
      throw error;
    }
  }
}
