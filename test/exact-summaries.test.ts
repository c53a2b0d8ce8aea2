import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atOnce } from '../src/common/turns.js';
import { binOfRow } from '../src/rollups/merged-bins.js';
import { summaryValue, type SummaryType } from '../src/rollups/summary-kinds.js';
import { SummariesService } from '../src/summaries/summaries.service.js';
import { RollupCheck } from '../src/storage/rollups/rollup-check.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints, register, type WirePoint } from './support/builders.js';
import {
  ALL_SEVEN,
  FIRST_SECOND,
  NEXT_SECOND,
  OF_EQUALS,
  OF_HUGE,
  OF_TENTHS,
  RESPONSE_TIMES,
  WITH_LATE,
  WITHOUT_SECOND,
} from './support/response-times.js';

let archive: TestArchive;
let admin: string;
beforeAll(async () => {
  archive = await startArchive();
  admin = await archive.issueKey('admin');
});
afterAll(() => archive.close());

const PERCENTS = [0, 10, 25, 50, 75, 80, 85, 90, 95, 98, 99, 100];

/** An event type with summaries of a window of a second, or of others where a number is given. */
function withSummaries(eventType: string, ...summaries: [type: string, window: number][]): object {
  return {
    'event-type': eventType,
    summaries: summaries.map(([type, window]) => ({ 'summary-type': type, 'summary-window': window })),
  };
}

async function readSummary(uri: string, path: string): Promise<WirePoint[]> {
  const { body } = await archive.http.get(`${uri}${path}?time-start=-62135596800&time-end=253402300799`).expect(200);
  return body;
}

async function put(uri: string, eventType: string, points: readonly WirePoint[]): Promise<void> {
  await putPoints(archive, uri, eventType, points).expect(201);
}

async function valuesOf(values: readonly number[], eventType = 'ntp-delay', ts = 7): Promise<Record<string, unknown>> {
  const uri = await register(archive, withSummaries(eventType, ['quantiles', 3600], ['distribution', 3600]));
  // Points of one series have different times.
  await put(
    uri,
    eventType,
    values.map((val, index) => ({ ts: ts + index / 1e3, val })),
  );
  const [quantiles] = await readSummary(uri, `${eventType}/quantiles/3600`);
  const [distribution] = await readSummary(uri, `${eventType}/distributions/3600`);
  return { ...(quantiles?.val as object), distribution: distribution?.val };
}

const POINTS: WirePoint[] = RESPONSE_TIMES.map(([micros, val]) => ({ ts: micros / 1e6, val }));

const SUMMARIES: [string, number][] = [
  ['quantiles', 1],
  ['distribution', 1],
  ['quantiles', 2],
];

