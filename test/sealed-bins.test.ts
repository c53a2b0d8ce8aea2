import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parsePolicies } from '../src/retention/policy-file.js';
import { RetentionService } from '../src/retention/retention.service.js';
import {
  type ForeignBin,
  SealedBinStore,
  type Sealing,
  type SealOptions,
} from '../src/storage/rollups/sealed-bin-store.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { postPoint, putPoints, register, type WirePoint } from './support/builders.js';
import { summarized } from './support/metadata.js';
import { MARIGRAM, Program } from './support/process.js';

const DAY = 86_400;

let archive: TestArchive;
let uri: string;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());
beforeEach(async () => {
  uri = await register(
    archive,
    summarized('throughput', ['average', 60], ['aggregation', 60], ['statistics', 60]),
    summarized('packet-loss-rate', ['aggregation', 60]),
    summarized('histogram-rtt', ['statistics', 60], ['aggregation', 60]),
  );
});

async function seriesOf(eventType: string): Promise<number> {
  const [row] = await archive.query<{ id: number }>(
    'SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1 AND event_type = $2',
    [uri.split('/').at(-2), eventType],
  );
  return row!.id;
}

type Type = 'average' | 'aggregation' | 'statistics' | 'quantiles' | 'distribution';

/** Seals bins of one minute, given as second and value. */
async function seal(
  eventType: string,
  type: Type,
  bins: readonly [number, unknown][],
  options?: SealOptions,
): Promise<Sealing> {
  const foreign = bins.map(([ts, value]): ForeignBin => ({ micros: ts * 1e6, value: JSON.stringify(value) }));
  const series = await seriesOf(eventType);
  return archive.app.get(SealedBinStore).seal({ series, type, window: 60 }, foreign, options);
}

async function read(path: string, query = ''): Promise<WirePoint[]> {
  return (await archive.http.get(`${uri}${path}/60?time-start=0&${query}`).expect(200)).body;
}

async function pointsAt(eventType: string, times: readonly number[], val: unknown = 10): Promise<void> {
  await putPoints(
    archive,
    uri,
    eventType,
    times.map((ts) => ({ ts, val })),
  ).expect(201);
}

test('are read in the order of time among those that are computed here, page by page and in both directions', async () => {
  await pointsAt('throughput', [120, 130, 300]);
  const sealing = await seal('throughput', 'average', [
    [0, 1.5],
    [60, 2],
    [240, 0.1],
    [360, 7],
  ]);
  expect(sealing).toEqual({ sealed: 4, there: 0, computed: 0, expired: 0 });
  const all = [
    { ts: 0, val: 1.5 },
    { ts: 60, val: 2 },
    { ts: 120, val: 10 },
    { ts: 240, val: 0.1 },
    { ts: 300, val: 10 },
    { ts: 360, val: 7 },
  ];
  expect(await read('throughput/averages')).toEqual(all);
  expect(await read('throughput/averages', 'order=desc')).toEqual([...all].reverse());
  for (const offset of [0, 1, 2, 3])
    for (const limit of [1, 2, 4])
      expect(await read('throughput/averages', `limit=${limit}&offset=${offset}`)).toEqual(
        all.slice(offset, offset + limit),
      );
  expect(await read('throughput/averages', 'time-end=100')).toEqual(all.slice(0, 2));
  expect((await archive.http.get(`${uri}throughput/averages/60?time-start=60&time-end=240`)).body).toEqual(
    all.slice(1, 4),
  );
  const page = await archive.http.get(`${uri}throughput/averages/60?time-start=0&limit=5`);
  expect(page.headers['link']).toContain('rel="next"');
  // Each summary has bins of its own.
  expect(await read('throughput/aggregations')).toEqual([
    { ts: 120, val: 20 },
    { ts: 300, val: 10 },
  ]);
});

test('are shown without any point, as they came', async () => {
  const statistics = { mean: 1.5, mode: [1, 2], 'percentile-25': 1 };
  await seal('histogram-rtt', 'statistics', [[60, statistics]]);
  await seal('histogram-rtt', 'aggregation', [[60, { '2': 1, '1.50': 3 }]]);
  await seal('packet-loss-rate', 'aggregation', [[60, 0.0012]]);
  await seal('throughput', 'statistics', [[60, { minimum: 1 }]]);
  expect(await read('histogram-rtt/statistics')).toEqual([{ ts: 60, val: statistics }]);
  expect(await read('histogram-rtt/aggregations')).toEqual([{ ts: 60, val: { '2': 1, '1.50': 3 } }]);
  expect(await read('packet-loss-rate/aggregations')).toEqual([{ ts: 60, val: 0.0012 }]);
  expect(await read('throughput/statistics')).toEqual([{ ts: 60, val: { minimum: 1 } }]);
  const csv = await archive.http.get(`${uri}packet-loss-rate/aggregations/60?time-start=0&format=csv`);
  expect(csv.text).toBe('ts,val\n60,0.0012\n');
});

test('of quantiles are read among those that are computed here', async () => {
  uri = await register(archive, summarized('throughput', ['quantiles', 60], ['distribution', 60], ['average', 60]));
  await pointsAt('throughput', [120, 130]);
  const quantiles = { q0: 1, q100: 3, average: 2, stddev: null, sum: 2, cnt: 1, within: 0.02 };
  await seal('throughput', 'quantiles', [[60, quantiles]]);
  await seal('throughput', 'distribution', [[180, [{ l: 0, r: 10, cnt: 1 }]]]);
  expect(await read('throughput/quantiles')).toEqual([
    { ts: 60, val: quantiles },
    { ts: 120, val: expect.objectContaining({ q0: 10, q100: 10, stddev: 0, sum: 20, cnt: 2 }) },
  ]);
  expect(await read('throughput/distributions')).toEqual([
    { ts: 120, val: [{ l: 10, r: 20, cnt: 2 }] },
    { ts: 180, val: [{ l: 0, r: 10, cnt: 1 }] },
  ]);
  expect(await read('throughput/averages')).toEqual([{ ts: 120, val: 10 }]);
});

