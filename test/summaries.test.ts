import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RollupCheck } from '../src/storage/rollups/rollup-check.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints, register, type WirePoint } from './support/builders.js';

const DAY = 86_400;
const NOON = 1_398_945_600;
const MIDNIGHT = 1_398_902_400;

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

/** An event type with summaries, for a metadata POST. */
function withSummaries(eventType: string, ...summaries: [type: string, window: number][]): object {
  return {
    'event-type': eventType,
    summaries: summaries.map(([type, window]) => ({ 'summary-type': type, 'summary-window': window })),
  };
}

async function readSummary(uri: string, path: string): Promise<WirePoint[]> {
  const { body } = await archive.http
    .get(`${uri}${path}?time-start=-62135596800&time-end=253402300799&limit=1000000`)
    .expect(200);
  return body;
}

describe('§7.3 the reference results of the contract', () => {
  const integers = [5978580000, 5413040000, 7964590000, 6946810000].map((val, index) => ({ ts: NOON + index, val }));
  const floats = [0.001, 0.003, 0.002, 0.003, 0.001].map((val, index) => ({ ts: NOON + index, val }));

  test.each(['in one request', 'one by one'])('integers and floats, %s', async (how) => {
    const uri = await register(
      archive,
      withSummaries('throughput', ['average', DAY], ['aggregation', DAY]),
      withSummaries('ntp-offset', ['average', DAY], ['aggregation', DAY]),
    );
    for (const [type, points] of [
      ['throughput', integers],
      ['ntp-offset', floats],
    ] as const)
      if (how === 'one by one') for (const point of points) await postPoint(archive, uri, type, point).expect(201);
      else await putPoints(archive, uri, type, points).expect(201);
    expect(await readSummary(uri, `throughput/averages/${DAY}`)).toEqual([{ ts: MIDNIGHT, val: 6575755000 }]);
    expect(await readSummary(uri, `throughput/aggregations/${DAY}/`)).toEqual([{ ts: MIDNIGHT, val: 26303020000 }]);
    expect(await readSummary(uri, `ntp-offset/averages/${DAY}`)).toEqual([{ ts: MIDNIGHT, val: 0.002 }]);
    expect(await readSummary(uri, `ntp-offset/aggregations/${DAY}`)).toEqual([{ ts: MIDNIGHT, val: 0.01 }]);
  });

  test('§7.4, §7.5 histograms, one alone and two in bulk', async () => {
    const type = 'histogram-owdelay';
    const uri = await register(
      archive,
      withSummaries(type, ['aggregation', DAY], ['statistics', DAY], ['statistics', 0]),
    );
    const a = { '41.00': 98, '41.10': 2 };
    const c = { '41.10': 96, '41.20': 3, '50.0': 1 };
    await postPoint(archive, uri, type, { ts: NOON, val: a }).expect(201);
    await putPoints(archive, uri, type, [
      { ts: NOON + 60, val: a },
      { ts: NOON + 120, val: c },
    ]).expect(201);
    expect(await readSummary(uri, `${type}/aggregations/${DAY}`)).toEqual([
      { ts: MIDNIGHT, val: { '41.00': 196, '41.10': 100, '41.20': 3, '50.0': 1 } },
    ]);
    const [statistics] = await readSummary(uri, `${type}/statistics/${DAY}`);
    expect(statistics).toEqual({
      ts: MIDNIGHT,
      val: {
        ...{ minimum: 41, maximum: 50, mode: [41], mean: 41.065333333333335, median: 41 },
        ...{ 'percentile-25': 41, 'percentile-75': 41.1, 'percentile-95': 41.1 },
        ...{ variance: 0.2694648888888889, 'standard-deviation': 0.5191000759862099 },
      },
    });
    const each = await readSummary(uri, `${type}/statistics/0`);
    expect(each.map(({ ts }) => ts)).toEqual([NOON, NOON + 60, NOON + 120]);
  });
});

test('a percentage is summed up by its parts, not as a mean of rates', async () => {
  const uri = await register(archive, withSummaries('packet-loss-rate', ['aggregation', 3600]));
  await putPoints(archive, uri, 'packet-loss-rate', [
    { ts: 7200, val: { numerator: 1, denominator: 10 } },
    { ts: 7260, val: { numerator: 0, denominator: 90 } },
  ]).expect(201);
  expect(await readSummary(uri, 'packet-loss-rate/aggregations/3600')).toEqual([{ ts: 7200, val: 0.01 }]);
});

