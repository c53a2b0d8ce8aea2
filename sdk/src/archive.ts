import { accept, unlike } from './answer.js';
import { baseUrlOf, type ConnectionOptions, rootOf } from './connection-options.js';
import { withinDeadline } from './deadline.js';
import { ConflictError } from './errors.js';
import { type Client, createClient } from './generated/client/index.js';
import { pauseAfter, withRetries } from './retry.js';

/** What each call of the generated core is given. */
export interface Core {
  readonly client: Client;
  readonly signal: AbortSignal;
  /** Errors are thrown by `accept`, and must pass. */
  readonly throwOnError: true;
  readonly querySerializer: (query: Record<string, unknown>) => string;
}

/** A connection to an archive: sends the requests of the generated core, with time limits and repeats. */
export class Archive {
  /** What stands before `/api/v1`, without a slash at its end: the URL up to the path of the archive. */
  readonly root: string;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly backoffMs: number;
  private readonly client: Client;

  /** Throws a `TypeError` for a URL that is not one of HTTP, and for a key that can't be sent. */
  constructor(url: string, options: ConnectionOptions) {
    const { apiKey, scriptAlias, verbose = false } = options;
    this.timeoutMs = options.timeoutMs ?? 30_000;
    this.retries = options.retries ?? 5;
    this.backoffMs = options.backoffMs ?? 250;
    // Called without a receiver, which browsers insist on.
    const send = options.fetch ?? ((request: Request) => fetch(request));
    this.root = rootOf(url, scriptAlias);
    this.client = createClient({
      baseUrl: baseUrlOf(url, scriptAlias),
      headers: new Headers(apiKey === undefined ? {} : { authorization: `Token ${apiKey}` }),
      fetch: async (input) => {
        // The core gives nothing but requests.
        const request = input as Request;
        // Without the headers: the key is one of them.
        if (verbose) console.error(`${request.method} ${request.url}`);
        return accept(request, await send(request));
      },
    });
  }

  /**
   * Runs a call of the core, and again where the failure may pass. All that this client sends is safe to repeat: reads
   * change nothing, a metadata that is posted twice is one, and each point counts once.
   * @returns what the call returns. Throws an `ArchiveError`, or the signal's reason when that aborts.
   */
  async run<T>(call: (core: Core) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const attempt = async (number: number): Promise<T> => {
      try {
        return await this.attempt(call, signal);
      } catch (error) {
        if (error instanceof ConflictError) error.repeated = number > 1;
        throw error;
      }
    };
    return withRetries(attempt, this, signal);
  }

  /**
   * The entries of a list of Marigram's own API, page by page. Throws as `run` does.
   * @param query has the size of a page as its `limit`.
   */
  async *rootEntries(
    url: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<unknown, void, undefined> {
    for (let offset: string | null = '0'; offset !== null;) {
      const page = await this.rootPage(url, { ...query, ...(offset !== '0' && { offset }) }, signal);
      yield* page.entries;
      offset = page.next?.get('offset') ?? null;
    }
  }

  /** A page of a list of Marigram's own API, and the query of the page behind it. Throws as `run` does. */
  async rootPage(
    url: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal | undefined,
  ): Promise<{ entries: readonly unknown[]; next: URLSearchParams | undefined }> {
    const { data, response } = await this.rootCall('GET', url, query, signal);
    if (!Array.isArray(data)) throw unlike('an array', response);
    const [, next] = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
    return { entries: data as unknown[], next: next === undefined ? undefined : new URL(next).searchParams };
  }

  /** The object that a route of Marigram's own API answers. Throws as `run` does. */
  async rootObject(
    method: 'GET' | 'DELETE',
    url: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal | undefined,
  ): Promise<object> {
    const { data, response } = await this.rootCall(method, url, query, signal);
    if (typeof data !== 'object' || data === null) throw unlike('an object', response);
    return data;
  }

  private async rootCall(
    method: 'GET' | 'DELETE',
    url: string,
    query: Readonly<Record<string, string | number>>,
    signal: AbortSignal | undefined,
  ): Promise<{ data: unknown; response: Response }> {
    // Not under the archive's path, which all of the generated core begins with.
    return this.run(
      ({ client, ...core }) => client.request({ ...core, method, baseUrl: this.root, url, query: { ...query } }),
      signal,
    );
  }

  /**
   * Waits before another attempt.
   * @param attempt how many there were.
   * @param error why the last one failed.
   */
  async pause(attempt: number, error: unknown, signal: AbortSignal | undefined): Promise<void> {
    await pauseAfter(error, attempt, this.backoffMs, signal);
  }

  private async attempt<T>(call: (core: Core) => Promise<T>, outer: AbortSignal | undefined): Promise<T> {
    outer?.throwIfAborted();
    return withinDeadline(this.timeoutMs, outer, (signal) =>
      call({ client: this.client, signal, throwOnError: true, querySerializer }),
    );
  }
}

/** The query of a URL. A group of parameters with names of the caller's stands for each of them. */
function querySerializer(query: Record<string, unknown>): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const group = typeof value === 'object' && value !== null ? value : { [name]: value };
    for (const [key, one] of Object.entries(group)) if (one !== undefined) text.set(key, String(one));
  }
  return text.toString();
}