describe('the reference results of the contract', () => {
  test.each(['throughput', 'ntp-delay'])('seconds of response times, as %s', async (type) => {
    const uri = await register(archive, withSummaries(type, ...SUMMARIES));
    await put(uri, type, POINTS);
    expect(await readSummary(uri, `${type}/quantiles/1`)).toEqual([
      { ts: 1574164720, val: FIRST_SECOND },
      { ts: 1574164721, val: NEXT_SECOND },
    ]);
    expect(await readSummary(uri, `${type}/distributions/1`)).toEqual([
      {
        ts: 1574164720,
        val: [
          { l: 29000, r: 30000, cnt: 1 },
          { l: 30000, r: 31000, cnt: 3 },
        ],
      },
      { ts: 1574164721, val: [{ l: 30000, r: 31000, cnt: 3 }] },
    ]);
    const [both] = await readSummary(uri, `${type}/quantiles/2`);
    expect(both).toMatchObject({ ts: 1574164720, val: ALL_SEVEN });
  });

  test('members come in their order', async () => {
    const uri = await register(archive, withSummaries('throughput', ['quantiles', 1]));
    await put(uri, 'throughput', [{ ts: 1, val: 5 }]);
    const { text } = await archive.http.get(`${uri}throughput/quantiles/1?time-start=0`).expect(200);
    const quantiles = PERCENTS.map((percent) => `"q${percent}":5`).join(',');
    expect(text).toBe(`[{"ts":1,"val":{${quantiles},"average":5,"stddev":null,"sum":5,"cnt":1}}]`);
  });

  test('a late point changes the one bin of its second, and a deleted one, too', async () => {
    const uri = await register(archive, withSummaries('throughput', ...SUMMARIES));
    await put(uri, 'throughput', POINTS);
    await postPoint(archive, uri, 'throughput', { ts: 1574164720.999999, val: 31000 }).expect(201);
    const late = await readSummary(uri, 'throughput/quantiles/1');
    expect(late).toHaveLength(2);
    expect(late[0]?.val).toMatchObject(WITH_LATE);
    expect(await readSummary(uri, 'throughput/distributions/1')).toMatchObject([
      { val: [{ cnt: 1 }, { cnt: 3 }, { l: 31000, r: 32000, cnt: 1 }] },
      { val: [{ cnt: 3 }] },
    ]);

    for (const ts of ['1574164720.999999', '1574164720.450572'])
      await archive.http.delete(`${uri}throughput/base?time=${ts}`).set('authorization', admin).expect(200);
    const [less] = await readSummary(uri, 'throughput/quantiles/1');
    expect(less?.val).toMatchObject(WITHOUT_SECOND);
  });

  test('decimals, equal values and large ones', async () => {
    expect(await valuesOf([0.1, 0.2])).toMatchObject(OF_TENTHS);
    expect(await valuesOf([1, 1, 2, 2, 2, 10])).toMatchObject(OF_EQUALS);
    expect(await valuesOf([1e16, 1, 1])).toMatchObject(OF_HUGE);
    expect(await valuesOf([1.7e308, -1.7e308, 1.7e308, 5e-324, -0])).toMatchObject({
      q0: -1.7e308,
      q25: 0,
      q50: 5e-324,
    });
  });

  test('the bins of a distribution, and the outer ones', async () => {
    const { distribution } = await valuesOf([-1, 0, 9.99, 10, 4990, 300000000, 300000001]);
    expect(distribution).toEqual([
      { l: null, r: 0, cnt: 1 },
      { l: 0, r: 10, cnt: 2 },
      { l: 10, r: 20, cnt: 1 },
      { l: 4990, r: 5000, cnt: 1 },
      { l: 299000000, r: 300000000, cnt: 1 },
      { l: 300000000, r: null, cnt: 1 },
    ]);
  });
});

describe('one row of a window serves all its summaries', () => {
  const ALL: [string, number][] = [
    ...(['average', 'aggregation', 'statistics', 'quantiles', 'distribution'] as const).map(
      (type): [string, number] => [type, 60],
    ),
  ];

  test('however they are registered and written', async () => {
    const uri = await register(archive, withSummaries('throughput', ...ALL));
    for (const chunk of [POINTS.slice(0, 3), POINTS.slice(3)]) await put(uri, 'throughput', chunk);
    expect(await archive.query('SELECT count(*)::int FROM rollup r WHERE window_seconds = 60')).toEqual([{ count: 1 }]);
    const value = async (path: string): Promise<unknown> => (await readSummary(uri, `throughput/${path}/60`))[0]?.val;
    expect(await value('averages')).toBe(30363.714285714286);
    expect(await value('aggregations')).toBe(212546);
    expect(await value('statistics')).toMatchObject({ minimum: 29917, maximum: 30990 });
    expect(await value('quantiles')).toMatchObject({ q0: 29917, cnt: 7 });
    expect(await value('distributions')).toMatchObject([{ cnt: 1 }, { cnt: 6 }]);
  });

  test('those that are added later are filled from the points, while others arrive', async () => {
    const body = newMetadata([withSummaries('throughput', ['average', 60])]);
    const post = (fields: object) =>
      archive.http.post(ARCHIVE).set('authorization', archive.auth).send(fields).expect(201);
    const { uri } = (await post(body)).body as { uri: string };
    await put(uri, 'throughput', POINTS.slice(0, 4));
    await post({ ...body, 'event-types': [withSummaries('throughput', ...ALL)] });
    await put(uri, 'throughput', POINTS.slice(4));
    expect((await readSummary(uri, 'throughput/quantiles/60'))[0]?.val).toMatchObject({ cnt: 7, sum: 212546 });
    expect((await readSummary(uri, 'throughput/distributions/60'))[0]?.val).toMatchObject([{ cnt: 1 }, { cnt: 6 }]);
    expect((await readSummary(uri, 'throughput/averages/60'))[0]?.val).toBe(30363.714285714286);
  });
});

