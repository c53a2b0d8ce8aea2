import { ApiError } from '../../errors.js';
import { type LoggerBatch } from '../batch.js';
import { type DataEntry } from '../entry.js';
import { DatabaseWriter } from '../writer.js';
import { baseOf, gzipped, type HttpOptions, type HttpPost, MAY_GZIP, post } from './http.js';
import { lineOf, type LinePrecision } from './line.js';

/** Which database to write to, and how. */
export interface LineProtocolOptions extends HttpOptions {
  /** The URL of the server. */
  readonly url: string;
  /** A database of version 1. */
  readonly database?: string | undefined;
  /** A bucket of version 2. */
  readonly bucket?: string | undefined;
  readonly org?: string | undefined;
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  /** Of the API: 2 for a bucket, else 1. */
  readonly version?: 1 | 2 | undefined;
  /** The unit of the times: `ns` unless given. */
  readonly precision?: LinePrecision | undefined;
  /** Whether bodies are compressed: they are unless given, but not in browsers. */
  readonly gzip?: boolean | undefined;
  /** The most lines of a request: 5,000 unless given. */
  readonly maxLines?: number | undefined;
}

/**
 * Writes records to InfluxDB, or whatever takes its line protocol; events are not written. Lines that the database refuses
 * one by one are acknowledged and reported: they would be refused again.
 */
export class LineProtocolWriter extends DatabaseWriter {
  private readonly target: string;
  private readonly headers: Record<string, string>;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and where neither a database nor a bucket is named. */
  constructor(private readonly options: LineProtocolOptions) {
    super();
    const { url, database, bucket, org, precision = 'ns' } = options;
    const name = bucket ?? database;
    if (name === undefined) throw new TypeError('LineProtocolWriter: name the database, or the bucket');
    const isFirst = (options.version ?? (bucket === undefined ? 1 : 2)) === 1;
    const query = new URLSearchParams({ [isFirst ? 'db' : 'bucket']: name });
    query.set('precision', isFirst && precision === 'us' ? 'u' : precision);
    if (org !== undefined) query.set('org', org);
    this.target = `${baseOf(url)}${isFirst ? '/write' : '/api/v2/write'}?${query}`;
    this.headers = { 'content-type': 'text/plain; charset=utf-8', ...authorization(options) };
    // A key that can't be sent.
    new Headers(this.headers);
  }

  override async writeData(batch: LoggerBatch): Promise<void> {
    const { maxLines = 5000 } = this.options;
    const { dataset } = batch;
    for (let begin = 0; begin < dataset.length; begin += maxLines) {
      const entries = dataset.slice(begin, begin + maxLines);
      const problem = await this.send(await this.requestOf(entries));
      if (problem !== undefined) batch.report(problem);
      batch.acknowledge(entries);
    }
  }

  /** The request that writes these entries. */
  protected async requestOf(entries: readonly DataEntry[]): Promise<HttpPost> {
    const { precision = 'ns', gzip = MAY_GZIP } = this.options;
    const text = entries.map((entry) => lineOf(entry, precision)).join('\n');
    if (!gzip) return { url: this.target, headers: this.headers, body: text };
    return {
      url: this.target,
      headers: { ...this.headers, 'content-encoding': 'gzip' },
      body: await gzipped(text),
    };
  }

  /** Sends it; returns what the database says of lines that it does not take. */
  protected async send(request: HttpPost): Promise<string | undefined> {
    try {
      await post(request, [204], this.options);
      return undefined;
    } catch (error) {
      if (error instanceof ApiError && [400, 422].includes(error.status) && error.detail.includes('partial write'))
        return error.detail;
      throw error;
    }
  }
}

function authorization({ token, username = '', password }: LineProtocolOptions): Record<string, string> {
  if (token !== undefined) return { authorization: `Token ${token}` };
  if (password === undefined) return {};
  const pair = String.fromCharCode(...new TextEncoder().encode(`${username}:${password}`));
  return { authorization: `Basic ${btoa(pair)}` };
}
