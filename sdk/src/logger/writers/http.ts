import { accept } from '../../answer.js';
import { withinDeadline } from '../../deadline.js';
import { ApiError } from '../../errors.js';
import { isPassing, pause, pauseMs } from '../../retry.js';

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
  const { protocol, origin, pathname } = new URL(url);
  if (!/^https?:$/.test(protocol)) throw new TypeError(`expected a URL with http: or https:, got ${protocol}`);
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
  for (let attempt = 1; ; attempt++)
    try {
      await withinDeadline(timeoutMs, undefined, async (signal) => {
        const request = new Request(url, { method: 'POST', headers, body, signal });
        await accept(request, await send(request), wanted);
      });
      return;
    } catch (error) {
      if (!isPassing(error) || attempt > retries) throw error;
      await pause(pauseMs(attempt, backoffMs, error instanceof ApiError ? error.retryAfter : undefined), undefined);
    }
}

/** Pages of another origin may not send `Content-Encoding`, to InfluxDB either. */
export const MAY_GZIP = 'process' in globalThis;

/** Bytes of a text with gzip. */
export async function gzipped(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
