import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { JobRunner } from '../src/jobs/job-runner.js';
import { PackingJob } from '../src/packing/packing.job.js';
import { PointStore } from '../src/storage/points/point-store.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint, putPoints, readAll, register, type WirePoint } from './support/builders.js';
import { empty } from './support/empty.js';
import { enqueue } from './support/enqueue.js';
import { faultsIn, formsIn, packAll } from './support/packed.js';
import { type Ending, MARIGRAM, Program } from './support/process.js';

/** 2024-05-01 00:00 UTC: its chunk has ended long ago. */
const BEGIN = 1_714_521_600;

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());
beforeEach(async () => {
  await empty(archive);
});

/** Points so many seconds apart, their indexes the values. */
function every(seconds: number, count: number, begin = BEGIN): WirePoint[] {
  return Array.from({ length: count }, (_, index) => ({ ts: begin + seconds * index, val: index }));
}

/** Writes points few at a time, so that they are stored loose. */
async function putLoose(uri: string, type: string, points: readonly WirePoint[]): Promise<void> {
  for (let at = 0; at < points.length; at += 25)
    await putPoints(archive, uri, type, points.slice(at, at + 25)).expect(201);
}

test('the rows of an archive of an earlier version are packed, and their disk space comes back', async () => {
  const uri = await register(archive, 'throughput');
  await postPoint(archive, uri, 'throughput', { ts: BEGIN, val: 0 }).expect(201);
  await archive.query(`INSERT INTO point (series, ts, value)
    SELECT series, ts + make_interval(secs => n), n FROM point, generate_series(1, 39999) n`);
  await archive.query(`UPDATE series SET last_point = first_point + interval '39999 seconds'`);
  const [{ chunk } = { chunk: '' }] = await archive.query<{ chunk: string }>(
    'SELECT DISTINCT tableoid::regclass::text AS chunk FROM point',
  );
  const bytes = async (): Promise<number> =>
    Number((await archive.query('SELECT pg_total_relation_size($1::regclass) AS bytes', [chunk]))[0]!['bytes']);
  const before = await bytes();
  expect(await packAll(archive)).toBe(40_000);
  expect(await bytes()).toBeLessThan(before / 10);
  expect(await formsIn(archive)).toEqual({ loose: 0, packed: 40_000, segments: 5 });
  expect(await readAll(archive, uri, 'throughput')).toEqual(every(1, 40_000));
  expect(await faultsIn(archive)).toEqual([]);
});

describe('marigram pack', () => {
  const pack = (...args: string[]): Promise<Ending> =>
    new Program([...MARIGRAM, 'pack', ...args], { DATABASE_URL: archive.databaseUrl }).ended;
  const said = (packed: number, all: number): RegExp =>
    new RegExp(
      `^Packed ${packed} points\\. ${all} points are in segments now, \\d+\\.\\d bytes each\\.\\n` +
        'All points took \\d+\\.\\d MiB before and take \\d+\\.\\d MiB now\\.\\n$',
    );

  test('packs what is worth it, with --all everything, and then nothing more', async () => {
    const now = Math.floor(Date.now() / 1000);
    const uri = await register(archive, 'throughput', 'packet-rtt', 'failures');
    await putLoose(uri, 'throughput', every(60, 50));
    // Young ones, and a single old one, stay loose until all are packed.
    await putLoose(uri, 'packet-rtt', every(1, 40, now - 100));
    await putLoose(uri, 'failures', [{ ts: BEGIN, val: { error: 'é' } }]);
    const before = [await readAll(archive, uri, 'throughput'), await readAll(archive, uri, 'packet-rtt')];
    for (const [args, packed, all] of [
      [[], 50, 50],
      [['--all'], 41, 91],
      [['--all'], 0, 91],
    ] as const) {
      const { code, stdout, stderr } = await pack(...args);
      expect(stdout).toMatch(said(packed, all));
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    }
    expect(await formsIn(archive)).toEqual({ loose: 0, packed: 91, segments: 3 });
    expect([await readAll(archive, uri, 'throughput'), await readAll(archive, uri, 'packet-rtt')]).toEqual(before);
    expect(await faultsIn(archive)).toEqual([]);
  });
});