test('§7.2 bins are aligned to 1970, before it too', async () => {
  const uri = await register(archive, withSummaries('packet-count-sent', ['aggregation', DAY], ['aggregation', 0]));
  const points = [-86_401, -5, 0, 5, 86_400].map((ts) => ({ ts, val: 1 }));
  await putPoints(archive, uri, 'packet-count-sent', points).expect(201);
  expect(await readSummary(uri, `packet-count-sent/aggregations/${DAY}`)).toEqual([
    { ts: -2 * DAY, val: 1 },
    { ts: -DAY, val: 1 },
    { ts: 0, val: 2 },
    { ts: DAY, val: 1 },
  ]);
  expect(await readSummary(uri, 'packet-count-sent/aggregations/0')).toEqual(points);
});

test('a histogram that is written again counts once', async () => {
  const uri = await register(archive, withSummaries('histogram-rtt', ['aggregation', 60]));
  for (const val of [{ '1': 5, '2': 1 }, { '2': 3 }, { '2': 2, '3': 1 }])
    await postPoint(archive, uri, 'histogram-rtt', { ts: 60, val }).expect(201);
  await postPoint(archive, uri, 'histogram-rtt', { ts: 70, val: { '2': 1 } }).expect(201);
  expect(await readSummary(uri, 'histogram-rtt/aggregations/60')).toEqual([{ ts: 60, val: { '2': 3, '3': 1 } }]);
});

test('a number that conflicts is in no summary, and the others of its request are', async () => {
  const uri = await register(archive, withSummaries('throughput', ['aggregation', 60]));
  await postPoint(archive, uri, 'throughput', { ts: 60, val: 1 }).expect(201);
  await putPoints(archive, uri, 'throughput', [
    { ts: 60, val: 100 },
    { ts: 61, val: 2 },
  ]).expect(409);
  expect(await readSummary(uri, 'throughput/aggregations/60')).toEqual([{ ts: 60, val: 3 }]);
});

test('statistics of numbers are exact but for the percentiles, which are within 1 %', async () => {
  const uri = await register(archive, withSummaries('throughput', ['statistics', DAY]));
  const values = Array.from({ length: 99 }, (_, index) => (index + 1) * 1_000_003);
  await putPoints(
    archive,
    uri,
    'throughput',
    values.map((val, ts) => ({ ts, val })),
  ).expect(201);
  const [bin] = await readSummary(uri, `throughput/statistics/${DAY}`);
  const statistics = bin?.val as Record<string, number>;
  expect(statistics).toMatchObject({ minimum: 1_000_003, maximum: 99_000_297, mean: 50_000_150 });
  expect(statistics.variance).toBe((1_000_003 ** 2 * (99 * 99 - 1)) / 12);
  for (const [name, exact] of [
    ['percentile-25', 25],
    ['median', 50],
    ['percentile-75', 75],
    ['percentile-95', 95],
  ] as const)
    expect(Math.abs((statistics[name] ?? 0) / (exact * 1_000_003) - 1)).toBeLessThanOrEqual(0.01);
  expect(statistics).not.toHaveProperty('mode');
});

test('§6.2 a bin is returned when it begins in the asked time', async () => {
  const uri = await register(archive, withSummaries('throughput', ['average', 60]));
  await putPoints(
    archive,
    uri,
    'throughput',
    [60, 119, 120, 180].map((ts) => ({ ts, val: ts })),
  ).expect(201);
  const read = async (query: string): Promise<unknown[]> =>
    ((await archive.http.get(`${uri}throughput/averages/60?${query}`).expect(200)).body as WirePoint[]).map(
      ({ ts }) => ts,
    );
  expect(await read('time-start=60&time-end=179')).toEqual([60, 120]);
  expect(await read('time-start=61&time-end=180')).toEqual([120, 180]);
  expect(await read('time=120')).toEqual([120]);
  expect(await read('order=desc&limit=2')).toEqual([180, 120]);
  expect(await read('limit=1&offset=1')).toEqual([120]);
});

test.each([
  ['averages/61', 200],
  ['averages/-60', 200],
  ['statistics/60', 200],
  ['averages/abc', 400],
  ['averages/1.5', 400],
  ['average/60', 400],
  ['nonsense/60', 400],
])('§6.3 %s of a series without it is %d', async (path, status) => {
  const uri = await register(archive, withSummaries('throughput', ['average', 60]));
  await postPoint(archive, uri, 'throughput', { ts: 60, val: 1 }).expect(201);
  const { body } = await archive.http.get(`${uri}throughput/${path}`).expect(status);
  if (status === 200) expect(body).toEqual([]);
});

