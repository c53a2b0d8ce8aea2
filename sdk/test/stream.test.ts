import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiConnect, type EventType, EventTypePost, type ReadOptions } from '../src/index.js';
import { all, failureOf, startClient, type TestClient } from './support/client.js';
import { TinyServer } from './support/server.js';

/** More than are asked for at once. */
const MANY = 150_000;
const FIRST = 1_600_000_000;

let client: TestClient;
let eventType: EventType<'ntp-offset'>;

beforeAll(async () => {
  client = await startClient();
  const md = await client.register('ntp-offset');
  eventType = md.getEventType('ntp-offset')!;
  const post = new EventTypePost(client.url, { ...client.auth, metadataKey: md.metadataKey, eventType: 'ntp-offset' });
  for (let i = 0; i < MANY; i++) {
    post.addDataPoint(FIRST + i / 4, i);
    if (i % 50_000 === 49_999) await post.postData();
  }
}, 180_000);
afterAll(() => client.close());

describe('a long stream', () => {
  test('has all points, in order, while memory stays flat', async () => {
    let next = 0;
    let most = 0;
    const before = used();
    for await (const { tsMicros, val } of eventType.points({ timeStart: 0 })) {
      if (val !== next || tsMicros !== (FIRST + next / 4) * 1e6)
        throw new Error(`point ${next} is ${tsMicros}, ${val}`);
      next++;
      if (next % 50_000 === 0) most = Math.max(most, used() - before);
    }
    expect(next).toBe(MANY);
    // All points at once are some 10 MB, and their lines as many.
    expect(most).toBeLessThan(5e6);
  });

  test('goes backwards across requests, and stops at a limit', async () => {
    let next = MANY;
    for await (const { val } of eventType.points({ timeRange: 1e9, order: 'desc', limit: 110_000 }))
      if (val !== --next) throw new Error(`${val} instead of ${next}`);
    expect(next).toBe(MANY - 110_000);
  });

  test('ends when its loop does, or its signal aborts', async () => {
    const before = await sockets();
    let seen = 0;
    for await (const _point of eventType.points()) if (++seen === 10) break;
    const controller = new AbortController();
    const reading = (async () => {
      for await (const _point of eventType.points({ signal: controller.signal })) if (++seen === 20) controller.abort();
    })();
    expect(await failureOf(reading)).toMatchObject({ name: 'AbortError' });
    expect(seen).toBe(20);
    expect(await failureOf(eventType.getData({ signal: AbortSignal.abort('early') }))).toBe('early');
    expect(await failureOf(eventType.getData({ signal: AbortSignal.timeout(20) }))).toMatchObject({
      name: 'TimeoutError',
    });
    await expect.poll(sockets).toBeLessThanOrEqual(before + 1);
  });

  test('goes on behind the last point when the connection breaks', async () => {
    const asked: string[] = [];
    const proxy = await TinyServer.start((request, response) => {
      asked.push(request.url!);
      void (async () => {
        const { accept } = request.headers;
        const answer = await fetch(client.url + request.url!, { headers: { accept: accept! } });
        response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type')! });
        let bytes = 0;
        for await (const chunk of answer.body!) {
          response.write(chunk);
          bytes += chunk.length;
          if (bytes > 300_000 && asked.length < 4) {
            setTimeout(() => response.destroy(), 20);
            return;
          }
        }
        response.end();
      })();
    });
    const metadataKey = eventType.baseUri.split('/').at(-3)!;
    const [md] = await all(new ApiConnect(proxy.url, { metadataKey }, { backoffMs: 5 }).getMetadata());
    const { data } = await md!.getEventType('ntp-offset')!.getData({ timeStart: FIRST, limit: 30_000 });
    await proxy.close();
    expect(data.map(({ val }) => val)).toEqual(Array.from({ length: 30_000 }, (_, i) => i));
    expect(asked.length).toBeGreaterThanOrEqual(4);
  });
});