test('keep their value whatever points come later, and the points are stored and summed up underneath', async () => {
  await seal('throughput', 'average', [[60, 5]]);
  await postPoint(archive, uri, 'throughput', { ts: 61, val: 100 }).expect(201);
  await postPoint(archive, uri, 'throughput', { ts: 121, val: 3 }).expect(201);
  expect(await read('throughput/averages')).toEqual([
    { ts: 60, val: 5 },
    { ts: 120, val: 3 },
  ]);
  expect(await read('throughput/aggregations')).toEqual([
    { ts: 60, val: 100 },
    { ts: 120, val: 3 },
  ]);
  const verified = await new Program([...MARIGRAM, 'verify'], { DATABASE_URL: archive.databaseUrl }).ended;
  expect(verified.stdout).toContain('no difference');
  expect(verified.stdout).toMatch(/\d+ bins came sealed from other archives/);
  expect(verified.code).toBe(0);
});

test('are made only where nothing can be computed, or where the points here begin in the middle', async () => {
  await pointsAt('throughput', [130, 200]);
  const bins: [number, unknown][] = [
    [60, 1],
    [120, 2],
    [180, 3],
  ];
  expect(await seal('throughput', 'average', bins.slice(1))).toMatchObject({ sealed: 0, computed: 2 });
  expect(await seal('throughput', 'average', bins)).toEqual({ sealed: 2, there: 0, computed: 1, expired: 0 });
  expect(await seal('throughput', 'average', bins)).toEqual({ sealed: 0, there: 2, computed: 1, expired: 0 });
  expect((await read('throughput/averages')).map(({ val }) => val)).toEqual([1, 2, 10]);
  expect(await seal('throughput', 'aggregation', bins.slice(1), { beginIsPartial: true })).toMatchObject({ sealed: 1 });
});

test('of percentages some of whose points are missing, bins that come to something else are sealed', async () => {
  await pointsAt('packet-loss-rate', [60, 120], { numerator: 1, denominator: 3 });
  const bins: [number, unknown][] = [
    [60, 0.5],
    [120, 1 / 3],
  ];
  expect(await seal('packet-loss-rate', 'aggregation', bins)).toMatchObject({ computed: 2 });
  const sealing = await seal('packet-loss-rate', 'aggregation', bins, { differing: true });
  expect(sealing).toMatchObject({ sealed: 1, computed: 1 });
  expect((await read('packet-loss-rate/aggregations')).map(({ val }) => val)).toEqual([0.5, 1 / 3]);
});

test('go with a deletion of all of their time, of their event type and of their metadata', async () => {
  const left = async (): Promise<number> =>
    (await archive.query('SELECT FROM sealed_bin WHERE series = $1', [await seriesOf('throughput')])).length;
  const auth = await archive.issueKey('admin');
  const remove = async (path: string): Promise<void> => {
    await archive.http.delete(`${uri}${path}`).set('authorization', auth).expect(200);
  };
  await seal('throughput', 'average', [
    [0, 1],
    [60, 1],
    [120, 1],
  ]);
  await remove('throughput/base?time-start=1&time-end=150');
  expect((await read('throughput/averages')).map(({ ts }) => ts)).toEqual([0, 120]);
  await remove('throughput/base');
  expect(await left()).toBe(0);
  await seal('throughput', 'average', [[0, 1]]);
  const series = await seriesOf('throughput');
  await remove('throughput');
  expect(await archive.query('SELECT FROM sealed_bin WHERE series = $1', [series])).toEqual([]);
});

test('leave by the policy of their summary, and keep the metadata until then', async () => {
  const other = await startArchive();
  const before = archive;
  archive = other;
  try {
    uri = await register(archive, summarized('throughput', ['average', 60], ['aggregation', 60]));
    await archive.query(`UPDATE metadata SET created = '2000-01-01Z'`);
    const old = (Math.floor(Date.now() / 1000 / DAY) - 30) * DAY;
    for (const type of ['average', 'aggregation'] as const) await seal('throughput', type, [[old, 1]]);
    const policy = (type: string, expire: string): object => ({
      ...{ event_type: '*', summary_type: type, summary_window: '*', expire },
    });
    const policies = (...list: object[]) => parsePolicies(JSON.stringify({ policies: list }), 'test');
    const service = archive.app.get(RetentionService);
    const some = policies(policy('base', '1'), policy('average', '10'), policy('aggregation', '100'));
    const planned = await service.plan(some);
    expect(planned.policies.map(({ removed }) => removed.bins.rows)).toEqual([0, 1, 0]);
    expect(planned.metadata).toBe(0);
    const done = (await service.run(some))!;
    expect(done.policies.map(({ removed }) => removed.bins.rows)).toEqual([0, 1, 0]);
    expect(await read('throughput/averages')).toEqual([]);
    expect(await read('throughput/aggregations')).toEqual([{ ts: old, val: 1 }]);
    expect(await seal('throughput', 'average', [[old, 1]])).toMatchObject({ sealed: 0, expired: 1 });
    const all = (await service.run(policies(policy('*', '1'))))!;
    expect(all.metadata).toBe(1);
    expect(await archive.query('SELECT FROM sealed_bin')).toEqual([]);
  } finally {
    archive = before;
    await other.close();
  }
});