test('parallel writers of several servers on one bin sum up exactly', async () => {
  const other = await archive.another();
  try {
    const uri = await register(archive, withSummaries('packet-count-lost', ['aggregation', DAY], ['statistics', 3600]));
    await Promise.all(
      Array.from({ length: 100 }, (_, ts) =>
        postPoint(ts % 2 ? archive : other, uri, 'packet-count-lost', { ts, val: ts }),
      ),
    );
    expect(await readSummary(uri, `packet-count-lost/aggregations/${DAY}`)).toEqual([{ ts: 0, val: 4950 }]);
    const [bin] = await readSummary(uri, 'packet-count-lost/statistics/3600');
    expect(bin?.val).toMatchObject({ minimum: 0, maximum: 99, mean: 49.5 });
  } finally {
    await other.close();
  }
});

describe('a summary that is registered after the points', () => {
  const hour = 3600;

  async function extend(uri: string, ...eventTypes: object[]): Promise<void> {
    const { body } = await archive.http.get(uri).expect(200);
    const { url: _url, uri: _uri, 'metadata-key': _key, ...fields } = body as Record<string, unknown>;
    const answer = await archive.http
      .post('/esmond/perfsonar/archive/')
      .set('authorization', archive.auth)
      .send({ ...fields, 'event-types': eventTypes })
      .expect(201);
    expect((answer.body as { uri: string }).uri).toBe(uri);
  }

  test('is filled from them before the answer', async () => {
    const uri = await register(archive, 'throughput', 'histogram-rtt');
    const points = Array.from({ length: 50 }, (_, index) => ({ ts: index * 600, val: index }));
    await putPoints(archive, uri, 'throughput', points).expect(201);
    await postPoint(archive, uri, 'histogram-rtt', { ts: 5, val: { '7': 2 } }).expect(201);
    await extend(
      uri,
      withSummaries('throughput', ['average', hour]),
      withSummaries('histogram-rtt', ['aggregation', 0]),
    );
    const bins = await readSummary(uri, `throughput/averages/${hour}`);
    expect(bins.slice(0, 3)).toEqual([
      { ts: 0, val: 2.5 },
      { ts: hour, val: 8.5 },
      { ts: 2 * hour, val: 14.5 },
    ]);
    expect(bins).toHaveLength(9);
    expect(await readSummary(uri, 'histogram-rtt/aggregations/0')).toEqual([{ ts: 5, val: { '7': 2 } }]);
  });

  test('statistics of numbers are added to averages that were kept before', async () => {
    const uri = await register(archive, withSummaries('throughput', ['average', hour]));
    await putPoints(
      archive,
      uri,
      'throughput',
      [1, 2, 3].map((val, ts) => ({ ts, val })),
    ).expect(201);
    await extend(uri, withSummaries('throughput', ['statistics', hour], ['aggregation', hour]));
    await postPoint(archive, uri, 'throughput', { ts: 10, val: 10 }).expect(201);
    expect(await readSummary(uri, `throughput/averages/${hour}`)).toEqual([{ ts: 0, val: 4 }]);
    const [bin] = await readSummary(uri, `throughput/statistics/${hour}`);
    expect(bin?.val).toMatchObject({ minimum: 1, maximum: 10, mean: 4, variance: 12.5 });
  });

  test('is filled in steps while points go on arriving, from another server too', async () => {
    const other = await archive.another();
    try {
      const uri = await register(archive, 'packet-count-sent');
      const put = (server: TestArchive, from: number, count: number) =>
        putPoints(
          server,
          uri,
          'packet-count-sent',
          Array.from({ length: count }, (_, i) => ({ ts: from + i, val: 1 })),
        );
      for (let from = 0; from < 60_000; from += 20_000) await put(archive, from, 20_000).expect(201);
      const writes = Array.from({ length: 20 }, (_, i) => put(i % 2 ? archive : other, i * 60_000 + 60_000, 50));
      await Promise.all([extend(uri, withSummaries('packet-count-sent', ['aggregation', hour])), ...writes]);
      const bins = await readSummary(uri, `packet-count-sent/aggregations/${hour}`);
      expect(bins.reduce((sum, { val }) => sum + Number(val), 0)).toBe(61_000);
      expect(bins[0]).toEqual({ ts: 0, val: hour });
      expect(await archive.query('SELECT * FROM back_fill')).toEqual([]);
    } finally {
      await other.close();
    }
  });

  test('shows its finished bins while it is being filled, and says when to ask again', async () => {
    const uri = await register(archive, withSummaries('throughput', ['average', 60]));
    await putPoints(
      archive,
      uri,
      'throughput',
      [0, 60, 120].map((ts) => ({ ts, val: 1 })),
    ).expect(201);
    await archive.query(
      `INSERT INTO back_fill SELECT s.id, 60, to_timestamp(60), true FROM series s JOIN metadata m ON m.id = s.metadata
       WHERE m.key = $1`,
      [uri.split('/').at(-2)],
    );
    const answer = await archive.http.get(`${uri}throughput/averages/60`).expect(200);
    expect(answer.body).toEqual([{ ts: 0, val: 1 }]);
    expect(answer.headers['retry-after']).toBeDefined();
    // A server that starts finds what an earlier one has left.
    const other = await archive.another();
    try {
      await expect.poll(() => archive.query('SELECT * FROM back_fill')).toEqual([]);
      expect(await readSummary(uri, 'throughput/averages/60')).toHaveLength(3);
    } finally {
      await other.close();
    }
  });
});