describe('categories', () => {
  async function categoriesText(uri: string, eventType: string, window = 1): Promise<string> {
    return (await archive.http.get(`${uri}${eventType}/categories/${window}?time-start=0`).expect(200)).text;
  }

  test('seconds of codes, those that were replaced not counted', async () => {
    const uri = await register(archive, withSummaries('event', ['categories', 1]));
    await put(
      uri,
      'event',
      POINTS.map(({ ts }) => ({ ts, val: '200' })),
    );
    expect(await readSummary(uri, 'event/categories/1')).toEqual([
      { ts: 1574164720, val: { '200': 4 } },
      { ts: 1574164721, val: { '200': 3 } },
    ]);
    await postPoint(archive, uri, 'event', { ts: 1574164720.450572, val: '502' }).expect(201);
    expect((await readSummary(uri, 'event/categories/1'))[0]?.val).toEqual({ '200': 3, '502': 1 });
    await postPoint(archive, uri, 'event', { ts: 1574164720.450572, val: '200' }).expect(201);
    expect((await readSummary(uri, 'event/categories/1'))[0]?.val).toEqual({ '200': 4 });
    await archive.http.delete(`${uri}event/base?time=1574164720.849529`).set('authorization', admin).expect(200);
    expect((await readSummary(uri, 'event/categories/1'))[0]?.val).toEqual({ '200': 3 });
  });

  test('are in the order of their bytes, whatever they are', async () => {
    const uri = await register(archive, withSummaries('event', ['categories', 60]));
    const texts = ['10', '2', '', '__proto__', '\u{1f600}', '\uff5e', 'a"b', 'ä'];
    await put(
      uri,
      'event',
      texts.map((val, ts) => ({ ts, val })),
    );
    const labels = ['', '10', '2', '__proto__', 'a"b', 'ä', '\uff5e', '\u{1f600}'];
    const expected = labels.map((label) => `${JSON.stringify(label)}:1`).join(',');
    expect(await categoriesText(uri, 'event', 60)).toBe(`[{"ts":0,"val":{${expected}}}]`);
  });

  test('booleans', async () => {
    await archive.query(`INSERT INTO event_type VALUES ('link-up', 'boolean', NULL, '', now())`);
    const uri = await register(archive, withSummaries('link-up', ['categories', 60]));
    await put(
      uri,
      'link-up',
      [true, false, true].map((val, ts) => ({ ts, val })),
    );
    expect(await categoriesText(uri, 'link-up', 60)).toBe('[{"ts":0,"val":{"false":1,"true":2}}]');
  });

  test('long texts are counted under their beginning and a hash', async () => {
    const uri = await register(archive, withSummaries('event', ['categories', 60]));
    const long = ['x'.repeat(2000), `${'x'.repeat(2000)}y`];
    await put(
      uri,
      'event',
      [...long, 'x'.repeat(1024)].map((val, ts) => ({ ts, val })),
    );
    const labels = Object.keys((await readSummary(uri, 'event/categories/60'))[0]?.val as object);
    expect(labels.map((label) => label.replace('x'.repeat(1000), ''))).toEqual([
      'x'.repeat(24),
      expect.stringMatching(/^…[0-9a-f]{16}$/),
      expect.stringMatching(/^…[0-9a-f]{16}$/),
    ]);
  });

  test('too many of them are refused, with nothing stored, and no other request of the batch', async () => {
    const uri = await register(archive, withSummaries('event', ['categories', 3600]));
    const texts = (from: number, count: number) =>
      Array.from({ length: count }, (_, index) => ({ ts: (from + index) / 1e3, val: `code ${from + index}` }));
    await put(uri, 'event', texts(0, 60_000));
    await put(uri, 'event', texts(60_000, 39_999));
    const other = await register(archive, withSummaries('event', ['categories', 3600]));
    const [last, first, one] = await Promise.all([
      putPoints(archive, uri, 'event', texts(100_000, 2)),
      postPoint(archive, uri, 'event', { ts: 3000, val: 'code 1' }),
      postPoint(archive, other, 'event', { ts: 3000, val: 'code 1' }),
    ]);
    expect([last.status, first.status, one.status]).toEqual([422, 201, 201]);
    expect(last.body).toMatchObject({
      code: 'too-many-categories',
      detail: 'categories: more than 100000 different values within the 3600 s from 1970-01-01T00:00:00.000000Z',
    });
    await put(uri, 'event', texts(100_000, 1));
    const [bin] = await readSummary(uri, 'event/categories/3600');
    expect(Object.keys(bin?.val as object)).toHaveLength(100_000);
    expect(bin?.val).toMatchObject({ 'code 1': 2, 'code 100000': 1 });
  });
});

