import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RollupCheck } from '../src/storage/rollups/rollup-check.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint, putPoints, readAll, register } from './support/builders.js';
import { faultsIn, formsIn } from './support/packed.js';
import { newStream, seconds, TEST_START, write } from './support/streams.js';

const SUMMARIES = [
  { 'summary-type': 'aggregation', 'summary-window': 60 },
  { 'summary-type': 'aggregation', 'summary-window': 0 },
  { 'summary-type': 'statistics', 'summary-window': 3600 },
];

let archive: TestArchive;
let admin: string;
beforeAll(async () => {
  archive = await startArchive();
  admin = await archive.issueKey('admin');
});
afterAll(() => archive.close());

async function newSeries(): Promise<string> {
  const uri = await register(archive, { 'event-type': 'throughput', summaries: SUMMARIES }, 'histogram-rtt');
  const points = Array.from({ length: 10 }, (_, index) => ({ ts: index * 20, val: index }));
  await putPoints(archive, uri, 'throughput', points).expect(201);
  await postPoint(archive, uri, 'histogram-rtt', { ts: 5, val: { '1': 1 } }).expect(201);
  return uri;
}

function remove(path: string, key = admin) {
  return archive.http.delete(path).set('authorization', key);
}

async function bins(uri: string, path: string): Promise<unknown[]> {
  return (await archive.http.get(`${uri}throughput/${path}?time-start=0`).expect(200)).body as unknown[];
}

describe('points of a time', () => {
  test('are deleted, both ends included, and the summaries follow', async () => {
    const uri = await newSeries();
    const { body } = await remove(`${uri}throughput/base?time-start=40&time-end=120`).expect(200);
    expect(body).toEqual({ deleted: { metadata: 0, points: 5 } });
    expect((await readAll(archive, uri, 'throughput')).map(({ ts }) => ts)).toEqual([0, 20, 140, 160, 180]);
    expect(await bins(uri, 'aggregations/60')).toEqual([
      { ts: 0, val: 1 },
      { ts: 120, val: 15 },
      { ts: 180, val: 9 },
    ]);
    expect(await bins(uri, 'aggregations/0')).toHaveLength(5);
    expect(await bins(uri, 'statistics/3600')).toMatchObject([{ val: { minimum: 0, maximum: 9, mean: 5 } }]);
  });

  test('a missing bound is unbounded, and the series goes on', async () => {
    const uri = await newSeries();
    await remove(`${uri}throughput/base?time-end=99`).expect(200, { deleted: { metadata: 0, points: 5 } });
    await remove(`${uri}throughput/base?time-start=180`).expect(200, { deleted: { metadata: 0, points: 1 } });
    await remove(`${uri}throughput/base?time=100`).expect(200, { deleted: { metadata: 0, points: 1 } });
    await remove(`${uri}throughput/base`).expect(200, { deleted: { metadata: 0, points: 3 } });
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
    expect(await bins(uri, 'aggregations/60')).toEqual([]);
    await postPoint(archive, uri, 'throughput', { ts: 50, val: 7 }).expect(201);
    expect(await bins(uri, 'aggregations/60')).toEqual([{ ts: 0, val: 7 }]);
  });

  test('in a bin that has lost points by retention are taken away from it', async () => {
    const uri = await newSeries();
    await archive.query(
      `UPDATE series s SET base_cut_off = to_timestamp(30) FROM metadata m
       WHERE m.id = s.metadata AND m.key = $1 AND event_type = 'throughput'`,
      [uri.split('/').at(-2)],
    );
    await archive.query(
      `DELETE FROM point USING series s, metadata m WHERE s.id = point.series AND m.id = s.metadata AND m.key = $1
       AND event_type = 'throughput' AND ts < to_timestamp(30)`,
      [uri.split('/').at(-2)],
    );
    await remove(`${uri}throughput/base?time-start=40&time-end=60`).expect(200, {
      deleted: { metadata: 0, points: 2 },
    });
    expect((await bins(uri, 'aggregations/60')).slice(0, 2)).toEqual([
      { ts: 0, val: 1 },
      { ts: 60, val: 9 },
    ]);
  });
});