describe('at the limits', () => {
  test('sums beyond all doubles are the largest there is: JSON has no infinity', async () => {
    const uri = await register(archive, withSummaries('ntp-offset', ['aggregation', 60], ['statistics', 60]));
    await putPoints(
      archive,
      uri,
      'ntp-offset',
      [1.7e308, 1.7e308, -1.7e308, -1e308, 1].map((val, ts) => ({ ts, val })),
    );
    await putPoints(
      archive,
      uri,
      'ntp-offset',
      [1.7e308, 1.7e308].map((val, ts) => ({ ts: ts + 60, val })),
    );
    const sums = await readSummary(uri, 'ntp-offset/aggregations/60');
    expect(sums).toEqual([
      { ts: 0, val: 7e307 },
      { ts: 60, val: Number.MAX_VALUE },
    ]);
    const [bin] = await readSummary(uri, 'ntp-offset/statistics/60');
    expect(Object.values(bin?.val as object)).not.toContain(null);
  });

  test('a histogram of very many labels has statistics', async () => {
    const uri = await register(archive, withSummaries('histogram-rtt', ['statistics', 3600]));
    const val = Object.fromEntries(Array.from({ length: 150_000 }, (_, label) => [String(label), 1]));
    await postPoint(archive, uri, 'histogram-rtt', { ts: 0, val }).expect(201);
    const [bin] = await readSummary(uri, 'histogram-rtt/statistics/3600');
    expect(bin?.val).toMatchObject({ minimum: 0, maximum: 149_999, mean: 74_999.5 });
  });

  test('bins that begin before the year 1, or end after 9999, are kept, shown and deleted', async () => {
    const window = 94_608_000_000;
    const uri = await register(archive, withSummaries('throughput', ['aggregation', window], ['aggregation', 604_800]));
    const times = [-62_135_596_800, -5, 253_402_300_799];
    await putPoints(
      archive,
      uri,
      'throughput',
      times.map((ts) => ({ ts, val: 1 })),
    ).expect(201);
    expect(await readSummary(uri, `throughput/aggregations/${window}`)).toEqual([
      { ts: -window, val: 2 },
      { ts: 2 * window, val: 1 },
    ]);
    expect(await readSummary(uri, 'throughput/aggregations/604800')).toHaveLength(3);
    const admin = await archive.issueKey('admin');
    await archive.http.delete(`${uri}throughput/base?time=-5`).set('authorization', admin).expect(200);
    await archive.http.delete(`${uri}throughput/base?time-start=99`).set('authorization', admin).expect(200);
    expect(await readSummary(uri, `throughput/aggregations/${window}`)).toEqual([{ ts: -window, val: 1 }]);
  });

  test('a deletion makes the chunk of a bin that is not there yet', async () => {
    const uri = await register(archive, 'throughput');
    await putPoints(
      archive,
      uri,
      'throughput',
      [3.1e9, 3.1e9 + 1].map((ts) => ({ ts, val: 1 })),
    ).expect(201);
    await archive.query(
      `INSERT INTO summary SELECT s.id, 'aggregation', 3600 FROM series s JOIN metadata m ON m.id = s.metadata
       WHERE m.key = $1`,
      [uri.split('/').at(-2)],
    );
    await archive.http
      .delete(`${uri}throughput/base?time=3100000000`)
      .set('authorization', await archive.issueKey('admin'))
      .expect(200);
    const { body } = await archive.http.get(`${uri}throughput/aggregations/3600?time-end=4000000000`).expect(200);
    expect(body).toMatchObject([{ val: 1 }]);
  });

  test('bins that can not tell statistics leave no holes in the pages', async () => {
    const uri = await register(archive, withSummaries('throughput', ['statistics', 60], ['average', 60]));
    const times = [0, 60, 120, 180, 240];
    await putPoints(
      archive,
      uri,
      'throughput',
      times.map((ts) => ({ ts, val: 1 })),
    ).expect(201);
    await archive.query(
      `UPDATE rollup SET sum_of_squares = NULL, histogram = NULL WHERE bin < to_timestamp(120) AND series =
       (SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1)`,
      [uri.split('/').at(-2)],
    );
    const { body, headers } = await archive.http.get(`${uri}throughput/statistics/60?limit=2`).expect(200);
    expect((body as WirePoint[]).map(({ ts }) => ts)).toEqual([120, 180]);
    expect(headers.link).toContain('offset=2');
    expect(await readSummary(uri, 'throughput/averages/60')).toHaveLength(5);
  });

  test('more than 100 windows of an event type are refused', async () => {
    const windows = Array.from({ length: 101 }, (_, index): [string, number] => ['average', index + 1]);
    const { body } = await archive.http
      .post('/esmond/perfsonar/archive/')
      .set('authorization', archive.auth)
      .send(newMetadata([withSummaries('throughput', ...windows)]))
      .expect(400);
    expect((body as { detail: string }).detail).toContain('throughput');
  });
});

