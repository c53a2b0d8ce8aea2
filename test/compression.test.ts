import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { putPoints, register } from './support/builders.js';

const COUNT = 5000;

let archive: TestArchive;
let uri: string;
let origin: string;
beforeAll(async () => {
  archive = await startArchive();
  origin = await archive.app.getUrl();
  uri = await register(archive, {
    'event-type': 'throughput',
    summaries: [{ 'summary-type': 'average', 'summary-window': 0 }],
  });
  const points = Array.from({ length: COUNT }, (_, ts) => ({ ts, val: 9_000_000_000 + 7919 * ts }));
  await putPoints(archive, uri, 'throughput', points).expect(201);
});
afterAll(() => archive.close());

/** The answer as it comes over the wire: supertest would unpack it. */
async function get(path: string, headers: Record<string, string>): Promise<{ answer: IncomingMessage; body: Buffer }> {
  const sent = request(`${origin}${path}`, { headers }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return { answer, body: await buffer(answer) };
}

const UNPACK = { br: brotliDecompressSync, gzip: gunzipSync };

describe.each([
  ['points', `throughput/base?time-start=0&time-end=${COUNT}&limit=${COUNT}`],
  ['points in pages', `throughput/base?time-start=0&time-end=${COUNT}&limit=1500`],
  ['summaries', `throughput/averages/0?time-start=0&time-end=${COUNT}&limit=${COUNT}`],
])('many %s', (_what, path) => {
  test.each([
    ['br, gzip, deflate', 'application/json', 'br'],
    ['gzip, deflate', 'application/json', 'gzip'],
    ['gzip, deflate', 'text/csv', 'gzip'],
    ['gzip, deflate', 'application/x-ndjson', 'gzip'],
  ] as const)('Accept-Encoding %s, Accept %s: the same bytes by way of %s', async (accepted, accept, encoding) => {
    const plain = await get(uri + path, { accept });
    const packed = await get(uri + path, { accept, 'accept-encoding': accepted });
    expect(plain.answer.headers['content-encoding']).toBeUndefined();
    expect(packed.answer.headers['content-encoding']).toBe(encoding);
    expect(packed.body.length).toBeLessThan(plain.body.length / 2);
    expect(UNPACK[encoding](packed.body).equals(plain.body)).toBe(true);
    for (const name of ['content-type', 'vary', 'link', 'allow', 'access-control-allow-origin'])
      expect(packed.answer.headers[name], name).toBe(plain.answer.headers[name]);
    expect(packed.answer.headers.vary).toBe('Accept, accept-encoding');
    if (accept === 'application/json') expect(packed.answer.headers['content-type']).toBe('application/json');
  });
});

test.each(['identity', 'deflate', 'gzip;q=0', 'unheard-of'])(
  'Accept-Encoding: %s gets plain bytes',
  async (accepted) => {
    const path = `${uri}throughput/base?time-start=0&time-end=${COUNT}&limit=${COUNT}`;
    const { answer, body } = await get(path, { 'accept-encoding': accepted });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(JSON.parse(body.toString())).toHaveLength(COUNT);
  },
);

test('small answers, writes and HEAD are never compressed', async () => {
  const accepted = { 'accept-encoding': 'br, gzip' };
  const small = await get(`${uri}throughput/base?time-start=0&time-end=99`, accepted);
  expect(small.answer.headers['content-encoding']).toBeUndefined();
  expect(JSON.parse(small.body.toString())).toHaveLength(100);
  const head = await archive.http.head(`${uri}throughput/base`).set(accepted).expect(200);
  expect(head.headers['content-encoding']).toBeUndefined();
  // Names 100 points: 5 kB.
  const points = Array.from({ length: 200 }, (_, ts) => ({ ts, val: 1 }));
  const conflicts = await putPoints(archive, uri, 'throughput', points).set(accepted).expect(409);
  expect(conflicts.headers['content-encoding']).toBeUndefined();
});

test('a search of many metadata is compressed, with the ETag of the plain answer', async () => {
  for (let index = 0; index < 10; index++) await register(archive, 'throughput');
  const [plain, packed] = [await get(ARCHIVE, {}), await get(ARCHIVE, { 'accept-encoding': 'gzip' })];
  expect(packed.answer.headers['content-encoding']).toBe('gzip');
  expect(packed.answer.headers.etag).toBe(plain.answer.headers.etag);
  expect(gunzipSync(packed.body).equals(plain.body)).toBe(true);
  const same = await get(ARCHIVE, { 'accept-encoding': 'gzip', 'if-none-match': plain.answer.headers.etag! });
  expect({ status: same.answer.statusCode, length: same.body.length }).toEqual({ status: 304, length: 0 });
});