describe('packed points', () => {
  const BEGIN = 1_714_521_600;
  const HOUR = 3600;

  test.each([
    ['throughput', (index: number) => index * 1_000_003],
    ['packet-loss-rate', (index: number) => ({ numerator: index % 9, denominator: 9 })],
    ['histogram-owdelay', (index: number) => ({ [`${index % 4}.5`]: 1 + index })],
  ] as const)('of %s are deleted one by one, whatever segments and chunks they lie in', async (type, valueOf) => {
    const packed = await startArchive({ CHUNK_INTERVAL: '20d' });
    try {
      const kinds = ['aggregation', 'statistics'].slice(0, type === 'packet-loss-rate' ? 1 : 2);
      const summaries = kinds.flatMap((kind) =>
        [7200, 864_000].map((window) => ({ 'summary-type': kind, 'summary-window': window })),
      );
      const uri = await register(packed, { 'event-type': type, summaries });
      const key = await packed.issueKey('admin');
      const times = Array.from({ length: 1500 }, (_, index) => BEGIN + HOUR * index);
      await putPoints(
        packed,
        uri,
        type,
        times.map((ts, index) => ({ ts, val: valueOf(index) })),
      ).expect(201);
      const segments = (
        await packed.query<{ first: number; last: number }>(
          `SELECT extract(epoch FROM first)::float8 AS first, extract(epoch FROM last)::float8 AS last
           FROM segment ORDER BY segment.first`,
        )
      ).slice(1, -1);
      // 62 days of points lie in four or five chunks, each with one segment.
      expect(segments.length).toBeGreaterThanOrEqual(2);
      // Some that lie loose inside of a segment.
      const late = [10, 500, 501, 1400].map((index) => ({ ts: BEGIN + HOUR * index + 1800, val: valueOf(index) }));
      await putPoints(packed, uri, type, late).expect(201);
      const model = new Map((await readAll(packed, uri, type)).map(({ ts, val }) => [Number(ts), val]));
      expect(model.size).toBe(1504);

      const [one, two] = [segments[0]!, segments[1]!];
      for (const [what, from, to] of [
        ['inside a segment', one.first + HOUR, one.first + 3 * HOUR],
        ['between two points', one.first + 5 * HOUR + 60, one.first + 5 * HOUR + 120],
        ['of one time in a segment', one.first + 7 * HOUR, one.first + 7 * HOUR],
        ['a loose one inside a segment', BEGIN + 10 * HOUR + 1800, BEGIN + 10 * HOUR + 1800],
        ['from the first point of a segment', one.first, one.first + HOUR],
        ['up to the last point of a segment', one.last - HOUR, one.last],
        ['from inside a segment into the next', one.last - 10 * HOUR - 1, two.first + HOUR + 1],
        ['a whole segment and its neighbours', one.first - 5 * HOUR, one.last + 5 * HOUR],
        ['from before all points', 0, BEGIN + HOUR],
        ['to behind all points', BEGIN + 1490 * HOUR, BEGIN * 2],
        ['where nothing is left', 0, BEGIN + HOUR],
      ] as const) {
        const gone = [...model.keys()].filter((ts) => ts >= from && ts <= to);
        for (const ts of gone) model.delete(ts);
        const { body } = await packed.http
          .delete(`${uri}${type}/base?time-start=${from}&time-end=${to}`)
          .set('authorization', key)
          .expect(200);
        expect(body, what).toEqual({ deleted: { metadata: 0, points: gone.length } });
        expect(await readAll(packed, uri, type), what).toEqual([...model].map(([ts, val]) => ({ ts, val })));
        expect(await faultsIn(packed), what).toEqual([]);
      }
      expect(
        await packed.query(
          `SELECT extract(epoch FROM first_point)::int AS first, extract(epoch FROM last_point)::int AS last FROM series`,
        ),
      ).toEqual([{ first: [...model.keys()][0], last: [...model.keys()].at(-1) }]);

      await packed.http
        .delete(`${uri}${type}`)
        .set('authorization', key)
        .expect(200, {
          deleted: { metadata: 1, points: model.size },
        });
      expect(await formsIn(packed)).toEqual({ loose: 0, packed: 0, segments: 0 });
    } finally {
      await packed.close();
    }
  });
});

test('an event type goes with its points and summaries, and the metadata with its last', async () => {
  const uri = await newSeries();
  await remove(`${uri}throughput/`).expect(200, { deleted: { metadata: 0, points: 10 } });
  await archive.http.get(`${uri}throughput`).expect(200, []);
  expect(
    await archive.query('SELECT * FROM rollup r WHERE NOT EXISTS (SELECT FROM series WHERE id = r.series)'),
  ).toEqual([]);
  await remove(`${uri}histogram-rtt`).expect(200, { deleted: { metadata: 1, points: 1 } });
  await archive.http.get(uri).expect(404);
  await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(404);
});

test('a metadata goes with everything', async () => {
  const uri = await newSeries();
  await remove(uri).expect(200, { deleted: { metadata: 1, points: 11 } });
  await archive.http.get(uri).expect(404);
  await remove(uri).expect(404);
});

test.each([
  ['without a key', '', '', 401],
  ['with a key that may only write', 'write', '', 403],
  ['with a parameter that a deletion does not know', 'admin', '?time-range=60', 400],
  ['with a time that is none', 'admin', '?time-start=yesterday', 400],
  ['with bounds the wrong way round', 'admin', '?time-start=2&time-end=1', 400],
])('%s nothing is deleted', async (_how, scope, query, status) => {
  const uri = await newSeries();
  const key = scope === 'admin' ? admin : scope === 'write' ? archive.auth : '';
  const request = archive.http.delete(`${uri}throughput/base${query}`);
  await (key === '' ? request : request.set('authorization', key)).expect(status);
  expect(await readAll(archive, uri, 'throughput')).toHaveLength(10);
});