test('several requests at a time change one bin, each point once', async () => {
  const uri = await register(archive, withSummaries('throughput', ['quantiles', 3600], ['distribution', 3600]));
  await Promise.all(
    Array.from({ length: 40 }, (_, ts) => postPoint(archive, uri, 'throughput', { ts, val: (ts * 7919) % 40 })),
  );
  const [bin] = await readSummary(uri, 'throughput/quantiles/3600');
  expect(bin?.val).toMatchObject({ q0: 0, q50: 19.5, q100: 39, sum: 780, cnt: 40 });
});

test('with more different values than are kept, quantiles are within 1 %, and all else is exact', async () => {
  const uri = await register(archive, withSummaries('throughput', ['quantiles', 86_400], ['distribution', 86_400]));
  const size = 131_073;
  for (let from = 0; from < size; from += 70_000)
    await put(
      uri,
      'throughput',
      Array.from({ length: Math.min(70_000, size - from) }, (_, index) => ({
        ts: (from + index) / 2,
        val: from + index,
      })),
    );
  const read = async (): Promise<Record<string, number>> =>
    (await readSummary(uri, 'throughput/quantiles/86400'))[0]?.val as Record<string, number>;
  const value = await read();
  expect(value).toMatchObject({
    q0: 0,
    q100: size - 1,
    sum: (size * (size - 1)) / 2,
    average: (size - 1) / 2,
    cnt: size,
  });
  expect(value.stddev).toBeCloseTo(Math.sqrt((size * (size + 1)) / 12), 6);
  for (const percent of PERCENTS.slice(1, -1))
    expect(Math.abs((value[`q${percent}`] ?? 0) / (((size - 1) * percent) / 100) - 1)).toBeLessThanOrEqual(0.01);
  expect(value.within).toBe(0.01);
  const check = archive.app.get(RollupCheck);
  const differences = async () => {
    const windows = (await check.windows()).filter(({ metadataKey }) => uri.includes(metadataKey));
    return (await Promise.all(windows.map((window) => check.check(window, false)))).flat();
  };
  expect(await differences()).toEqual([]);

  await postPoint(archive, uri, 'throughput', { ts: 80_000, val: -5 }).expect(201);
  expect(await read()).toMatchObject({ q0: -5, cnt: size + 1, within: 0.01 });
  expect(await differences()).toEqual([]);

  // What is computed anew is exact again.
  await archive.http.delete(`${uri}throughput/base?time=80000`).set('authorization', admin).expect(200);
  await archive.http.delete(`${uri}throughput/base?time=0`).set('authorization', admin).expect(200);
  const exact = await read();
  expect(exact).toMatchObject({ q0: 2, q50: 65537, cnt: size - 2 });
  expect(exact).not.toHaveProperty('within');
});