test('the job packs old points, and /metrics tells how many are loose and packed', async () => {
  const uri = await register(archive, 'throughput', 'packet-rtt');
  await putLoose(uri, 'throughput', every(60, 300));
  await putLoose(uri, 'packet-rtt', every(1, 300, Math.floor(Date.now() / 1000) - 1000));
  await archive.app.get(JobRunner).run(archive.app.get(PackingJob));
  await archive.query('ANALYZE point');
  await archive.app.get(JobRunner).run(archive.app.get(PackingJob));
  const { text } = await archive.http.get('/metrics').expect(200);
  const metric = (name: string, form: string): number =>
    Number(new RegExp(`^${name}\\{form="${form}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  // The young ones stay; the number of loose ones is an estimate.
  expect([metric('marigram_stored_points', 'packed'), metric('marigram_stored_points', 'loose')]).toEqual([300, 300]);
  expect(metric('marigram_stored_points_bytes', 'packed')).toBeGreaterThan(600);
  expect(metric('marigram_stored_points_bytes', 'loose')).toBeGreaterThan(300 * 50);
  expect(await formsIn(archive)).toEqual({ loose: 300, packed: 300, segments: 1 });
});

test('documents are packed few at a time, however small they are on disk', async () => {
  const uri = await register(archive, 'failures');
  const sizes = [300_000, 1, 900_000, 2_000_000, 20];
  const documents = Array.from({ length: 40 }, (_, index) => ({
    ts: BEGIN + index,
    val: { error: String(index % 10).repeat(sizes[index % 5]!) },
  }));
  for (const point of documents) await postPoint(archive, uri, 'failures', point).expect(201);
  expect(await packAll(archive)).toBe(40);
  expect(await formsIn(archive)).toMatchObject({ loose: 0, packed: 40 });
  expect(await faultsIn(archive)).toEqual([]);
  // A page of them, from the middle of a segment on, in both directions.
  for (const [order, expected] of [
    ['asc', documents.slice(11, 31)],
    ['desc', documents.toReversed().slice(11, 31)],
  ] as const) {
    const { body } = await archive.http
      .get(`${uri}failures/base?time-start=0&order=${order}&offset=11&limit=20`)
      .expect(200);
    expect(body).toEqual(expected);
  }
});

test('pages of short segments, with loose points in between, are those of all points', async () => {
  const uri = await register(archive, 'throughput');
  for (let at = 0; at < 70; at++)
    await putPoints(archive, uri, 'throughput', every(2, 32, BEGIN + 100 * at)).expect(201);
  for (const at of [0, 3, 50, 69]) await putPoints(archive, uri, 'throughput', every(6, 20, BEGIN + 100 * at + 1)).expect(201); // prettier-ignore
  const all = await readAll(archive, uri, 'throughput');
  expect(all).toHaveLength(70 * 32 + 4 * 20);
  expect(all.every(({ ts }, index) => index === 0 || Number(all[index - 1]!.ts) < Number(ts))).toBe(true);
  for (const [offset, limit] of [
    [0, 1],
    [31, 2],
    [95, 700],
    [1000, 900],
    [2300, 100],
  ] as const)
    // prettier-ignore
    for (const [order, points] of [['asc', all], ['desc', all.toReversed()]] as const) { // prettier-ignore
      const query = `time-start=0&order=${order}&offset=${offset}&limit=${limit}`;
      const { body } = await archive.http.get(`${uri}throughput/base?${query}`).expect(200);
      expect(body, query).toEqual(points.slice(offset, offset + limit));
    }
});

describe('points nanoseconds apart', () => {
  const TIME = BEGIN * 1e6;
  const rows = (): Promise<Record<string, unknown>[]> =>
    archive.query('SELECT value::int, row FROM points ORDER BY ts, coalesce(row, 0)');

  test('come one by one, are joined by the packer, and all are read in their order', async () => {
    const uri = await register(archive, 'throughput');
    for (const nanos of [500, 0, 999, 1]) {
      const points = [{ micros: TIME, nanos, value: { value: nanos } }];
      expect(await enqueue(archive, uri, 'throughput', points)).toMatchObject({ stored: 1, conflicts: [] });
      expect(await enqueue(archive, uri, 'throughput', points)).toMatchObject({ stored: 0, conflicts: [0] });
    }
    await enqueue(archive, uri, 'throughput', [{ micros: TIME + 1, nanos: 7, value: { value: 7 } }]);
    // The others of its microsecond were added to the first segment.
    expect(await formsIn(archive)).toEqual({ loose: 1, packed: 4, segments: 2 });
    const read = [0, 1, 500, 999].map((val) => ({ ts: BEGIN, val }));
    expect(await readAll(archive, uri, 'throughput')).toEqual([...read, { ts: BEGIN + 1e-6, val: 7 }]);
    await packAll(archive);
    expect(await formsIn(archive)).toEqual({ loose: 0, packed: 5, segments: 1 });
    expect(await rows()).toEqual([0, 1, 500, 999, 7].map((row) => ({ value: row, row })));
    expect(await faultsIn(archive)).toEqual([]);
    const { body } = await archive.http.get('/api/v1/latest').expect(200);
    expect(body).toMatchObject([{ val: 7 }]);
  });

  test('segments end between microseconds, however many points these have', async () => {
    const uri = await register(archive, 'throughput');
    const points = Array.from({ length: 10_000 }, (_, index) => ({
      micros: TIME + Math.floor(index / 1000),
      nanos: index % 1000,
      value: { value: index },
    }));
    await enqueue(archive, uri, 'throughput', points.slice(300));
    await enqueue(archive, uri, 'throughput', points.slice(0, 300));
    // The one without nanoseconds is loose; 8,192 would divide a microsecond.
    expect(await archive.query('SELECT points FROM segment ORDER BY first')).toEqual([
      { points: 7999 },
      { points: 2000 },
    ]);
    expect((await readAll(archive, uri, 'throughput')).map(({ val }) => val)).toEqual(points.map((_, index) => index));
    expect(await faultsIn(archive)).toEqual([]);
  });
});

test('a damaged segment keeps no other series from being packed', async () => {
  const uri = await register(archive, 'throughput', 'packet-rtt', 'ntp-offset', 'path-mtu');
  await putPoints(archive, uri, 'throughput', every(60, 40)).expect(201);
  await archive.query('UPDATE segment SET data = substring(data FOR 12)');
  for (const type of ['throughput', 'packet-rtt']) {
    // The look at the place would fail, too.
    await putLoose(uri, type, every(60, 5, BEGIN + 60 * 40));
  }
  await archive.query("UPDATE point SET ts = ts - interval '1000.5 s'");
  // Two batches are under way at a time, so the others share one: late points that need the segment fail alone.
  const points = [{ micros: (BEGIN + 1) * 1e6, value: { value: 1 } }];
  const write = async (type: string): Promise<number> => (await enqueue(archive, uri, type, points)).stored;
  const late = await Promise.allSettled(['ntp-offset', 'path-mtu', 'throughput', 'packet-rtt'].map(write));
  expect(late.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  await expect(packAll(archive)).rejects.toThrow(/^series \d+: a segment of points is damaged: .* \("marigram verify"/);
  expect(await formsIn(archive)).toEqual({ loose: 5, packed: 48, segments: 4 });
});

describe('a search by the time of data', () => {
  test('finds a series exactly if it has a point in the range, loose or packed', async () => {
    // Ever longer gaps: the longest one does not tell about the others.
    const irregular = Array.from({ length: 40 }, (_, index) => ({ ts: BEGIN + index * index * 10, val: index }));
    const uri = await register(archive, 'throughput', 'packet-rtt');
    await putPoints(archive, uri, 'throughput', irregular).expect(201);
    await putPoints(archive, uri, 'packet-rtt', every(60, 40)).expect(201);
    const later = every(7, 40, BEGIN + 50_000);
    for (const type of ['throughput', 'packet-rtt']) await putPoints(archive, uri, type, later).expect(201);
    // One that is loose, inside of both.
    const loose = { ts: BEGIN + 1205.5, val: 1 };
    for (const type of ['throughput', 'packet-rtt']) await postPoint(archive, uri, type, loose).expect(201);
    expect(await formsIn(archive)).toEqual({ loose: 2, packed: 160, segments: 4 });

    for (const [type, points] of [
      ['throughput', [...irregular, ...later.slice(0, 5), loose]],
      ['packet-rtt', [...every(60, 40), ...later.slice(35), loose]],
    ] as const) {
      const ranges = points.flatMap(({ ts }) => [
        [Number(ts), Number(ts)],
        [Number(ts) + 0.000001, Number(ts) + 9],
        [Number(ts) - 5, Number(ts) - 0.000001],
        [Number(ts) + 1, Number(ts) + 50],
      ]);
      for (const [from, to] of [...ranges, [BEGIN - 9, BEGIN - 1], [BEGIN - 9, BEGIN], [BEGIN + 1e5, BEGIN + 1e6]]) {
        const has = [...points, ...later].some(({ ts }) => Number(ts) >= from! && Number(ts) <= to!);
        const { body } = await archive.http
          .get(`${ARCHIVE}?event-type=${type}&data-start=${from}&data-end=${to}`)
          .expect(200);
        expect(body, `${type} from ${from! - BEGIN} to ${to! - BEGIN}`).toHaveLength(has ? 1 : 0);
      }
    }
    for (const [query, count] of [
      [`data-start=${BEGIN + 39 * 390}&data-end=${BEGIN + 49_999}`, 1],
      [`data-start=${BEGIN + 39 * 390 + 1}&data-end=${BEGIN + 49_999}`, 0],
      [`data-start=${BEGIN + 50_273}`, 1],
      [`data-start=${BEGIN + 50_274}`, 0],
      [`data-end=${BEGIN}`, 1],
      [`data-end=${BEGIN - 1}`, 0],
    ] as const)
      expect((await archive.http.get(`${ARCHIVE}?event-type=throughput&${query}`).expect(200)).body).toHaveLength(
        count,
      );
  });

  test('does not find what retention hides', async () => {
    const uri = await register(archive, 'throughput');
    await putPoints(archive, uri, 'throughput', every(60, 40)).expect(201);
    await archive.query('UPDATE series SET base_cut_off = to_timestamp($1)', [BEGIN + 601]);
    const found = async (from: number, to: number): Promise<number> =>
      (await archive.http.get(`${ARCHIVE}?data-start=${BEGIN + from}&data-end=${BEGIN + to}`).expect(200)).body.length;
    expect([await found(0, 600), await found(600, 659), await found(600, 660)]).toEqual([0, 0, 1]);
  });
});

test('the newest points are the same, loose, packed, or both', async () => {
  const loss = (index: number): unknown => ({ numerator: index, denominator: 600 });
  const uris: string[] = [];
  const series = async (type: string, ...bulks: WirePoint[][]): Promise<void> => {
    const uri = await register(archive, type);
    uris.push(uri);
    for (const points of bulks) await putPoints(archive, uri, type, points).expect(201);
  };
  await series('throughput', every(60, 100));
  await series('throughput', every(60, 5));
  await series('throughput', [{ ts: BEGIN + 0.25, val: 7 }]);
  // Packed, and newer ones loose, at another interval.
  await series('throughput', every(60, 100), every(300, 4, BEGIN + 6000));
  // The newest one packed, and loose ones between the newest.
  await series('throughput', every(60, 100), every(60, 4, BEGIN + 5700 + 30));
  // The ten newest lie in several segments, with a gap in between.
  await series('throughput', every(1, 32), every(1, 32, BEGIN + 1000), every(10, 3, BEGIN + 2000));
  await series(
    'packet-loss-rate',
    every(60, 64).map(({ ts, val }) => ({ ts, val: loss(Number(val)) })),
    every(60, 2, BEGIN + 4000).map(({ ts }) => ({ ts, val: loss(300) })),
  );
  await series('failures', every(60, 64).map(({ ts, val }) => ({ ts, val: { error: `é ${String(val)}` } }))); // prettier-ignore
  const latest = async (): Promise<unknown[]> => {
    const { body } = await archive.http.get('/api/v1/latest').expect(200);
    const place = (one: Record<string, unknown>): number =>
      uris.findIndex((uri) => String(one['base-uri']).startsWith(uri));
    return (body as Record<string, unknown>[])
      .sort((one, other) => place(one) - place(other))
      .map(({ age, ...one }) => ({ ...one, isOld: Number(age) > Date.now() / 1000 - BEGIN - 100_000 }));
  };
  const before = await latest();
  expect(before).toMatchObject([
    { ts: BEGIN + 5940, val: 99, cadence: 60 },
    { ts: BEGIN + 240, val: 4, cadence: 60 },
    { ts: BEGIN + 0.25, val: 7, cadence: null },
    { ts: BEGIN + 6900, val: 3, cadence: 60 },
    { ts: BEGIN + 5940, val: 99, cadence: 30 },
    { ts: BEGIN + 2020, val: 2, cadence: 1 },
    { ts: BEGIN + 4060, val: 0.5, cadence: 60 },
    { ts: BEGIN + 3780, val: { error: 'é 63' }, cadence: 60 },
  ]);
  expect(await packAll(archive)).toBe(5 + 1 + 4 + 4 + 3 + 2);
  expect(await formsIn(archive)).toMatchObject({ loose: 0 });
  expect(await latest()).toEqual(before);
});

test('the newest point is found in a segment that has younger ones by now', async () => {
  const uri = await register(archive, 'throughput');
  await putPoints(archive, uri, 'throughput', every(60, 100)).expect(201);
  const [series] = await archive.query<{ id: number }>('SELECT id FROM series');
  const micros = (index: number): number => (BEGIN + 60 * index) * 1e6;
  for (const index of [0, 1, 50, 99]) {
    const extent = {
      id: series!.id,
      dataType: 'float',
      isStream: false,
      first: micros(0),
      last: micros(index),
    } as const;
    const found = await archive.app.get(PointStore).newest([extent], true);
    expect(found.get(series!.id)).toMatchObject({
      micros: micros(index),
      value: index,
      cadence: index > 0 ? 6e7 : null,
    });
  }
});

describe('late points', () => {
  const SUMMARY = { 'summary-type': 'aggregation', 'summary-window': 3600 };
  let uri: string;
  beforeEach(async () => {
    uri = await register(
      archive,
      { 'event-type': 'throughput', summaries: [SUMMARY] },
      { 'event-type': 'histogram-owdelay', summaries: [SUMMARY, { ...SUMMARY, 'summary-type': 'statistics' }] },
      'failures',
    );
  });

  test('32 and more in a gap between segments become one; inside a segment they stay loose', async () => {
    const [one, two] = [every(60, 50), every(60, 50, BEGIN + 12_000)];
    for (const points of [one, two]) await putPoints(archive, uri, 'throughput', points).expect(201);
    expect(await formsIn(archive)).toEqual({ loose: 0, packed: 100, segments: 2 });
    const gap = every(60, 40, BEGIN + 6000);
    await putPoints(archive, uri, 'throughput', gap).expect(201);
    expect(await formsIn(archive)).toEqual({ loose: 0, packed: 140, segments: 3 });
    const few = every(60, 31, BEGIN + 9000);
    await putPoints(archive, uri, 'throughput', few).expect(201);
    expect(await formsIn(archive)).toEqual({ loose: 31, packed: 140, segments: 3 });
    const inside = every(60, 40, BEGIN + 30);
    await putPoints(archive, uri, 'throughput', inside).expect(201);
    expect(await formsIn(archive)).toEqual({ loose: 71, packed: 140, segments: 3 });
    // Some before all others, some inside of the first segment, some that are there.
    const mixed = every(30, 132, BEGIN - 100 * 30);
    const { body } = await putPoints(archive, uri, 'throughput', mixed).expect(409);
    expect(body.stored).toBe(100);
    expect(await formsIn(archive)).toEqual({ loose: 71, packed: 240, segments: 4 });
    expect(await readAll(archive, uri, 'throughput')).toEqual(
      [...one, ...inside, ...mixed.slice(0, 100), ...gap, ...few, ...two].sort((a, b) => Number(a.ts) - Number(b.ts)),
    );
    expect(await faultsIn(archive)).toEqual([]);
  });

  test('a bulk that is sent again is 409, stores nothing, and counts right, whatever form its points have', async () => {
    const bulks = [every(60, 50), every(60, 40, BEGIN + 30), every(60, 20, BEGIN + 9000)];
    for (const points of bulks) await putPoints(archive, uri, 'throughput', points).expect(201);
    const before = await readAll(archive, uri, 'throughput');
    for (let round = 0; round < 2; round++) {
      const forms = await formsIn(archive);
      for (const points of bulks) {
        const others = points.map(({ ts }) => ({ ts, val: 12_345 }));
        const { body } = await putPoints(archive, uri, 'throughput', others).expect(409);
        expect(body.stored).toBe(0);
        expect((body.conflicts as WirePoint[]).map(({ ts }) => ts)).toEqual(points.map(({ ts }) => ts));
      }
      const partly = [...every(60, 49), { ts: BEGIN + 100_000 + round, val: 1 }];
      expect((await putPoints(archive, uri, 'throughput', partly).expect(409)).body).toMatchObject({ stored: 1 });
      before.push({ ts: BEGIN + 100_000 + round, val: 1 });
      expect(await formsIn(archive)).toEqual({ ...forms, loose: forms.loose + 1 });
      await packAll(archive);
    }
    expect(await readAll(archive, uri, 'throughput')).toEqual(before);
    expect(await faultsIn(archive)).toEqual([]);
  });

  test('documents that replace packed ones are read back byte for byte, and their summaries follow', async () => {
    const histograms = every(60, 100).map(({ ts, val }) => ({ ts, val: { '1.50': 1, '2': Number(val) } }));
    await putPoints(archive, uri, 'histogram-owdelay', histograms).expect(201);
    const failures = every(60, 100).map(({ ts }) => ({ ts, val: { error: 'x' } }));
    await putPoints(archive, uri, 'failures', failures).expect(201);
    const expected = new Map([
      ['histogram-owdelay', histograms.map(({ val }) => JSON.stringify(val))],
      ['failures', failures.map(({ val }) => JSON.stringify(val))],
    ]);
    const replace = async (type: string, index: number, text: string, stored = text): Promise<void> => {
      await postPoint(archive, uri, type, `{"ts":${BEGIN + 60 * index},"val":${text}}`).expect(201);
      expected.get(type)![index] = stored;
    };
    const check = async (): Promise<void> => {
      for (const [type, texts] of expected) {
        const { text } = await archive.http.get(`${uri}${type}/base?time-start=0`).expect(200);
        expect(text).toBe(`[${texts.map((val, index) => `{"ts":${BEGIN + 60 * index},"val":${val}}`).join(',')}]`);
        expect(await formsIn(archive)).toEqual({ loose: 0, packed: 200, segments: 2 });
      }
      expect(await faultsIn(archive)).toEqual([]);
    };
    await replace('histogram-owdelay', 7, '{"3.250":10,"1.50":4,"-0.5":2}');
    await replace('histogram-owdelay', 99, '{"1e1":9}');
    await replace('failures', 50, '{"error":"é 漢 \\u0001","n":1.00,"m":[1e2,{}]}');
    await check();
    // Many at once, with one more that is the same as before.
    const numbers = histograms.slice(10, 60).map(({ ts }, index) => ({ ts, val: { '2': index + 1 } }));
    await putPoints(archive, uri, 'histogram-owdelay', [...numbers, histograms[60]!]).expect(201);
    numbers.forEach(({ val }, index) => (expected.get('histogram-owdelay')![10 + index] = JSON.stringify(val)));
    await check();
  });
});
