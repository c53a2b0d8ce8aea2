import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import {
  ALL_SEVEN,
  FIRST_SECOND,
  LAST_TWO,
  NEXT_SECOND,
  OF_EQUALS,
  OF_HUGE,
  OF_TENTHS,
  quantiles,
  RESPONSE_TIMES,
  SECOND_FROM_FIRST,
  WITH_LATE,
  WITHOUT_SECOND,
} from './support/response-times.js';
import { newSession, newStream, send, START } from './support/sessions.js';

let archive: TestArchive;
let admin: string;
beforeAll(async () => {
  archive = await startArchive();
  admin = await archive.issueKey('admin');
});
afterAll(() => archive.close());

const AGGREGATED = { type: 'metric', aggregate: true };

/** An aggregated stream of a session that begins at a time, with points. */
async function streamWith(
  points: readonly (readonly [number, number | string])[],
  body: object = AGGREGATED,
  testStart = 0,
): Promise<string> {
  const stream = await newStream(archive, body, await newSession(archive, { 'test-start': testStart }));
  await send(archive, 'post', `${stream}/points`, points).expect(200);
  return stream;
}

async function read(stream: string, path: string): Promise<unknown> {
  return (await archive.http.get(`${stream}/${path}`).expect(200)).body;
}

async function valuesOf(stream: string, path: string): Promise<Record<string, unknown>[]> {
  return ((await read(stream, path)) as { value: Record<string, unknown> }[]).map(({ value }) => value);
}

/** The lines of a distribution, `l r cnt`. */
async function distributionOf(stream: string): Promise<string[]> {
  const { text } = await archive.http.get(`${stream}/distributions/1?format=tsv`).expect(200);
  return text.trimEnd().split('\n').map((line) => line.split('\t').slice(1).map((one) => one || 'null').join(' ')); // prettier-ignore
}

const seconds = (value: number): number => 1574164720_000_000 + value * 1_000_000;

