import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { postPoint, putPoints, register, type WirePoint } from '../support/builders.js';

const UNKNOWN = `${ARCHIVE}${'0'.repeat(32)}/`;
const NOW = Math.floor(Date.now() / 1000);
/** Points in every place that a bound can tell apart; those near now are far enough from the bounds for a slow run. */
const OLD = [0, 50, 100, 100.5, 100.999999, 101, 200];
const RECENT = [NOW - 7200, NOW - 600];
const AHEAD = NOW + 1200;
const FAR_AHEAD = NOW + 7200;
const ALL = [-100, ...OLD, ...RECENT, AHEAD, FAR_AHEAD];

let archive: TestArchive;
let uri: string;
beforeAll(async () => {
  archive = await startArchive();
  uri = await register(archive, 'throughput', 'packet-rtt', {
    'event-type': 'histogram-rtt',
    summaries: [
      { 'summary-type': 'statistics', 'summary-window': 0 },
      { 'summary-type': 'aggregation', 'summary-window': 86400 },
      { 'summary-type': 'aggregation', 'summary-window': 3600 },
    ],
  });
  const shuffled = [...ALL.slice(5), ...ALL.slice(0, 5).reverse()];
  await putPoints(
    archive,
    uri,
    'throughput',
    shuffled.map((ts) => ({ ts, val: 1 })),
  ).expect(201);
});
afterAll(() => archive.close());

async function timesOf(query: string): Promise<number[]> {
  const { body } = await archive.http.get(`${uri}throughput/base?${query}`).expect(200);
  return (body as WirePoint[]).map(({ ts }) => Number(ts));
}

describe('§6.1 shapes', () => {
  test('§6.1 points are an array of ts and val, compact, as application/json without a charset', async () => {
    const own = await register(archive, 'throughput');
    await putPoints(archive, own, 'throughput', [
      { ts: 2, val: 7 },
      { ts: 1.5, val: 8 },
    ]).expect(201);
    const response = await archive.http.get(`${own}throughput/base`).expect(200);
    expect(response.text).toBe('[{"ts":1.5,"val":8},{"ts":2,"val":7}]');
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.headers['access-control-allow-origin']).toBe('*');
    const head = await archive.http.head(`${own}throughput/base`).expect(200);
    expect(head.text).toBeFalsy();
  });
});

describe('§3.5 and §6.2 time parameters', () => {
  test('a microsecond is exact where the double of the seconds no longer is, in 2106', async () => {
    const own = await register(archive, 'throughput');
    await archive.http
      .post(`${own}throughput/base`)
      .set({ authorization: archive.auth, 'content-type': 'application/json' })
      .send('{"ts": 4301618693.390719, "val": 7}')
      .expect(201);
    const { text } = await archive.http.get(`${own}throughput/base?time=4301618693.390719`).expect(200);
    expect(text).toBe('[{"ts":4301618693.390719,"val":7}]');
  });

  test.each([
    ['', [...OLD, ...RECENT]],
    ['time=100', [100, 100.5, 100.999999]],
    ['time=%20100%20', [100, 100.5, 100.999999]],
    ['time=100.5', [100.5]],
    ['time=100.500000', [100.5]],
    ['time=100.0', [100]],
    ['time=100.25', []],
    ['time=-100', [-100]],
    ['time=200&time-start=9&time-end=1&time-range=7', [200]],
    ['time=200&time-start=0', [200]],
    ['time-start=50&time-end=100', [50, 100, 100.5, 100.999999]],
    ['time-start=50&time-end=100.0', [50, 100]],
    ['time-start=50&time-end=100.5', [50, 100, 100.5]],
    ['time-start=50&time-end=100.499999', [50, 100]],
    ['time-start=100.5&time-end=101', [100.5, 100.999999, 101]],
    ['time-start=100.500001&time-end=101', [100.999999, 101]],
    ['time-start=100&time-end=100', [100, 100.5, 100.999999]],
    ['time-start=51&time-end=99', []],
    ['time-start=50&time-end=100&time-range=1', [50, 100, 100.5, 100.999999]],
    ['time-start=50&time-range=50', [50, 100, 100.5, 100.999999]],
    ['time-start=50&time-range=0', [50]],
    ['time-end=101&time-range=1', [100, 100.5, 100.999999, 101]],
    ['time-end=100&time-range=50', [50, 100, 100.5, 100.999999]],
    ['time-start=101', [101, 200, ...RECENT, AHEAD]],
    ['time-start=-100', [-100, ...OLD, ...RECENT, AHEAD]],
    ['time-end=50', [0, 50]],
    [`time-end=${FAR_AHEAD}`, [...OLD, ...RECENT, AHEAD, FAR_AHEAD]],
    ['time-start=-1000&time-end=-1', [-100]],
    ['time-range=3600', [NOW - 600, AHEAD]],
    ['time-range=-7200', []],
    [`time-start=${FAR_AHEAD}`, []],
    ['time-start=99999999999999', []],
    ['time-start=-99999999999999&time-end=99999999999999', ALL],
    ['time-end=253402300799&time-range=99999999999999999999', ALL],
    ['time=1&time=200', [200]],
    ['time-end=1&time-start=50&time-start=200&time-end=200', [200]],
  ])('§3.5 ?%s', async (query, times) => {
    expect(await timesOf(query)).toEqual(times);
  });

  const bad = ['abc', '', '%20', '1e3', '1.5x', '0x10', 'NaN', 'true', '1_0', '1.', '1.1234567', '1,5', '--1'];
  test.each([
    ...['time', 'time-start', 'time-end', 'time-range'].flatMap((name) => bad.map((value) => `${name}=${value}`)),
    'time-start=10&time-end=9',
    'time-end=-1',
    'time-start=5&time-range=-1',
    'time-end=5&time-range=-10',
    'time-start=5&time-range=x',
  ])('§3.5 ?%s is refused', async (query) => {
    const { body } = await archive.http.get(`${uri}throughput/base?${query}`).expect(400);
    expect(body.detail).toContain('time');
  });

  test.each([
    'source=192.0.2.99',
    'event-type=failures',
    'order=asc',
    '_=1&callback=f',
    'summary-window=x',
    'format=json',
  ])('§6.2 ?%s changes nothing', async (query) => {
    expect(await timesOf(`time=100&${query}`)).toEqual([100, 100.5, 100.999999]);
  });
});

