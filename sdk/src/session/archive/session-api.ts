import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { accept } from '../../answer.js';
import { rootOf } from '../../connection-options.js';
import { withinDeadline } from '../../deadline.js';
import { timesOf, valuesOf } from './points-payload.js';
import { type Chunk } from './chunk.js';

/** How to reach the archive of a session. */
export interface ApiOptions {
  /** The URL of the server (`http://localhost:8080`), or of its archive. */
  readonly url: string;
  /** A key with the scope `write`. */
  readonly apiKey?: string | undefined;
  /** What stands before `/perfsonar/archive/` in such a URL: `esmond` unless given. */
  readonly scriptAlias?: string | null | undefined;
  /** How long an answer may take: 30,000 ms unless given. */
  readonly timeoutMs?: number | undefined;
  /** Does the requests in place of the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** A body, and what it is. */
interface Body {
  readonly type: string;
  readonly encoding?: 'gzip';
  readonly bytes: Uint8Array;
}

/** Smaller bodies are not worth it. */
const MIN_GZIP_BYTES = 1024;

const compress = promisify(gzip);

/**
 * The routes of one session. Each call is one request, without repeats; all are safe to repeat. They reject with an
 * `ApiError` for what the archive refuses, a `ConnectionError` where there is no answer, or the reason of the signal.
 */
export class SessionApi {
  private readonly base: string;
  private readonly send: (request: Request) => Promise<Response>;
  private readonly timeoutMs: number;
  private readonly headers: Record<string, string>;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(
    { url, apiKey, scriptAlias, timeoutMs = 30_000, fetch: send = (request) => fetch(request) }: ApiOptions,
    session: string,
    private readonly signal: AbortSignal,
  ) {
    this.base = `${rootOf(url, scriptAlias)}/api/v1/sessions/${session}`;
    this.send = send;
    this.timeoutMs = timeoutMs;
    this.headers = apiKey === undefined ? {} : { authorization: `Token ${apiKey}` };
    new Headers(this.headers);
  }

  /** Where the session is to be seen. */
  get url(): string {
    return this.base;
  }

  /** Sends JSON to the session (path ``), or to something of it. */
  async json(method: 'PUT' | 'PATCH' | 'POST', path: string, body: unknown): Promise<unknown> {
    return this.request(method, path, { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) });
  }

  /** Stores points of one stream. */
  async putPoints(chunk: Chunk): Promise<void> {
    await this.request('PUT', `/streams/${chunk.stream}/points/${chunk.row}`, await packed(bodyOf(chunk)));
  }

  private async request(method: string, path: string, { type, encoding, bytes }: Body): Promise<unknown> {
    return withinDeadline(this.timeoutMs, this.signal, async (signal) => {
      const request = new Request(this.base + path, {
        method,
        headers: { ...this.headers, 'content-type': type, ...(encoding && { 'content-encoding': encoding }) },
        // No buffer here is shared between threads.
        body: bytes as Uint8Array<ArrayBuffer>,
        signal,
      });
      return (await accept(request, await this.send(request), [200, 201])).json() as Promise<unknown>;
    });
  }
}

/** A body with gzip, where it gets shorter by that. */
async function packed(body: Body): Promise<Body> {
  if (body.bytes.length < MIN_GZIP_BYTES) return body;
  const bytes = await compress(body.bytes, { level: 1 });
  return bytes.length < body.bytes.length ? { ...body, encoding: 'gzip', bytes } : body;
}

/** Numbers as columns of bytes, as they lie in the spool; texts as JSON. */
function bodyOf({ parts, rows }: Chunk): Body {
  if (parts[0]?.are === 'texts') {
    const body = { ts: parts.flatMap(timesOf), value: parts.flatMap(valuesOf) };
    return { type: 'application/json', bytes: Buffer.from(JSON.stringify(body)) };
  }
  const head = Buffer.alloc(8);
  head.writeUInt32LE(1, 0);
  head.writeUInt32LE(rows, 4);
  const bytes = Buffer.concat([head, ...parts.map(({ ts }) => ts), ...parts.map(({ values }) => values)]);
  return { type: 'application/vnd.marigram.columns', bytes };
}