test('a time on a whole event type or metadata is refused: it would delete more than was meant', async () => {
  const uri = await newSeries();
  await remove(`${uri}?time-end=5`).expect(400);
  await remove(`${uri}throughput?time-end=5`).expect(400);
  expect(await readAll(archive, uri, 'throughput')).toHaveLength(10);
});

test('what other servers have cached of a deleted metadata does not matter', async () => {
  const other = await archive.another();
  try {
    const uri = await newSeries();
    await postPoint(other, uri, 'throughput', { ts: 1000, val: 1 }).expect(201);
    await remove(uri).expect(200);
    await postPoint(other, uri, 'throughput', { ts: 1001, val: 1 }).expect(404);
    expect(await archive.query('SELECT * FROM points WHERE NOT EXISTS (SELECT FROM series WHERE id = series)')).toEqual(
      [],
    );
  } finally {
    await other.close();
  }
});

describe('a stream that keeps no points', () => {
  const start = TEST_START / 1_000_000;

  /** Ten minutes of a point every 20 s, from the start of the test on. */
  async function newBins(): Promise<{ uri: string; read: (path: string) => Promise<number[]> }> {
    const stream = await newStream(archive, {
      raw: false,
      summaries: [
        ['aggregation', 20],
        ['aggregation', 60],
      ],
    });
    const points = Array.from({ length: 30 }, (_, index): [number, number] => [TEST_START + seconds(20 * index), 1]);
    await write(archive, [{ stream, points }]);
    const uri = `${ARCHIVE}${stream.key}/`;
    const read = async (path: string): Promise<number[]> => {
      const { body } = await archive.http.get(`${uri}metric/aggregations/${path}?time-start=0`).expect(200);
      return (body as { ts: number; val: number }[]).map(({ val }) => val);
    };
    return { uri, read };
  }

  test.each([
    ['from the begin of a bin', `time-start=${start + 120}`, 24],
    ['up to the end of a bin', `time-end=${(start + 120 - 0.000001).toFixed(6)}`, 6],
    ['up to the begin of a bin', `time-end=${start + 120}`, 6],
    ['of whole bins', `time-start=${start + 60}&time-end=${start + 180}`, 6],
    ['from before its points until after them', 'time-start=1.5&time-end=2000000000', 30],
    ['without bounds', '', 30],
    ['before its points', 'time-end=1.5', 0],
    ['behind its last point', `time-start=${start + 600.5}`, 0],
  ])('loses the bins %s', async (_what, bounds, points) => {
    const { uri, read } = await newBins();
    const { body } = await remove(`${uri}metric/base?${bounds}`).expect(200);
    expect(body).toEqual({ deleted: { metadata: 0, points } });
    expect(await read('20')).toEqual(Array(30 - points).fill(1));
    expect(await read('60')).toEqual(Array((30 - points) / 3).fill(3));
  });

  test.each([
    ['a begin', `time-start=${start + 61}`],
    ['an end', `time-end=${start + 61}`],
    ['a begin that the longer bins do not have', `time-start=${start + 20}`],
    ['an end in whole seconds', `time-start=${start}&time-end=${Math.floor(start) + 60}`],
  ])('keeps all where %s cuts a bin', async (_what, bounds) => {
    const { uri, read } = await newBins();
    const { body } = await remove(`${uri}metric/base?${bounds}`).expect(400);
    expect(body.detail).toBe('the points of this stream were not kept: choose bounds at 1574164720.249248 + k·60 s');
    expect(await read('20')).toEqual(Array(30).fill(1));
  });

  test('takes points afterwards, and has nothing for verify to put right', async () => {
    const { uri, read } = await newBins();
    await remove(`${uri}metric/base?time-start=${start + 60}&time-end=${start + 540}`).expect(200);
    expect(await read('60')).toEqual([3, 3]);
    expect(await faultsIn(archive)).toEqual([]);
    for (const window of await archive.app.get(RollupCheck).windows())
      expect(await archive.app.get(RollupCheck).check(window, true)).toEqual([]);
    expect(await read('60')).toEqual([3, 3]);
    const [{ rows }] = (await archive.query<{ rows: number }>(
      'SELECT count(*)::int AS rows FROM rollup r JOIN series s ON s.id = r.series WHERE NOT s.keeps_points',
    )) as [{ rows: number }];
    expect(rows).toBeGreaterThan(0);
  });

  test('is deleted with its metadata', async () => {
    const { uri } = await newBins();
    await remove(uri).expect(200);
    await archive.http.get(uri).expect(404);
    const key = uri.slice(ARCHIVE.length, -1);
    expect(await archive.query('SELECT FROM session_stream WHERE id = $1', [key])).toEqual([]);
  });
});