describe('§6.2 pages', () => {
  const COUNT = 1600;
  let path: string;
  beforeAll(async () => {
    const own = await register(archive, 'throughput');
    const points = Array.from({ length: COUNT }, (_, index) => ({ ts: index, val: index }));
    await putPoints(archive, own, 'throughput', points).expect(201);
    path = `${own}throughput/base`;
  });

  /** The first and last time and the number of points of a page, and its `Link` header without the URL's beginning. */
  async function page(query: string) {
    const { body, headers, request } = await archive.http.get(`${path}?${query}`).expect(200);
    const points = body as WirePoint[];
    const url = request.url.replace(/\?.*$/, '');
    const link = headers.link?.replaceAll(url, '');
    return { first: points[0]?.ts, last: points.at(-1)?.ts, count: points.length, link };
  }

  test.each([
    ['', 0, 1499, '<?limit=1500&offset=1500>; rel="next"'],
    ['limit=1500', 0, 1499, '<?limit=1500&offset=1500>; rel="next"'],
    ['offset=1500', 1500, 1599, '<?limit=1500>; rel="prev"'],
    ['limit=1600', 0, 1599, undefined],
    ['limit=1599', 0, 1598, '<?limit=1599&offset=1599>; rel="next"'],
    ['limit=999999999999999999999999', 0, 1599, undefined],
    ['limit=20000&offset=1', 1, 1599, '<?limit=20000>; rel="prev"'],
    ['limit=10&offset=5', 5, 14, '<?limit=10&offset=15>; rel="next", <?limit=10>; rel="prev"'],
    ['limit=10&offset=10', 10, 19, '<?limit=10&offset=20>; rel="next", <?limit=10>; rel="prev"'],
    ['limit=10&offset=25', 25, 34, '<?limit=10&offset=35>; rel="next", <?limit=10&offset=15>; rel="prev"'],
    ['limit=10&offset=1590', 1590, 1599, '<?limit=10&offset=1580>; rel="prev"'],
    ['time-end=9&limit=10', 0, 9, undefined],
    ['time-end=9&limit=4', 0, 3, '<?limit=4&offset=4&time-end=9>; rel="next"'],
    [
      'time-start=100&z=%C3%A9%20%26&offset=3&limit=2&a=',
      103,
      104,
      '<?a=&limit=2&offset=5&time-start=100&z=%C3%A9+%26>; rel="next", ' +
        '<?a=&limit=2&offset=1&time-start=100&z=%C3%A9+%26>; rel="prev"',
    ],
    ['limit=3&limit=2', 0, 1, '<?limit=2&offset=2>; rel="next"'],
    ['order=desc', 1599, 100, '<?limit=1500&offset=1500&order=desc>; rel="next"'],
    ['order=desc&limit=2', 1599, 1598, '<?limit=2&offset=2&order=desc>; rel="next"'],
    ['order=desc&limit=2&time-end=50', 50, 49, '<?limit=2&offset=2&order=desc&time-end=50>; rel="next"'],
    ['order=desc&limit=2&offset=1598', 1, 0, '<?limit=2&offset=1596&order=desc>; rel="prev"'],
  ])('§6.2 ?%s gives the points %i to %i', async (query, first, last, link) => {
    expect(await page(query)).toEqual({ first, last, count: Math.abs(last - first) + 1, link });
  });

  test.each(['0', '-1', '-0', '1.5', 'abc', '', '%20', '1e2', 'NaN'])(
    '§6.2 limit=%s falls back to 1500, offset=%s to 0',
    async (value) => {
      expect(await page(`limit=${value}`)).toMatchObject({ first: 0, count: 1500 });
      expect(await page(`limit=3&offset=${value}`)).toMatchObject({ first: 0, count: 3 });
    },
  );

  test.each([1600, 5000, '999999999999999999999999'])('§6.2 offset=%s is behind the end', async (offset) => {
    const { count, link } = await page(`limit=10&offset=${offset}`);
    expect(count).toBe(0);
    expect(link).toMatch(/^<\?limit=10&offset=\d+>; rel="prev"$/);
  });

  test('§6.2 many points come as one array, in both orders, with a right Link', async () => {
    const own = await register(archive, 'throughput');
    const times = Array.from({ length: 25_000 }, (_, index) => index * 10);
    const points = times.map((ts) => ({ ts, val: 1 }));
    await putPoints(archive, own, 'throughput', points).expect(201);
    const ascending = await archive.http.get(`${own}throughput/base?limit=20001&offset=3`).expect(200);
    expect(ascending.body).toEqual(points.slice(3, 20_004));
    expect(ascending.headers.link).toContain('limit=20001&offset=20004>; rel="next"');
    const descending = await archive.http.get(`${own}throughput/base?limit=25000&order=desc`).expect(200);
    expect(descending.body).toEqual([...points].reverse());
    expect(descending.headers.link).toBeUndefined();
  });
});