describe('the vectors of the contract', () => {
  test('netort’s own example, with bins aligned to 1970', async () => {
    const stream = await streamWith(RESPONSE_TIMES);
    expect(await read(stream, 'quantiles/1')).toEqual([
      { ts: seconds(0), value: FIRST_SECOND },
      { ts: seconds(1), value: NEXT_SECOND },
    ]);
    expect(await read(stream, 'distributions/1')).toEqual([
      { ts: seconds(0), value: [{ l: 29000, r: 30000, cnt: 1 }, { l: 30000, r: 31000, cnt: 3 }] }, // prettier-ignore
      { ts: seconds(1), value: [{ l: 30000, r: 31000, cnt: 3 }] },
    ]);
    const events = await streamWith(
      RESPONSE_TIMES.map(([ts]) => [ts, '200']),
      { type: 'event', aggregate: true },
    );
    expect(await valuesOf(events, 'categories/1')).toEqual([{ 200: 4 }, { 200: 3 }]);
  });

  test('the same, aligned to the first point', async () => {
    const stream = await streamWith(RESPONSE_TIMES, AGGREGATED, START);
    expect(await read(stream, 'quantiles/1?time=relative')).toEqual([
      { ts: 0, value: SECOND_FROM_FIRST },
      { ts: 1_000_000, value: expect.objectContaining(LAST_TWO) },
    ]);
    const points = (await read(stream, 'points?time=relative&from=0&to=201324')) as { ts: number }[];
    expect(points.map(({ ts }) => ts)).toEqual([0, 201324]);
  });

  test('a late point changes the one bin of its second', async () => {
    const stream = await streamWith(RESPONSE_TIMES);
    await send(archive, 'post', `${stream}/points`, [[1574164720999999, 31000]]).expect(200);
    const bins = await valuesOf(stream, 'quantiles/1');
    expect(bins).toHaveLength(2);
    expect(bins[0]).toMatchObject(WITH_LATE);
  });

  test('a deleted point is taken out of it', async () => {
    const stream = await streamWith(RESPONSE_TIMES);
    const { body } = await archive.http.get(stream).expect(200);
    await archive.http
      .delete(`${ARCHIVE}${body['metadata-key']}/metric/base?time=1574164720.450572`)
      .set('authorization', admin)
      .expect(200);
    const [first] = await valuesOf(stream, 'quantiles/1');
    expect(first).toMatchObject(WITHOUT_SECOND);
    // Nor does a repeat bring it back.
    const { body: repeated } = await send(archive, 'put', `${stream}/points/1`, [RESPONSE_TIMES[1]]).expect(200);
    expect(repeated).toMatchObject({ stored: 0, repeated: 1 });
  });

  test('a longer window, and the whole session', async () => {
    const summaries = [1, 2].map((window) => ({ 'summary-type': 'quantiles', 'summary-window': window }));
    const stream = await streamWith(RESPONSE_TIMES, { ...AGGREGATED, summaries });
    expect(await valuesOf(stream, 'quantiles/2')).toMatchObject([ALL_SEVEN]);
    expect(await read(stream, 'quantiles/all')).toMatchObject({ window: 1, value: ALL_SEVEN });
  });

  test('few values, and equal ones', async () => {
    const at = (...values: number[]) => values.map((value): [number, number] => [1, value]);
    const one = async (...values: number[]) => (await valuesOf(await streamWith(at(...values)), 'quantiles/1'))[0];
    expect(await one(5)).toEqual(quantiles(1, 5, 5, null, ...Array<number>(12).fill(5)));
    expect(await one(0.1, 0.2)).toMatchObject(OF_TENTHS);
    expect(await one(1, 1, 2, 2, 2, 10)).toMatchObject(OF_EQUALS);
    expect(await one(1e16, 1, 1)).toMatchObject(OF_HUGE);
  });

  test('the edges of a distribution', async () => {
    const values = [
      ...[-1, 0, 9.99, 10, 4989, 4990, 4999.5, 5000, 9999, 10000, 499999, 500000, 2999999, 3000000, 9999999, 10000000],
      ...[29999999, 30000000, 119999999, 120000000, 299999999, 300000000, 300000001],
    ];
    const stream = await streamWith(values.map((value) => [1, value]));
    expect(await distributionOf(stream)).toEqual([
      ...['null 0 1', '0 10 2', '10 20 1', '4980 4990 1', '4990 5000 2', '5000 5100 1', '9900 10000 1'],
      ...['10000 11000 1', '499000 500000 1', '500000 505000 1', '2995000 3000000 1', '3000000 3010000 1'],
      ...['9990000 10000000 1', '10000000 10050000 1', '29950000 30000000 1', '30000000 30100000 1'],
      ...['119900000 120000000 1', '120000000 121000000 1', '299000000 300000000 2', '300000000 null 1'],
    ]);
  });

  test('a sine', async () => {
    const stream = await streamWith(Array.from({ length: 100 }, (_, i) => [i * 10_000, Math.sin(i / 100)]));
    const [bin] = await valuesOf(stream, 'quantiles/1');
    const expected = { q50: 0.4750257133876805, q95: 0.8078509706243272, average: 0.4554865083873183, stddev: 0.2495954189079061 }; // prettier-ignore
    expect(bin?.q0).toBe(0);
    for (const [name, value] of Object.entries(expected))
      expect(Math.abs(Number(bin?.[name]) / value - 1)).toBeLessThan(1e-12);
    expect(await distributionOf(stream)).toEqual(['0 10 100']);
  });

  test.each([true, false])('rows that come again, raw: %s', async (raw) => {
    const stream = await newStream(archive, { ...AGGREGATED, raw }, await newSession(archive, { 'test-start': 0 }));
    const put = async (from: number, to: number) => {
      const rows = Array.from({ length: to - from }, (_, index) => [(from + index) * 100, from + index]);
      const { body } = await send(archive, 'put', `${stream}/points/${from}`, rows).expect(200);
      return `${body.stored}/${body.repeated}`;
    };
    expect([
      ...[await put(0, 10_000), await put(0, 10_000), await put(5000, 15_000)],
      ...[await put(12_000, 12_100), await put(12_000, 12_100)],
    ]).toEqual(['10000/0', '0/10000', '5000/5000', '0/100', '0/100']);
    expect((await archive.http.get(stream)).body).toMatchObject({ received: [[0, 15_000]], rows: 15_000 });
    const bins = await valuesOf(stream, 'quantiles/1');
    expect(bins.map(({ cnt, q0, q100 }) => [cnt, q0, q100])).toEqual([
      [10_000, 0, 9999],
      [5000, 10_000, 14_999],
    ]);
    expect(await read(stream, 'points?limit=1')).toEqual(raw ? [{ ts: 0, value: 0, row: 0 }] : []);
  });

  test('microseconds before and behind the start', async () => {
    const stream = await newStream(archive, AGGREGATED);
    const rows = [-1, 0, 999_999, 1_000_000].map((ts) => [ts, ts]);
    await send(archive, 'post', `${stream}/points?time=relative`, rows).expect(200);
    const bins = (await read(stream, 'quantiles/1?time=relative')) as { ts: number; value: { cnt: number } }[];
    expect(bins.map(({ ts, value }) => [ts, value.cnt])).toEqual([
      [-1_000_000, 1],
      [0, 2],
      [1_000_000, 1],
    ]);
  });
});

