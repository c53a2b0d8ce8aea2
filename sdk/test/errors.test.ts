import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ApiConnect,
  ApiError,
  ArchiveError,
  ConnectionError,
  EventTypePost,
  MetadataPost,
  TimeoutError,
} from '../src/index.js';
import { all, failureOf, PAIR, startClient, type TestClient } from './support/client.js';
import { TinyServer } from './support/server.js';

let client: TestClient;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());

describe('the archive refuses', () => {
  test('a host without an address', async () => {
    const error = await failureOf(client.find({ source: 'not an address' }));
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toBeInstanceOf(ArchiveError);
    expect(error).toMatchObject({
      status: 400,
      code: 'invalid',
      method: 'GET',
      detail: expect.stringContaining('not an address'),
    });
    expect((error as Error).message).toContain('GET http://127.0.0.1');
  });

  test('a write without a key, a wrong key, and a key without the scope; no key is in any error', async () => {
    const { metadataKey } = await client.register('throughput');
    const reader = (await client.archive.issueKey('read')).replace('Token ', '');
    for (const [apiKey, status, code] of [
      [undefined, 401, 'unauthorized'],
      ['0123456789', 401, 'unauthorized'],
      [reader, 403, 'forbidden'],
    ] as const) {
      const post = new EventTypePost(client.url, { apiKey, metadataKey, eventType: 'throughput' });
      const error = await failureOf(post.addDataPoint(1, 1).postData());
      expect(error).toMatchObject({ name: 'ApiError', status, code });
      if (apiKey !== undefined) expect(JSON.stringify(error) + String(error)).not.toContain(apiKey);
    }
  });

  test('points of an unknown metadata, and reads of an unknown event type', async () => {
    const options = { ...client.auth, metadataKey: 'unknown', eventType: 'throughput' } as const;
    const post = new EventTypePost(client.url, options).addDataPoint(1, 1);
    await expect(post.postData()).rejects.toMatchObject({ status: 404 });
  });

  test('a body that is too large', async () => {
    const small = await startClient({ BODY_LIMIT: '1KiB' });
    const { metadataKey } = await small.register('pscheduler-raw');
    const post = new EventTypePost(small.url, { ...small.auth, metadataKey, eventType: 'pscheduler-raw' });
    await expect(post.addDataPoint(1, 'x'.repeat(2000)).postData()).rejects.toMatchObject({ status: 413 });
    await small.close();
  });
});

describe('what is no archive', () => {
  /** Searches a server that answers like this. */
  async function search(status: number, headers: Record<string, string>, body: string): Promise<unknown> {
    const server = await TinyServer.start((_, response) => response.writeHead(status, headers).end(body));
    const error = await failureOf(all(new ApiConnect(server.url, {}, { retries: 0 }).getMetadata()));
    await server.close();
    return error;
  }

  const json = { 'content-type': 'application/json' };
  const metadata = (key: string, total: number): object => ({
    'metadata-key': key,
    'metadata-count-total': total,
    'event-types': [],
  });

  test.each([
    ['a page', 200, { 'content-type': 'text/html' }, '<h1>Log in</h1>'],
    ['no body', 200, { ...json, 'content-length': '0' }, ''],
    ['no body and no type', 204, {}, ''],
    ['an object', 200, json, '{"a":1}'],
    ['a redirect to nowhere', 302, {}, ''],
    ['an entry that is no metadata', 200, json, '[null]'],
    ['a metadata without event types', 200, json, '[{"metadata-key":"k"}]'],
    ['the same page again', 200, json, JSON.stringify([metadata('a', 9), metadata('b', 9)])],
  ])('%s never reads as an empty result', async (_what, status, headers, body) => {
    expect(await search(status, headers, body)).toMatchObject({ name: 'ApiError', status, code: undefined });
  });

  test('whoever asks for entries that are no metadata gets them, and all others', async () => {
    const entries = [null, metadata('a', 2)];
    const server = await TinyServer.start((_, response) => response.writeHead(200, json).end(JSON.stringify(entries)));
    const malformed: unknown[] = [];
    const search = new ApiConnect(server.url).getMetadata({ onMalformed: (entry) => malformed.push(entry) });
    expect((await all(search)).map(({ metadataKey }) => metadataKey)).toEqual(['a']);
    expect(malformed).toEqual([null]);
    await server.close();
  });

  test('neither does half an answer', async () => {
    expect(await search(200, json, '[{"metadata-key":')).toBeInstanceOf(ConnectionError);
    expect(await search(200, { ...json, 'content-length': '100', connection: 'close' }, '[]')).toBeInstanceOf(
      ConnectionError,
    );
  });

  test('the text of an error page is shown, but not all of it', async () => {
    const error = await search(500, { 'content-type': 'text/html' }, `<h1>Oops</h1>${'.'.repeat(1000)}`);
    expect(error).toMatchObject({ status: 500, detail: expect.stringMatching(/^<h1>Oops<\/h1>\.{1,200}$/) });
    expect(await search(404, {}, '')).toMatchObject({ status: 404, detail: 'Not Found' });
  });

  test('a write that was redirected, and became a read, is no success', async () => {
    const server = await TinyServer.start((request, response) => {
      if (request.method === 'GET') response.writeHead(200, json).end('""');
      else response.writeHead(301, { location: '/elsewhere' }).end();
    });
    const post = new MetadataPost(server.url, PAIR);
    await expect(post.postMetadata()).rejects.toMatchObject({ name: 'ApiError', status: 200 });
    await server.close();
  });

  test('half an answer with points is an error, not fewer points', async () => {
    let asked = 0;
    const server = await TinyServer.start((request, response) => {
      if (!request.url!.includes('/base')) {
        const eventType = { 'event-type': 'throughput', 'base-uri': '', 'time-updated': 1, summaries: [] };
        const found = { 'metadata-key': 'k', 'metadata-count-total': 1, 'event-types': [eventType] };
        response.writeHead(200, json).end(JSON.stringify([found]));
        return;
      }
      asked++;
      response.writeHead(200, { 'content-type': 'application/x-ndjson' });
      response.end(request.url!.includes('time-start=0&') ? '{"ts":1,"val":1}\n{"ts":2,"v' : '{"ts":2,"v');
    });
    const [md] = await all(new ApiConnect(server.url, {}, { retries: 2, backoffMs: 1 }).getMetadata());
    await expect(md!.getEventType('throughput')!.getData()).rejects.toThrow(ConnectionError);
    await server.close();
    // Three attempts behind the point that arrived, after the one that brought it.
    expect(asked).toBe(3);
  });
});

describe('no answer', () => {
  test('nobody listens', async () => {
    const connect = new ApiConnect('http://127.0.0.1:1', {}, { retries: 0 });
    const error = await failureOf(all(connect.getMetadata()));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toMatch(/ConnectionError: no whole answer: .*(ECONNREFUSED|bad port)/);
  });

  test('comes in time: the request ends, and is not repeated', async () => {
    let asked = 0;
    const server = await TinyServer.start(() => {
      asked++;
    });
    const connect = new ApiConnect(server.url, {}, { timeoutMs: 100 });
    expect(await failureOf(all(connect.getMetadata()))).toBeInstanceOf(TimeoutError);
    expect(asked).toBe(1);
    await server.close();
  });

  test('after its head: the body has a time limit, too', async () => {
    const server = await TinyServer.start(
      (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).write('['),
    );
    const connect = new ApiConnect(server.url, {}, { timeoutMs: 100 });
    expect(await failureOf(all(connect.getMetadata()))).toBeInstanceOf(TimeoutError);
    await server.close();
  });
});