describe('§6.3 unknown things', () => {
  test.each([
    ['an unknown key', `${UNKNOWN}throughput/base`],
    ['an unknown key with a window', `${UNKNOWN}throughput/base/0`],
    ['an event type that is not registered', 'failures/base'],
    ['an event type without points', 'packet-rtt/base'],
    ['a window of base', 'throughput/base/300'],
    ['a negative window', 'throughput/base/-1'],
    ['the event type of an unknown key', `${UNKNOWN}throughput/`],
    ['an event type that is not registered, itself', 'failures/'],
    ['a bogus event type, itself', 'bogus'],
    ['a bogus event type of an unknown key, itself', `${UNKNOWN}bogus/`],
  ])('§6.3 %s: nothing', async (_, path) => {
    const { headers } = await archive.http.get(path.startsWith('/') ? path : uri + path).expect(200, []);
    expect(headers.link).toBeUndefined();
  });

  test.each([
    ['a bogus event type', 'bogus/base', 400],
    ['a bogus event type with a window', 'bogus/base/0', 400],
    ['a bogus event type of an unknown key', `${UNKNOWN}bogus/base`, 400],
    ['the name of a JavaScript property as an event type', 'constructor/base', 400],
    ['a window that is text', 'throughput/base/abc', 400],
    ['a window that is no integer', 'throughput/base/1.5', 400],
    ['a summary type that does not exist', 'throughput/bogus', 400],
    ['a summary type in the singular', 'throughput/average', 400],
    ['a summary type in the singular', 'throughput/aggregation/', 400],
    ['a summary that is not registered', 'throughput/averages', 404],
    ['a summary that can not be', 'histogram-rtt/averages/', 404],
    ['a summary of an unknown key', `${UNKNOWN}histogram-rtt/statistics`, 404],
    ['a summary of an event type that is not registered', 'failures/aggregations', 404],
    ['an unknown key, itself', UNKNOWN, 404],
    ['an unknown format', 'throughput/base?format=xml', 404],
    ['an unknown format of a listing', 'throughput/?format=csv', 404],
  ])('§6.3 %s (%s): %i', async (_, path, status) => {
    const { body, headers } = await archive.http.get(path.startsWith('/') ? path : uri + path).expect(status);
    expect(headers['content-type']).toBe('application/json');
    const code = expect.stringMatching(status === 404 ? /^not-found$/ : /^(invalid|unknown-event-type)$/);
    expect(body).toEqual({ detail: expect.stringMatching(/./), error: body.detail, code });
  });

  test.each(['base', 'base/', 'base/0', 'base/0/'])('§1.2 %s is the base', async (path) => {
    const { body } = await archive.http.get(`${uri}throughput/${path}?time=200`).expect(200);
    expect(body).toEqual([{ ts: 200, val: 1 }]);
  });
});

describe('§6.4 listings', () => {
  test.each(['throughput', 'throughput/', 'histogram-rtt/'])('§6.4 %s lists what the metadata holds', async (path) => {
    await postPoint(archive, uri, 'histogram-rtt', { ts: 1, val: { '1': 1 } }).expect(201);
    const { body: metadata } = await archive.http.get(uri).expect(200);
    const { body } = await archive.http.get(uri + path).expect(200);
    const inside = (metadata['event-types'] as Record<string, unknown>[]).filter(
      (entry) => entry['event-type'] === path.replace('/', ''),
    );
    expect(body).toEqual(inside);
    expect(body).toHaveLength(1);
  });

  test.each([
    ['aggregations', 'aggregation', ['3600', '86400']],
    ['aggregations/', 'aggregation', ['3600', '86400']],
    ['statistics', 'statistics', ['0']],
  ])('§6.4 %s lists the windows of the summary', async (path, type, windows) => {
    const { body } = await archive.http.get(`${uri}histogram-rtt/${path}`).expect(200);
    expect(body).toEqual(
      windows.map((window) => ({
        uri: `${uri}histogram-rtt/${path.replace('/', '')}/${window}`,
        'summary-type': type,
        'summary-window': window,
        'time-updated': expect.toSatisfy((time) => time === null || Number.isInteger(time)),
      })),
    );
  });
});