describe('a summary of a stream', () => {
  test('has the columns of netort in lines', async () => {
    const stream = await streamWith(RESPONSE_TIMES, AGGREGATED, 1574164720_000_000);
    const lines = async (path: string) => (await archive.http.get(`${stream}/${path}`).expect(200)).text;
    expect(await lines('quantiles/1?time=relative&format=tsv&limit=1')).toBe(
      '0\t29917\t29948.2\t29995\t30164\t30421.25\t30489.8\t30558.35\t30626.9\t30695.45\t30736.58\t30750.29\t30764\t30252.25\t378.92600421014475\t121009\t4\n',
    );
    expect(await lines('distributions/1?time=relative&format=tsv')).toBe(
      '0\t29000\t30000\t1\n0\t30000\t31000\t3\n1\t30000\t31000\t3\n',
    );
    expect(await lines('distributions/1?format=csv&limit=1')).toBe(
      'ts,l,r,cnt\n1574164720000000,29000,30000,1\n1574164720000000,30000,31000,3\n',
    );
    expect(await lines('quantiles/1?format=csv&limit=1')).toMatch(
      /^ts,q0,q10,q25,q50,q75,q80,q85,q90,q95,q98,q99,q100,average,stddev,sum,cnt\n1574164720000000,29917,/,
    );
    const [first] = (await lines('quantiles/1?format=ndjson')).split('\n');
    expect(JSON.parse(first ?? '')).toEqual({ ts: seconds(0), value: FIRST_SECOND });
    const { text } = await archive.http.get(`${stream}/quantiles/1`).set('accept', 'text/tab-separated-values');
    expect(text.split('\t')[0]).toBe('1574164720000000');
    const alone = await streamWith([[0, 5]]);
    expect((await archive.http.get(`${alone}/quantiles/1?format=csv`)).text.trimEnd().split(',').slice(-3)).toEqual([
      ...['', '5', '1'],
    ]);
  });

  test('of texts has them in the order of their bytes', async () => {
    const codes = ['9', '10', 'ü', 'a,b', '😀', '\ufffd'];
    const stream = await streamWith(
      codes.map((code, index) => [index, code]),
      { type: 'event', raw: false, aggregate: true },
    );
    const { text } = await archive.http.get(`${stream}/categories/1?format=csv`).expect(200);
    expect(text).toBe('ts,category,cnt\n0,10,1\n0,9,1\n0,"a,b",1\n0,ü,1\n0,\ufffd,1\n0,😀,1\n');
    const whole = await archive.http.get(`${stream}/categories/all`).expect(200);
    expect(whole.text).toBe('{"window":1,"value":{"10":1,"9":1,"a,b":1,"ü":1,"\ufffd":1,"😀":1}}');
  });

  test('may be one of those of all numbers', async () => {
    const summaries = ['average', 'aggregation', 'statistics'].map((type) => ({
      ...{ 'summary-type': type, 'summary-window': 60 },
    }));
    const stream = await streamWith(RESPONSE_TIMES, { ...AGGREGATED, summaries });
    const { body } = await archive.http.get(stream);
    expect(body.summaries).toEqual(
      ['aggregation', 'average', 'statistics'].map((type) => ({
        ...{ 'summary-type': type, 'summary-window': 60 },
        uri: `${stream}/${type === 'statistics' ? type : `${type}s`}/60`,
      })),
    );
    expect(await read(stream, 'averages/60')).toEqual([{ ts: 1574164680_000_000, value: 30363.714285714286 }]);
    expect(await read(stream, 'aggregations/all')).toEqual({ window: 60, value: 212546 });
    expect(await valuesOf(stream, 'statistics/60')).toMatchObject([{ minimum: 29917, maximum: 30990 }]);
    expect((await archive.http.get(`${stream}/averages/60?format=csv`)).text).toMatch(/^ts,value\n1574164680000000,/);
  });

  test('that is added later is filled from the points that are kept', async () => {
    const stream = await streamWith(RESPONSE_TIMES, { type: 'metric' });
    await archive.http.get(`${stream}/quantiles/1`).expect(404);
    const { body } = await send(archive, 'put', stream, AGGREGATED).expect(200);
    expect(body).toMatchObject({ aggregate: true, summaries: [{ 'summary-type': 'distribution' }, { 'summary-type': 'quantiles' }] }); // prettier-ignore
    expect(await valuesOf(stream, 'quantiles/1')).toEqual([FIRST_SECOND, NEXT_SECOND]);
    await send(archive, 'put', stream, { type: 'metric' }).expect(200, body);
  });

  test('that is added later counts from then on where points are not kept', async () => {
    const body = { ...AGGREGATED, raw: false };
    const stream = await streamWith(RESPONSE_TIMES.slice(0, 5), body);
    const summaries = [{ 'summary-type': 'quantiles', 'summary-window': 2 }];
    await send(archive, 'put', stream, { ...body, summaries }).expect(200);
    await send(archive, 'put', `${stream}/points/5`, [...RESPONSE_TIMES.slice(5), [seconds(2), 7]]).expect(200);
    expect(await valuesOf(stream, 'quantiles/1')).toMatchObject([FIRST_SECOND, NEXT_SECOND, { cnt: 1 }]);
    expect(await read(stream, 'quantiles/2')).toMatchObject([{ ts: seconds(2), value: { cnt: 1, sum: 7 } }]);
  });

  test('is empty where there are no points', async () => {
    const stream = await newStream(archive, AGGREGATED);
    expect(await read(stream, 'quantiles/1')).toEqual([]);
    expect(await read(stream, 'quantiles/all')).toEqual({ window: 1, value: null });
  });

  test('is read within bounds, in pages', async () => {
    const stream = await streamWith(
      Array.from({ length: 10 }, (_, index) => [seconds(index), index]),
      AGGREGATED,
      seconds(0),
    );
    const times = async (query: string) =>
      ((await read(stream, `quantiles/1?time=relative&${query}`)) as { ts: number }[]).map(({ ts }) => ts / 1_000_000);
    expect(await times('from=2000000&to=4000000')).toEqual([2, 3, 4]);
    expect(await times('from=2000001&to=3999999')).toEqual([3]);
    expect(await times('order=desc&limit=2')).toEqual([9, 8]);
    expect(await times('limit=2&offset=3')).toEqual([3, 4]);
    const { headers } = await archive.http.get(`${stream}/quantiles/1?limit=2`);
    expect(headers.link).toContain('offset=2');
    await archive.http.get(`${stream}/quantiles/1?from=x`).expect(400);
    await archive.http.get(`${stream}/quantiles/1?time=iso`).expect(400);
    await archive.http.get(`${stream}/quantiles/1?format=xml`).expect(404);
  });
});