describe('all bins of a range as one', () => {
  /** The value of a summary of window 1 over the bins that begin between two times, in seconds. */
  async function whole(
    uri: string,
    eventType: string,
    type: SummaryType,
    begin: number,
    end: number,
  ): Promise<unknown> {
    const name = { metadataKey: uri.split('/').at(-2) ?? '', eventType, type, window: 1 };
    const service = archive.app.get(SummariesService);
    const found = await service.merged(name, { begin: begin * 1e6, end: end * 1e6 });
    if (!found) return undefined;
    const text = atOnce(summaryValue(binOfRow(found.row, 0), found.dataType, type));
    return text === undefined ? undefined : JSON.parse(text);
  }

  test('is what a longer window has', async () => {
    const uri = await register(
      archive,
      withSummaries('throughput', ...SUMMARIES, ['distribution', 2], ['average', 1]),
      withSummaries('event', ['categories', 1]),
    );
    await put(uri, 'throughput', POINTS);
    await put(
      uri,
      'event',
      POINTS.map(({ ts }, index) => ({ ts, val: index % 3 === 0 ? '200' : '502' })),
    );
    const [quantiles] = await readSummary(uri, 'throughput/quantiles/2');
    const [distribution] = await readSummary(uri, 'throughput/distributions/2');
    const all = [1574164720, 1574164721] as const;
    expect(await whole(uri, 'throughput', 'quantiles', ...all)).toEqual(quantiles?.val);
    expect(await whole(uri, 'throughput', 'distribution', ...all)).toEqual(distribution?.val);
    expect(await whole(uri, 'throughput', 'average', ...all)).toBe(30363.714285714286);
    expect(await whole(uri, 'event', 'categories', ...all)).toEqual({ '200': 3, '502': 4 });
    expect(await whole(uri, 'throughput', 'quantiles', 1574164721, Infinity)).toEqual(NEXT_SECOND);
    expect(await whole(uri, 'throughput', 'quantiles', 1574164722, Infinity)).toBeUndefined();
  });

  test('is exact over very many bins, and within 1 % beyond what one bin may keep', async () => {
    const uri = await register(archive, withSummaries('ntp-delay', ['quantiles', 1]));
    const bins = 2_000;
    // 50 values in each second, of which a tenth differs from those of all other seconds.
    for (let second = 0; second < bins; second += 1000)
      await put(
        uri,
        'ntp-delay',
        Array.from({ length: 50_000 }, (_, i) => {
          const [s, n] = [second + Math.floor(i / 50), i % 50];
          return { ts: s + n / 50, val: n < 5 ? s + n / 10 : n };
        }),
      );
    const value = (await whole(uri, 'ntp-delay', 'quantiles', 0, bins)) as Record<string, number>;
    expect(value).toMatchObject({ q0: 0, q100: bins - 1 + 0.4, cnt: 50 * bins });
    expect(value).not.toHaveProperty('within');

    const more = await register(archive, withSummaries('ntp-delay', ['quantiles', 1]));
    for (let from = 0; from < 140_000; from += 70_000)
      await put(
        more,
        'ntp-delay',
        Array.from({ length: 70_000 }, (_, i) => ({ ts: (from + i) / 1000, val: from + i + 1 })),
      );
    const sketched = (await whole(more, 'ntp-delay', 'quantiles', 0, 200)) as Record<string, number>;
    expect(sketched).toMatchObject({ q0: 1, q100: 140_000, cnt: 140_000, average: 70_000.5, within: 0.01 });
    expect(Math.abs((sketched.q50 ?? 0) / 70_000.5 - 1)).toBeLessThanOrEqual(0.01);
  });
});

describe('what makes no sense is refused at registration', () => {
  test.each([
    ['throughput', 'quantiles', 0, 'window 0 makes no sense for quantiles'],
    ['ntp-delay', 'distribution', 0, 'window 0 makes no sense for distribution'],
    ['throughput', 'quantiles', -1, 'expected seconds'],
    ['throughput', 'quantiles', 1.5, 'expected seconds'],
    ['event', 'quantiles', 1, '"quantiles" is not possible for string values, only categories'],
    ['event', 'categories', 0, 'window 0 makes no sense for categories'],
    ['throughput', 'categories', 60, '"categories" is not possible for integer values, only aggregation, average'],
    [
      'histogram-rtt',
      'quantiles',
      60,
      '"quantiles" is not possible for histogram values, only aggregation, statistics',
    ],
    ['packet-loss-rate', 'distribution', 60, 'is not possible for percentage values, only aggregation'],
  ])('%s with %s of %d s', async (eventType, type, window, problem) => {
    const { body } = await archive.http
      .post(ARCHIVE)
      .set('authorization', archive.auth)
      .send(newMetadata([withSummaries(eventType, [type, window])]))
      .expect(400);
    expect((body as { detail: string }).detail).toContain(problem);
  });
});
