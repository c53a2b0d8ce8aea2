/** How to reach an archive, and as whom. */
export interface ConnectionOptions {
  /** The owner of the key. The archive knows it from the key; it is here since esmond's client has it. */
  username?: string | undefined;
  /** An API key. Reads need one only where the archive is closed, writes always. */
  apiKey?: string | undefined;
  /** What stands before `/perfsonar/archive/`: `esmond` unless given; `null` for nothing. */
  scriptAlias?: string | null | undefined;
  /** How long an answer, or the next piece of a stream, may take: 30,000 ms unless given. */
  timeoutMs?: number | undefined;
  /** How often a request is repeated that found no server, or a busy one: 5 times unless given; 0 for never. */
  retries?: number | undefined;
  /** The pause before the first repeat, doubled each time: 250 ms unless given. */
  backoffMs?: number | undefined;
  /** Does the requests in place of the global `fetch`: through a proxy, say. */
  fetch?: ((request: Request) => Promise<Response>) | undefined;
  /** Whether each request is named on the console (on stderr in Node); keys are not. */
  verbose?: boolean | undefined;
}

/** Parses a URL. Throws a `TypeError` for what is none of HTTP. */
export function httpUrl(url: string): URL {
  const parsed = new URL(url);
  if (!/^https?:$/.test(parsed.protocol))
    throw new TypeError(`expected a URL with http: or https:, got ${parsed.protocol}`);
  return parsed;
}

/** The end of an archive's URL. */
const ARCHIVE = /\/perfsonar\/archive\/?$/;

/**
 * The URL before `/perfsonar/archive/`, without a slash at its end. A URL that ends in `/perfsonar/archive/` is taken
 * as it is, with whatever stands before. Throws a `TypeError` for what is no URL of HTTP.
 */
export function baseUrlOf(url: string, scriptAlias: string | null = 'esmond'): string {
  const { origin, pathname } = httpUrl(url);
  if (ARCHIVE.test(pathname)) return origin + pathname.replace(ARCHIVE, '');
  const parts = [pathname, scriptAlias ?? ''].map((part) => part.replace(/^\/+|\/+$/g, ''));
  return [origin, ...parts.filter((part) => part !== '')].join('/');
}

/**
 * The URL of the server, where the paths of `/api/v1` begin, without a slash at its end: what was given, less the
 * archive's path. Of a URL that ends in `/perfsonar/archive/`, with something else than the alias before, the origin.
 */
export function rootOf(url: string, scriptAlias: string | null = 'esmond'): string {
  const base = baseUrlOf(url, scriptAlias);
  const alias = (scriptAlias ?? '').replace(/^\/+|\/+$/g, '');
  if (alias === '') return ARCHIVE.test(new URL(url).pathname) ? new URL(url).origin : base;
  return base.endsWith(`/${alias}`) ? base.slice(0, -alias.length - 1) : new URL(url).origin;
}