describe('what makes no sense of summaries', () => {
  test.each([
    ['metric', 'categories', 1, 'is not possible for float values, only'],
    ['event', 'quantiles', 1, 'is not possible for string values, only categories'],
    ['metric', 'quantiles', 0, 'window 0 makes no sense for quantiles'],
    ['metric', 'quantiles', -1, 'expected seconds'],
    ['metric', 'quantiles', 1.5, 'expected seconds'],
    ['metric', 'average', 0, 'window 0 makes no sense'],
  ])('a %s with %s of window %d', async (type, summary, window, detail) => {
    const summaries = [{ 'summary-type': summary, 'summary-window': window }];
    const path = `${await newSession(archive)}/streams/T`;
    const { body } = await send(archive, 'put', path, { type, aggregate: true, summaries }).expect(400);
    expect(body.detail).toContain(detail);
    await archive.http.get(path).expect(404);
  });

  test('is refused in reads, too', async () => {
    const [metric, event] = [
      await newStream(archive, AGGREGATED),
      await newStream(archive, { type: 'event', aggregate: true }),
    ];
    const { body } = await archive.http.get(`${event}/quantiles/1`).expect(400);
    expect(body.detail).toContain('quantiles is not possible for string values, only categories');
    await archive.http.get(`${metric}/categories/1`).expect(400);
    for (const window of ['0', '-1', '1.5', 'x']) await archive.http.get(`${metric}/quantiles/${window}`).expect(400);
    const { body: unknown } = await archive.http.get(`${metric}/quantiles/60`).expect(404);
    expect(unknown.detail).toContain('has no quantiles of window 60, only of 1');
    await archive.http.get(`${metric}/averages/1`).expect(404);
    await archive.http.get(`${metric}/medians/1`).expect(400);
    await archive.http.get(`${metric}x/quantiles/1`).expect(404);
    await send(archive, 'put', `${await newSession(archive)}/streams/T`, { ...AGGREGATED, summaries: [] }).expect(400);
  });

  test('more than 100,000 categories in a second are refused, and nothing is stored', async () => {
    const stream = await newStream(archive, { type: 'event', raw: false, aggregate: true });
    const value = Array.from({ length: 100_000 }, (_, index) => String(index));
    const ts = value.map(() => START);
    await send(archive, 'put', `${stream}/points/0`, { ts, value }).expect(200);
    const { body } = await send(archive, 'put', `${stream}/points/100000`, { ts: [START, START], value: ['0', 'x'] });
    expect([body.code, body.detail]).toEqual(['too-many-categories', expect.stringContaining('100000')]);
    expect((await archive.http.get(stream)).body.rows).toBe(100_000);
    await send(archive, 'put', `${stream}/points/100000`, { ts: [START, START], value: ['0', '1'] }).expect(200);
  });

  test('bins whose points are not kept can be deleted as a whole only', async () => {
    const stream = await streamWith(RESPONSE_TIMES, { ...AGGREGATED, raw: false });
    const { body } = await archive.http.get(stream);
    const remove = (query: string) =>
      archive.http.delete(`${ARCHIVE}${body['metadata-key']}/metric/base?${query}`).set('authorization', admin);
    const { body: refused } = await remove('time-end=1574164720.500000').expect(400);
    expect(refused.detail).toContain('were not kept');
    await remove('time-start=1574164720&time-end=1574164720').expect(200);
    expect(await valuesOf(stream, 'quantiles/1')).toEqual([NEXT_SECOND]);
  });
});

