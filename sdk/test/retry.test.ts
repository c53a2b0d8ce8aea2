import { type IncomingMessage, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiConnect, EventTypePost, type Metadata, MetadataPost } from '../src/index.js';
import { all, failureOf, PAIR, startClient, type TestClient } from './support/client.js';
import { TinyServer } from './support/server.js';

let client: TestClient;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());

type Failure = (request: IncomingMessage, response: ServerResponse) => void;

/** A proxy before the archive whose first answers are failures. */
async function failing(...failures: Failure[]): Promise<TinyServer & { times: number[]; keys: unknown[] }> {
  const times: number[] = [];
  const keys: unknown[] = [];
  const server = await TinyServer.start((request, response) => {
    times.push(performance.now());
    keys.push(request.headers['idempotency-key']);
    const failure = failures.shift();
    if (failure) failure(request, response);
    else void forward(request, response);
  });
  return Object.assign(server, { times, keys });
}

async function forward(request: IncomingMessage, response?: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = chunks.length > 0 ? Buffer.concat(chunks) : null;
  const headers = Object.fromEntries(
    ['authorization', 'content-type', 'idempotency-key', 'accept'].flatMap((name) => {
      const value = request.headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
  const answer = await fetch(client.url + request.url!, { method: request.method!, headers, body });
  response?.writeHead(answer.status, { 'content-type': answer.headers.get('content-type')! }).end(await answer.text());
}

/** The same for an archive that does not know the header. */
const withoutKey =
  (next: (request: IncomingMessage, response: ServerResponse) => unknown): Failure =>
  (request, response) => {
    delete request.headers['idempotency-key'];
    void next(request, response);
  };

const status =
  (code: number, headers: Record<string, string> = {}): Failure =>
  (request, response) => {
    request.resume();
    response.writeHead(code, { 'content-type': 'application/json', ...headers }).end('{"detail":"not now"}');
  };
const broken: Failure = (request) => request.socket.destroy();
/** The archive stores it, but the answer is lost. */
const lost: Failure = (request) => void forward(request).then(() => request.socket.destroy());

describe('a read', () => {
  test('is repeated while the archive is busy, away, or not to be reached', async () => {
    const proxy = await failing(status(503), broken, status(429), status(502), status(504));
    const { metadataKey } = await client.register('throughput');
    const connect = new ApiConnect(proxy.url, { metadataKey }, { backoffMs: 5 });
    expect(await all(connect.getMetadata())).toHaveLength(1);
    expect(proxy.times).toHaveLength(6);
    await proxy.close();
  });

  test('is not repeated after a refusal, nor more often than allowed', async () => {
    for (const [code, retries, times] of [
      [400, 5, 1],
      [404, 5, 1],
      [500, 5, 1],
      [503, 2, 3],
      [503, 0, 1],
    ] as const) {
      const proxy = await failing(...Array<Failure>(9).fill(status(code)));
      const connect = new ApiConnect(proxy.url, {}, { backoffMs: 1, retries });
      await expect(all(connect.getMetadata())).rejects.toMatchObject({ status: code, detail: 'not now' });
      expect(proxy.times).toHaveLength(times);
      await proxy.close();
    }
  });

  test('waits longer each time, and as long as the archive asks for', async () => {
    const proxy = await failing(broken, broken, status(503, { 'retry-after': '1' }));
    await all(new ApiConnect(proxy.url, { metadataKey: 'x' }, { backoffMs: 100 }).getMetadata());
    const pauses = proxy.times.slice(1).map((time, i) => time - proxy.times[i]!);
    expect(pauses[0]).toBeGreaterThanOrEqual(95);
    expect(pauses[1]).toBeGreaterThanOrEqual(195);
    expect(pauses[2]).toBeGreaterThanOrEqual(995);
    await proxy.close();
  });

  test('does not wait for an archive that wants to be left alone for long', async () => {
    const proxy = await failing(status(429, { 'retry-after': '3600' }));
    const connect = new ApiConnect(proxy.url, {}, {});
    await expect(all(connect.getMetadata())).rejects.toMatchObject({ status: 429, retryAfter: 3600 });
    await proxy.close();
    const date = await failing(status(429, { 'retry-after': new Date(Date.now() + 7200e3).toUTCString() }));
    const error = await failureOf(all(new ApiConnect(date.url, {}, {}).getMetadata()));
    expect((error as { retryAfter: number }).retryAfter).toBeGreaterThan(7000);
    await date.close();
  });

  test('ends its pause when it is aborted', async () => {
    const proxy = await failing(status(503, { 'retry-after': '30' }));
    const controller = new AbortController();
    const reading = all(new ApiConnect(proxy.url, {}, {}).getMetadata({ signal: controller.signal }));
    setTimeout(() => {
      controller.abort('enough');
    }, 100);
    expect(await failureOf(reading)).toBe('enough');
    await proxy.close();
  });

  test('finds an archive again that was restarted', async () => {
    const first = await failing();
    const { metadataKey } = await client.register('throughput');
    const connect = new ApiConnect(first.url, { metadataKey }, { backoffMs: 50 });
    expect(await all(connect.getMetadata())).toHaveLength(1);
    await first.close();
    const reading = all(connect.getMetadata());
    await new Promise((resolve) => setTimeout(resolve, 100));
    const second = await TinyServer.start((request, response) => void forward(request, response), first.port);
    expect(await reading).toHaveLength(1);
    await second.close();
  });
});

describe('a write', () => {
  test('is repeated as the same write, and stored once', async () => {
    const proxy = await failing(status(503), broken);
    const { metadataKey } = await client.register('throughput');
    const options = { ...client.auth, backoffMs: 5, metadataKey, eventType: 'throughput' } as const;
    await new EventTypePost(proxy.url, options).addDataPoint(1, 1).addDataPoint(2, 2).postData();
    expect(proxy.keys).toHaveLength(3);
    expect(new Set(proxy.keys).size).toBe(1);
    const [md] = await client.find({ metadataKey });
    expect((await md!.getEventType('throughput')!.getData()).data.map(({ val }) => val)).toEqual([1, 2]);
    await proxy.close();
  });

  test('whose answer was lost gets it by its repeat, and nothing counts twice', async () => {
    expect(await writeThrough(lost)).toEqual({ error: undefined, sum: 5 });
  });

  test('whose answer was lost tells that it was repeated, where the archive does not know keys', async () => {
    const { error, sum } = await writeThrough(withoutKey(lost), withoutKey(forward));
    expect(error).toMatchObject({ name: 'ConflictError', repeated: true, stored: 0 });
    expect(sum).toBe(5);
  });

  /** Writes a point of a new metadata through a proxy; returns how that ended, and the sum of the points then. */
  async function writeThrough(...failures: Failure[]): Promise<{ error: unknown; sum: unknown }> {
    const proxy = await failing(...failures);
    const post = client.newPost().addEventType('throughput').addSummaryType('throughput', 'aggregation', [60]);
    const md = await post.postMetadata();
    const options = { ...client.auth, backoffMs: 5, metadataKey: md.metadataKey, eventType: 'throughput' } as const;
    const writing = new EventTypePost(proxy.url, options).addDataPoint(61, 5).postData();
    const error = await writing.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const [sum] = await md.getEventType('throughput')!.getSummary('aggregation', 60)!.getData();
    await proxy.close();
    return { error, sum: sum!.val };
  }

  test('of a metadata whose answer was lost gives its key', async () => {
    const proxy = await failing(lost);
    const register = (url: string): Promise<Metadata> =>
      new MetadataPost(url, { ...client.auth, ...PAIR, backoffMs: 5 }).addEventType('throughput').postMetadata();
    const { metadataKey } = await register(proxy.url);
    expect(proxy.times).toHaveLength(2);
    expect((await register(client.url)).metadataKey).toBe(metadataKey);
    await proxy.close();
  });

  test('keeps its name when the caller repeats it', async () => {
    const proxy = await failing(status(503), status(503));
    const { metadataKey } = await client.register('throughput');
    const options = { ...client.auth, retries: 0, metadataKey, eventType: 'throughput' } as const;
    const post = new EventTypePost(proxy.url, options).addDataPoint(1, 1);
    await expect(post.postData()).rejects.toMatchObject({ status: 503 });
    await expect(post.postData()).rejects.toMatchObject({ status: 503 });
    post.addDataPoint(2, 2);
    await post.postData();
    expect(proxy.keys[0]).toBe(proxy.keys[1]);
    expect(proxy.keys[2]).not.toBe(proxy.keys[1]);
    await proxy.close();
  });
});