test('a stream that falls silent ends in an error', async () => {
  const proxy = await TinyServer.start((request, response) => {
    void fetch(client.url + request.url!).then(async (answer) => {
      const type = request.url!.includes('/base') ? 'application/x-ndjson' : 'application/json';
      response.writeHead(200, { 'content-type': type });
      if (type === 'application/json') response.end(await answer.text());
      else response.write('{"ts":1,"val":1}\n');
    });
  });
  const metadataKey = eventType.baseUri.split('/').at(-3)!;
  const [md] = await all(new ApiConnect(proxy.url, { metadataKey }, { timeoutMs: 500 }).getMetadata());
  await expect(md!.getEventType('ntp-offset')!.getData()).rejects.toMatchObject({ name: 'TimeoutError' });
  await proxy.close();
});

test('a broken stream is resumed within a time that several points have', async () => {
  const points = [1, 1, 1, 2, 2, 2, 2, 3, 3, 4].map((ts, val) => ({ ts, val }));
  let asked = 0;
  const server = await TinyServer.start((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://archive');
    if (!pathname.endsWith('/base')) {
      const eventTypes = [{ 'event-type': 'metric', 'base-uri': '', 'time-updated': 1, summaries: [] }];
      const found = { 'metadata-key': 'k', 'metadata-count-total': 1, 'event-types': eventTypes };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify([found]));
      return;
    }
    asked++;
    const [begin, end] = [searchParams.get('time-start') ?? 0, searchParams.get('time-end') ?? Infinity].map(Number);
    const ordered = searchParams.get('order') === 'desc' ? points.toReversed() : points;
    const page = ordered.filter(({ ts }) => ts >= begin! && ts <= end!).slice(0, Number(searchParams.get('limit')));
    const lines = page.map((point) => `${JSON.stringify(point)}\n`);
    response.writeHead(200, { 'content-type': 'application/x-ndjson' });
    // Each answer breaks off after five lines.
    response.end(lines.length > 5 ? `${lines.slice(0, 5).join('')}{"ts"` : lines.join(''));
  });
  const [md] = await all(new ApiConnect(server.url, {}, { retries: 1, backoffMs: 1 }).getMetadata());
  const metric = md!.getEventType('metric')!;
  const read = async (options: ReadOptions): Promise<unknown[]> =>
    (await metric.getData(options)).data.map(({ val }) => val);
  expect(await read({})).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(await read({ order: 'desc' })).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
  expect(await read({ limit: 7 })).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(asked).toBeGreaterThan(6);
  await server.close();
});

test('an archive that has no streams, as esmond, is read by whole seconds', async () => {
  const asked: URLSearchParams[] = [];
  const points = Array.from({ length: 100_001 }, (_, i) => ({ ts: i, val: i }));
  const server = await TinyServer.start((request, response) => {
    const url = new URL(request.url!, 'http://archive');
    const eventTypes = [{ 'event-type': 'throughput', 'base-uri': '', 'time-updated': 1, summaries: [] }];
    let answer: object[] = [{ 'metadata-key': 'k', 'metadata-count-total': 1, 'event-types': eventTypes }];
    if (url.pathname.endsWith('/base')) {
      asked.push(url.searchParams);
      const start = Number(url.searchParams.get('time-start'));
      answer = points.slice(start, start + Number(url.searchParams.get('limit')));
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const [md] = await all(new ApiConnect(server.url, {}).getMetadata());
  const { data } = await md!.getEventType('throughput')!.getData();
  await server.close();
  expect(data).toHaveLength(points.length);
  expect(data.at(-1)).toMatchObject({ tsEpoch: 100_000, val: 100_000 });
  expect(asked.map((parameters) => parameters.get('time-start'))).toEqual(['0', '100000']);
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory in use. */
function used(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

async function sockets(): Promise<number> {
  return new Promise((resolve, reject) => {
    client.archive.app.getHttpServer().getConnections((error: Error | null, count: number) => {
      if (error) reject(error);
      else resolve(count);
    });
  });
}