describe('comparing sessions', () => {
  const LATE: [number, number] = [1574164720999999, 31000];

  test('pairs their streams, and compares quantiles and shares', async () => {
    const [base, other] = [await newSession(archive), await newSession(archive)];
    const add = async (session: string, id: string, body: object, points: readonly (readonly [number, unknown])[]) => {
      await send(archive, 'put', `${session}/streams/${id}`, { aggregate: true, ...body }).expect(201);
      await send(archive, 'post', `${session}/streams/${id}/points`, points).expect(200);
    };
    const second = RESPONSE_TIMES.slice(0, 4);
    await add(base, 'a', { type: 'metric', name: 'latency', case: 'x' }, second);
    await add(other, 'b', { type: 'metric', name: 'latency', case: 'x' }, [...second, LATE]);
    await add(base, 'codes', { type: 'event', name: 'codes' }, second.map(([ts]) => [ts, '200'])); // prettier-ignore
    await add(other, 'codes', { type: 'event', name: 'codes' }, [...second.map(([ts]) => [ts, '200'] as const), [1, '502']]); // prettier-ignore
    await add(base, 'alone', { type: 'metric', name: 'voltage' }, second);
    for (const id of ['one', 'two']) await add(other, id, { type: 'metric', name: 'current' }, second);
    for (const session of [base, other])
      await send(archive, 'put', `${session}/streams/plain`, { type: 'metric', name: 'plain' }).expect(201);

    const [left = '', right = ''] = [base, other].map((path) => path.split('/').at(-1));
    const { body } = await archive.http.get(`${base}/compare/${right}`).expect(200);
    expect(body).toMatchObject({ base: left, other: right, by: ['name', 'case'] });
    expect(body.metrics).toHaveLength(1);
    expect(body.metrics[0]).toMatchObject({
      ...{ name: 'latency', case: 'x', base: 'a', other: 'b', d: 0.2 },
      figures: {
        cnt: { base: 4, other: 5, difference: 1, percent: 25 },
        q95: { base: 30695.45, other: 30952.8, difference: 257.35, percent: expect.closeTo(0.8384, 4) },
        q100: { base: 30764, other: 31000, difference: 236 },
      },
    });
    expect(body.events).toEqual([
      {
        ...{ name: 'codes', case: null, base: 'codes', other: 'codes' },
        cnt: { base: 4, other: 5, difference: 1, percent: 25 },
        categories: [
          { category: '200', base: { cnt: 4, share: 1 }, other: { cnt: 4, share: 0.8 }, points: -20 },
          { category: '502', base: { cnt: 0, share: 0 }, other: { cnt: 1, share: 0.2 }, points: 20 },
        ],
      },
    ]);
    const reasons = (body.unpaired as { stream: string; reason: string }[]).map(({ stream, reason }) => [
      stream,
      reason,
    ]);
    expect(reasons).toEqual([
      ['alone', 'the other session has none like it'],
      ['one', 'there are several like it'],
      ['two', 'there are several like it'],
      ['plain', 'stream plain has no quantiles'],
      ['plain', 'stream plain has no quantiles'],
    ]);
    const { body: byId } = await archive.http.get(`${base}/compare/${right}?by=stream`).expect(200);
    expect([byId.metrics.length, byId.events.length]).toEqual([0, 1]);
  });

  test('needs sessions that are there, and fields to pair by', async () => {
    const session = await newSession(archive);
    const id = session.split('/').at(-1) ?? '';
    await archive.http.get(`${session}/compare/none`).expect(404);
    await archive.http.get(`/api/v1/sessions/none/compare/${id}`).expect(404);
    await archive.http.get(`${session}/compare/${id}?by=color`).expect(400);
    expect((await archive.http.get(`${session}/compare/${id}?by=name,meta.host`).expect(200)).body).toMatchObject({
      ...{ metrics: [], events: [], unpaired: [] },
    });
  });
});
