import { request as send } from 'node:http';
import { randomUUID } from 'node:crypto';
import { type TestArchive } from './archive.js';

/** What an answer of the door is, or why there was none. */
export interface LunaAnswer {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

/** A table that clients upload. */
type Table = 'metrics' | 'events' | 'aggregates' | 'distributions' | 'histograms';

/** Speaks as the Python client does: forms, JSON and TSV without a content type, its key as a password in the URL. */
export class LunaClient {
  private constructor(
    private readonly base: URL,
    /** The number of its job. */
    readonly job: string,
    /** When the test began, in micros. */
    readonly start: number,
  ) {}

  /** A client with a new job of an archive, or of the door at this address. */
  static async open(at: TestArchive | URL, start = 1574164720000000): Promise<LunaClient> {
    const base = at instanceof URL ? at : await lunaUrl(at);
    const form = new URLSearchParams({ test_start: String(start), configs: JSON.stringify({ run: randomUUID() }) });
    const { text } = await request(base, 'POST', '/create_job/', form.toString(), FORM);
    return new LunaClient(base, text, start);
  }

  /** The same client of another server process. */
  async at(archive: TestArchive): Promise<LunaClient> {
    return new LunaClient(await lunaUrl(archive), this.job, this.start);
  }

  /** Registers a stream and returns its tag. */
  async metric(type: 'metrics' | 'events', types: readonly Table[], more: object = {}): Promise<string> {
    const body = { job: this.job, type, types, local_id: `metric_${randomUUID()}`, meta: {}, parent: null, case: null };
    const { status, text } = await this.post('/create_metric/', JSON.stringify({ ...body, ...more }), JSON_TYPE);
    if (status !== 200) throw new Error(`create_metric answered ${status}: ${text}`);
    return text;
  }

  /** Uploads lines, each without its date, to a table. */
  upload(table: Table, lines: readonly string[], end = '\n'): Promise<LunaAnswer> {
    return this.uploadBytes(table, Buffer.from(lines.map((line) => `2019-11-19\t${line}${end}`).join('')));
  }

  uploadBytes(table: Table, body: Buffer): Promise<LunaAnswer> {
    const query = encodeURIComponent(`INSERT INTO luna.${table} FORMAT TSV`);
    return request(this.base, 'POST', `/upload_metric/?query=${query}`, body);
  }

  close(duration: number | string): Promise<LunaAnswer> {
    return this.get(`/close_job/?job=${this.job}&duration=${duration}`);
  }

  get(path: string): Promise<LunaAnswer> {
    return request(this.base, 'GET', path);
  }

  post(path: string, body: string, headers: Record<string, string> = {}): Promise<LunaAnswer> {
    return request(this.base, 'POST', path, body, headers);
  }
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
export const JSON_TYPE = { 'content-type': 'application/json' };

/** The address as it stands in the configuration of a client, with the archive's write key. */
export async function lunaUrl(archive: TestArchive): Promise<URL> {
  const url = new URL('/luna', await archive.app.getUrl());
  url.username = 'anybody';
  url.password = archive.auth.split(' ')[1] ?? '';
  return url;
}

/** Sends a request, on a connection of its own. */
export function request(
  base: URL,
  method: string,
  path: string,
  body: string | Buffer = '',
  headers: Record<string, string> = {},
): Promise<LunaAnswer> {
  const { hostname, port, pathname, username, password } = base;
  const auth = username || password ? { auth: `${username}:${password}` } : {};
  const length = { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const options = { ...{ hostname, port, method, path: `${pathname}${path}`, agent: false }, ...auth };
    const sent = send({ ...options, headers: { ...length, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], text });
      });
    });
    sent.on('error', (error) => {
      resolve({ status: 0, type: undefined, text: error.message });
    });
    sent.end(body);
  });
}