test('filling that failed is taken up again', async () => {
  const uri = await register(archive, 'throughput');
  await putPoints(
    archive,
    uri,
    'throughput',
    [0, 60].map((ts) => ({ ts, val: 1 })),
  ).expect(201);
  const { body } = await archive.http.get(uri).expect(200);
  const { url: _url, uri: _uri, 'metadata-key': _key, ...fields } = body as Record<string, unknown>;
  const again = { ...fields, 'event-types': [withSummaries('throughput', ['average', 60])] };
  const post = () => archive.http.post('/esmond/perfsonar/archive/').set('authorization', archive.auth).send(again);
  await archive.query('ALTER TABLE rollup RENAME TO rollup_away');
  try {
    await post().expect(500);
  } finally {
    await archive.query('ALTER TABLE rollup_away RENAME TO rollup');
  }
  await post().expect(201);
  await expect.poll(() => readSummary(uri, 'throughput/averages/60')).toHaveLength(2);
});

test('large histograms are merged into all windows, replaced, deleted and verified, and small writes pass them', async () => {
  const windows = [0, 60, 300, 900, 3600, 7200, 86_400];
  const uri = await register(
    archive,
    withSummaries('histogram-rtt', ...windows.map((window): [string, number] => ['aggregation', window])),
    'throughput',
  );
  const counts = (from: number, count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`${from + index}.5`, count]));
  const put = (ts: number, val: unknown) => putPoints(archive, uri, 'histogram-rtt', [{ ts, val }]).expect(201);
  const day = async (): Promise<unknown> =>
    (await archive.http.get(`${uri}histogram-rtt/aggregations/86400?time-start=0`).expect(200)).body[0]?.val;
  const [one, two] = [counts(0, 2), counts(10_000, 3)];
  await Promise.all([
    put(10, one),
    put(20, two),
    put(20, { ...two, '0.5': 0 }),
    postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201),
  ]);
  const sum = Object.fromEntries(
    Object.keys({ ...one, ...two }).map((label) => [label, (one[label] ?? 0) + (two[label] ?? 0)]),
  );
  expect(await day()).toEqual(sum);
  await put(10, two);
  expect(await day()).toEqual(Object.fromEntries(Object.entries(two).map(([label, count]) => [label, 2 * count])));
  const check = archive.app.get(RollupCheck);
  const own = (await check.windows()).filter(({ metadataKey }) => uri.includes(metadataKey));
  expect(own).toHaveLength(windows.length);
  const verify = async (): Promise<unknown[]> =>
    (await Promise.all(own.map((window) => check.check(window, false)))).flat();
  expect(await verify()).toEqual([]);
  const admin = await archive.issueKey('admin');
  await archive.http.delete(`${uri}histogram-rtt/base?time=10`).set('authorization', admin).expect(200);
  expect(await day()).toEqual(two);
  expect(await verify()).toEqual([]);
}, 120_000);
