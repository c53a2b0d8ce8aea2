import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A point or a bin as esmond answers it: whole seconds, doubles. */
export interface EsmondPoint {
  readonly ts: number;
  readonly val: unknown;
}

/** A metadata of it, with the rows of each of its URLs below its own: `throughput/base`, `throughput/averages/86400`. */
export interface EsmondMetadata {
  readonly key: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly rows: Readonly<Record<string, readonly EsmondPoint[]>>;
}

/** What goes wrong with a request, by what is called before it is answered; `undefined` lets it through. */
export type Trouble = (
  path: string,
) => { status: number } | { delay: number } | { redirect: string } | { endless: string } | 'hang up' | undefined;

/** Parameters that it may be deaf to. */
export type Deafness = 'limit' | 'offset' | 'time-start' | 'time-end';

const ROOT = '/esmond/perfsonar/archive/';

const SINGULAR: Readonly<Record<string, string>> = {
  aggregations: 'aggregation',
  averages: 'average',
  statistics: 'statistics',
};

/**
 * A server that answers reads as esmond 4.3 does, as far as imports ask: JSON arrays only, whole seconds only (a
 * fraction is 400), percentages as quotients, 1,500 rows unless a limit is given, `metadata-count-total` in the first
 * metadata of a page. It misbehaves as `trouble`, `deafTo` and `malformed` say.
 */
export class FakeEsmond {
  readonly requests: string[] = [];
  trouble: Trouble = () => undefined;
  /** Parameters without effect. */
  readonly deafTo = new Set<Deafness>();
  /** Entries of the list of metadata that are none, behind the others. */
  malformed: readonly unknown[] = [];
  /** What it says beside a status. */
  refusal = '<h1>Server Error (500)</h1>';
  /** How many bytes of endless answers were taken. */
  sent = 0;
  private readonly server = createServer((request, response) => void this.answer(request, response));

  constructor(public metadata: readonly EsmondMetadata[]) {}

  /** Listens on a port of its own; returns the origin. */
  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(url, 'http://esmond.example.net');
    this.requests.push(url);
    const trouble = this.trouble(pathname);
    if (trouble === 'hang up') {
      response.destroy();
      return;
    }
    if (trouble && 'delay' in trouble) await sleep(trouble.delay);
    if (trouble && 'status' in trouble) send(response, trouble.status, this.refusal, 'text/html');
    else if (trouble && 'redirect' in trouble) response.writeHead(302, { location: trouble.redirect }).end();
    else if (trouble && 'endless' in trouble) await this.sendForever(trouble.endless, response);
    else if (pathname === ROOT) send(response, 200, this.search(searchParams));
    else this.read(pathname.slice(ROOT.length), searchParams, response);
  }

  private search(query: URLSearchParams): unknown[] {
    this.ignore(query);
    const [limit, offset] = [Number(query.get('limit') ?? 1500), Number(query.get('offset') ?? 0)];
    const all = [...this.metadata.map(objectOf), ...this.malformed];
    const page = all.slice(offset, offset + limit);
    return page.map((one, index) => (index === 0 ? { ...(one as object), 'metadata-count-total': all.length } : one));
  }

  private ignore(query: URLSearchParams): void {
    for (const name of this.deafTo) query.delete(name);
  }

  /** Sends a piece again and again, as fast as it is taken, until nobody takes it. */
  private async sendForever(piece: string, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/json' });
    const pieces = function* (this: FakeEsmond): Generator<string> {
      yield '[';
      for (;;) {
        this.sent += piece.length;
        yield piece;
      }
    };
    await pipeline(Readable.from(pieces.call(this)), response).catch(() => undefined);
  }

  private read(path: string, query: URLSearchParams, response: ServerResponse): void {
    this.ignore(query);
    const times = ['time-start', 'time-end', 'limit'].map((name) => query.get(name) ?? '');
    if (times.some((text) => !/^-?\d*$/.test(text))) {
      send(response, 400, { detail: 'Time parameters must be integers' });
      return;
    }
    const [begin, end, limit] = times.map((text) => (text === '' ? undefined : Number(text)));
    const [key = '', ...rest] = path.split('/');
    const rows = this.metadata.find((one) => one.key === key)?.rows[rest.join('/')] ?? [];
    const found = rows.filter(({ ts }) => ts >= (begin ?? 0) && ts <= (end ?? Infinity));
    send(response, 200, found.slice(0, limit ?? 1500));
  }
}

function objectOf({ key, fields, rows }: EsmondMetadata): Record<string, unknown> {
  const uri = `${ROOT}${key}/`;
  const names = [...new Set(Object.keys(rows).map((path) => path.split('/')[0] ?? ''))].sort();
  const updated = (name: string): number | null => (rows[`${name}/base`]?.length === undefined ? null : 1714600000);
  const eventTypes = names.map((name) => ({
    'base-uri': `${uri}${name}/base`,
    'event-type': name,
    'time-updated': updated(name),
    summaries: Object.keys(rows).flatMap((path) => {
      const [of, type = '', window] = path.split('/');
      if (of !== name || type === 'base') return [];
      const summary = { uri: `${uri}${path}`, 'summary-type': SINGULAR[type], 'summary-window': window };
      return [{ ...summary, 'time-updated': updated(name) }];
    }),
  }));
  return { url: `http://esmond.example.net${uri}`, uri, 'metadata-key': key, ...fields, 'event-types': eventTypes };
}

function send(response: ServerResponse, status: number, body: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
