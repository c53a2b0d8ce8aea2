import { accept } from '../../answer.js';
import { httpUrl } from '../../connection-options.js';
import { withinDeadline } from '../../deadline.js';
import { withRetries } from '../../retry.js';

/** How a database is reached. */
export interface HttpOptions {
  /** How long an answer may take: 30,000 ms unless given. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is repeated that found no server, or a busy one: 5 times unless given; 0 for never. */
  readonly retries?: number | undefined;
  /** The pause before the first repeat, doubled each time: 250 ms unless given. */
  readonly backoffMs?: number | undefined;
  /** Does the requests in place of the global `fetch`. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/** A request that may be sent again. */
export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

/** The base of a URL, without a slash at its end. Throws a `TypeError` for what is no URL of HTTP. */
export function baseOf(url: string): string {
  const { origin, pathname } = httpUrl(url);
  return `${origin}${pathname}`.replace(/\/+$/, '');
}

/**
 * Posts something, and again where the failure may pass. Throws an `ArchiveError`: an `ApiError` for a refusal.
 * @param wanted the statuses that are a success.
 */
export async function post(
  { url, headers, body }: HttpPost,
  wanted: readonly number[],
  options: HttpOptions,
): Promise<void> {
  const { timeoutMs = 30_000, retries = 5, backoffMs = 250, fetch: send = (request) => fetch(request) } = options;
  const attempt = (): Promise<void> =>
    withinDeadline(timeoutMs, undefined, async (signal) => {
      const request = new Request(url, { method: 'POST', headers, body, signal });
      await accept(request, await send(request), wanted);
    });
  await withRetries(attempt, { retries, backoffMs });
}

/** Pages of another origin may not send `Content-Encoding`, to InfluxDB either. */
export const MAY_GZIP = 'process' in globalThis;

/** Bytes of a text with gzip. */
export async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
