import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { parsePolicies } from '../src/retention/policy-file.js';
import { type RetentionReport } from '../src/retention/retention-report.js';
import { JobRunner } from '../src/jobs/job-runner.js';
import { RetentionJob } from '../src/retention/retention.job.js';
import { RetentionService } from '../src/retention/retention.service.js';
import { FieldSeriesStore } from '../src/storage/databases/field-series-store.js';
import { BackFill } from '../src/storage/rollups/back-fill.js';
import { RollupCheck } from '../src/storage/rollups/rollup-check.js';
import { STORAGE_ENGINE } from '../src/storage/hypertables/storage-engine.token.js';
import { type StorageEngine } from '../src/storage/hypertables/engine.js';
import { type Hypertable } from '../src/storage/hypertables/hypertables.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints, readAll, register, type WirePoint } from './support/builders.js';
import { summarized } from './support/metadata.js';
import { faultsIn, packAll } from './support/packed.js';
import { ledgerOf, newStream, write } from './support/streams.js';

const HOUR = 3600;
const DAY = 86_400;

let archive: TestArchive;
beforeEach(async () => {
  archive = await startArchive({ CHUNK_INTERVAL: '1d' });
});
afterEach(() => archive.close());

type Rule = [eventType: string, summaryType: string, window: string, expire: string];

function policiesOf(...rules: Rule[]) {
  return parsePolicies(textOf(...rules), 'test');
}

function textOf(...rules: Rule[]): string {
  const policies = rules.map(([event_type, summary_type, summary_window, expire]) => ({
    ...{ event_type, summary_type },
    ...{ summary_window, expire },
  }));
  return JSON.stringify({ policies });
}

async function run(...rules: Rule[]): Promise<RetentionReport> {
  return (await archive.app.get(RetentionService).run(policiesOf(...rules)))!;
}

/** Noon, UTC, so many days ago. */
function noon(daysAgo: number): number {
  return (Math.floor(Date.now() / 1000 / DAY) - daysAgo) * DAY + DAY / 2;
}

/** The time of a point a minute after another, from noon of a day on. */
function minutes(daysAgo: number, count: number): WirePoint[] {
  return Array.from({ length: count }, (_, index) => ({ ts: noon(daysAgo) + 60 * index, val: index + 1 }));
}

async function readSummary(uri: string, path: string): Promise<WirePoint[]> {
  const query = 'time-start=-62135596800&time-end=253402300799&limit=1000000';
  return (await archive.http.get(`${uri}${path}?${query}`).expect(200)).body;
}

async function times(uri: string, eventType: string): Promise<number[]> {
  return (await readAll(archive, uri, eventType)).map(({ ts }) => Number(ts));
}

/** The rows of a hypertable, or all points, loose and packed. */
async function count(table: Hypertable | 'points'): Promise<number> {
  return Number((await archive.query(`SELECT count(*) AS n FROM ${table}`))[0]!.n);
}

/** The empty chunks beside one of loose points or one of segments: only native partitions make both at a time. */
function emptyChunks(): number {
  return archive.app.get<StorageEngine>(STORAGE_ENGINE).name === 'native' ? 1 : 0;
}

async function chunkAt(table: Hypertable, seconds: number): Promise<string | undefined> {
  const engine = archive.app.get<StorageEngine>(STORAGE_ENGINE);
  const db = { query: async (text: string, values?: unknown[]) => ({ rows: await archive.query(text, values) }) };
  return engine.chunkTable(db as Parameters<StorageEngine['chunkTable']>[0], table, engine.chunkOf(seconds * 1e6));
}

async function metricOf(name: string): Promise<number> {
  const { text } = await archive.http.get('/metrics').expect(200);
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

/** Makes metadata and writes look as old as that. */
async function age(uri: string, created: number, updated: number): Promise<void> {
  const key = uri.split('/').at(-2);
  await archive.query(`UPDATE metadata SET created = now() - make_interval(days => $2) WHERE key = $1`, [key, created]);
  await archive.query(
    `UPDATE series SET time_updated = time_updated - make_interval(days => $2)
     WHERE metadata = (SELECT id FROM metadata WHERE key = $1)`,
    [key, updated],
  );
}

test('points leave on time, and summaries of them read the same', async () => {
  const uri = await register(
    archive,
    summarized('throughput', ['average', HOUR], ['aggregation', DAY], ['statistics', DAY]),
    summarized('histogram-rtt', ['aggregation', HOUR], ['statistics', 0]),
  );
  for (const days of [40, 31, 29, 1]) {
    await putPoints(archive, uri, 'throughput', minutes(days, 90)).expect(201);
    await postPoint(archive, uri, 'histogram-rtt', { ts: noon(days), val: { '1': days } }).expect(201);
  }
  const paths = [
    ...[`throughput/averages/${HOUR}`, `throughput/aggregations/${DAY}`, `throughput/statistics/${DAY}`],
    ...[`histogram-rtt/aggregations/${HOUR}`, `histogram-rtt/statistics/0`],
  ];
  const before = await Promise.all(paths.map((path) => readSummary(uri, path)));
  const report = await run(['*', 'base', '0', '30'], ['*', '*', '*', 'never']);
  expect(await times(uri, 'histogram-rtt')).toEqual([noon(29), noon(1)]);
  expect(await times(uri, 'throughput')).toEqual([...minutes(29, 90), ...minutes(1, 90)].map(({ ts }) => ts));
  expect(await count('points')).toBe(2 * 91);
  expect(await Promise.all(paths.map((path) => readSummary(uri, path)))).toEqual(before);
  expect(report.policies.map(({ policy, removed }) => [policy, removed.points.rows, removed.bins.rows])).toEqual([
    ['* base 0: 30 days', 182, 0],
    ['* * *: never', 0, 0],
  ]);
  // Two days, each a chunk of loose points and one of segments.
  expect(report).toMatchObject({ chunksDropped: 4, chunksCleaned: 0, metadata: 0 });
  const [series] = (await archive.http.get(uri).expect(200)).body['event-types'];
  expect(series['time-updated']).toBeGreaterThan(Date.now() / 1000 - 60);
});

test('late points from before the cut-off are 201, change nothing, and are counted', async () => {
  const other = await archive.another();
  try {
    const uri = await register(archive, summarized('throughput', ['aggregation', DAY]), 'histogram-rtt');
    await putPoints(archive, uri, 'throughput', [...minutes(40, 3), ...minutes(1, 3)]).expect(201);
    // The other server remembers the series as it was before.
    await postPoint(other, uri, 'throughput', { ts: noon(2), val: 1 }).expect(201);
    await run(['*', 'base', '*', '30']);
    const before = await readSummary(uri, `throughput/aggregations/${DAY}`);
    for (const server of [archive, other]) {
      await postPoint(server, uri, 'throughput', { ts: noon(40), val: 7 }).expect(201);
      await postPoint(server, uri, 'throughput', { ts: noon(50), val: 7 }).expect(201);
      await postPoint(server, uri, 'histogram-rtt', { ts: noon(50), val: { '1': 1 } }).expect(201);
      await postPoint(server, uri, 'throughput', { ts: noon(50), val: 'x' }).expect(400);
    }
    expect(await readSummary(uri, `throughput/aggregations/${DAY}`)).toEqual(before);
    expect(await count('points')).toBe(4);
    expect(await metricOf('marigram_points_expired_total')).toBe(3);
    const mixed = [...minutes(45, 2), ...minutes(1, 4)];
    const { body } = await putPoints(archive, uri, 'throughput', mixed).expect(409);
    expect(body).toMatchObject({ stored: 1 });
    expect((body.conflicts as WirePoint[]).map(({ ts }) => ts)).toEqual(minutes(1, 3).map(({ ts }) => ts));
    expect(await metricOf('marigram_points_expired_total')).toBe(5);
    expect(await count('points')).toBe(5);
  } finally {
    await other.close();
  }
});

test('the plan tells what would go, and changes nothing', async () => {
  const uri = await register(archive, summarized('throughput', ['average', HOUR], ['average', DAY]), 'packet-trace');
  await putPoints(archive, uri, 'throughput', [...minutes(40, 90), ...minutes(5, 90)]).expect(201);
  await postPoint(archive, uri, 'packet-trace', { ts: noon(40), val: [] }).expect(201);
  const old = await register(archive, 'ntp-offset');
  await age(old, 100, 0);
  const all = 'SELECT * FROM series, summary, metadata ORDER BY 1, 2, 3, 4, 5';
  const before = await archive.query(all);
  const rules: Rule[] = [
    ['*', '*', '*', '30'],
    ['*', '*', '86400', '365'],
    ['packet-trace', 'base', '0', 'never'],
  ];
  const planned = await archive.app.get(RetentionService).plan(policiesOf(...rules, ['failures', '*', '*', '1']));
  expect(planned.policies.map(({ policy, removed }) => [policy, removed.points.rows, removed.bins.rows])).toEqual([
    ['* * *: 30 days', 90, 2],
    ['* * 86400: 365 days', 0, 0],
    ['packet-trace base 0: never', 0, 0],
  ]);
  expect(planned.policies[0]!.removed.points.bytes).toBeGreaterThan(1000);
  expect(planned.metadata).toBe(1);
  expect(await archive.query(all)).toEqual(before);
  expect([await count('points'), await count('rollup')]).toEqual([181, 6]);
  const done = await run(...rules);
  expect(done.metadata).toBe(1);
  expect(done.policies.map(({ removed }) => [removed.points.rows, removed.bins.rows])).toEqual(
    planned.policies.map(({ removed }) => [removed.points.rows, removed.bins.rows]),
  );
  const next = await archive.app.get(RetentionService).plan(policiesOf(...rules));
  expect(next.policies.map(({ removed }) => [removed.points.rows, removed.bins.rows])).toEqual([
    ...[[0, 0], [0, 0], [0, 0]], // prettier-ignore
  ]);
  await archive.http.get(old).expect(404);
});

test('a chunk in which a series is kept loses the others and gives the disk back, and goes when nothing is kept', async () => {
  const kept = await register(archive, 'packet-count-sent');
  const large = await register(archive, 'throughput');
  // Few at a time, so that they are stored loose.
  for (let minute = 0; minute < 100; minute += 20)
    await putPoints(archive, kept, 'packet-count-sent', minutes(40, 100).slice(minute, minute + 20)).expect(201);
  await archive.query(
    `INSERT INTO point (series, ts, value)
     SELECT (SELECT max(id) FROM series), to_timestamp($1::float8 + n / 10.0), n FROM generate_series(0, 49999) n`,
    [noon(40)],
  );
  await archive.query(`UPDATE series SET first_point = to_timestamp($1), last_point = to_timestamp($1 + 5000)
                       WHERE event_type = 'throughput'`, [noon(40)]); // prettier-ignore
  await postPoint(archive, large, 'throughput', { ts: noon(1), val: 1 }).expect(201);
  const chunk = (await chunkAt('point', noon(40)))!;
  const size = async (): Promise<number> =>
    Number((await archive.query('SELECT pg_total_relation_size($1::regclass) AS size', [chunk]))[0]!.size);
  const before = await size();
  const rules: Rule[] = [
    ['*', '*', '*', '30'],
    ['packet-count-sent', '*', '*', 'never'],
  ];
  expect(await run(...rules)).toMatchObject({ chunksDropped: emptyChunks(), chunksCleaned: 1 });
  expect(await times(large, 'throughput')).toEqual([noon(1)]);
  expect(await times(kept, 'packet-count-sent')).toHaveLength(100);
  expect(await size()).toBeLessThan(before / 10);
  expect(await run(...rules)).toMatchObject({ chunksDropped: 0, chunksCleaned: 0 });

  // A run that ended between its last deletion and the rewriting of the chunk has left this.
  await archive.query(
    `INSERT INTO point (series, ts, value)
     SELECT -1, to_timestamp($1::float8 + n / 10.0), n FROM generate_series(0, 39999) n`,
    [noon(40)],
  );
  await archive.query('DELETE FROM point WHERE series = -1');
  await archive.query(`COMMENT ON TABLE ${chunk} IS '40000 rows deleted by retention'`);
  const loose = await size();
  await run(...rules);
  expect(await size()).toBeLessThan(loose / 10);

  expect(await run(['*', '*', '*', '30'])).toMatchObject({ chunksDropped: 1, chunksCleaned: 0 });
  expect(await chunkAt('point', noon(40))).toBeUndefined();
  expect(await times(kept, 'packet-count-sent')).toEqual([]);
});

test.each([
  ['reads', (): string => archive.databaseUrl, 'SELECT'],
  ['writes to another database', (): string => inject('postgresUrl'), 'SELECT pg_current_xact_id()'],
])('an older transaction that %s does not keep the disk space of deleted rows', async (_, url, statement) => {
  const uri = await register(archive, 'throughput');
  await postPoint(archive, uri, 'throughput', { ts: noon(40), val: 1 }).expect(201);
  await archive.query(`INSERT INTO point (series, ts, value)
    SELECT series, ts + make_interval(secs => n / 10.0), n FROM point, generate_series(1, 49999) n`);
  const kept = await register(archive, 'packet-count-sent');
  await postPoint(archive, kept, 'packet-count-sent', { ts: noon(40), val: 1 }).expect(201);
  const chunk = (await chunkAt('point', noon(40)))!;
  const size = async (): Promise<number> =>
    Number((await archive.query('SELECT pg_total_relation_size($1::regclass) AS size', [chunk]))[0]!.size);
  const before = await size();
  const other = new pg.Client(url());
  await other.connect();
  try {
    await other.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await other.query(statement);
    const running = run(['*', '*', '*', '30'], ['packet-count-sent', '*', '*', 'never']);
    // It has deleted the rows, and goes on as soon as nobody sees them.
    await vi.waitFor(
      async () => {
        expect(await count('point')).toBe(1);
      },
      { timeout: 10_000 },
    );
    await sleep(300);
    await other.query('COMMIT');
    await running;
  } finally {
    await other.end();
  }
  expect(await size()).toBeLessThan(before / 10);
});

test('a dropped chunk is made again when a point of another series comes for it', async () => {
  const other = await archive.another();
  try {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', { ts: noon(40), val: 1 }).expect(201);
    await postPoint(other, uri, 'throughput', { ts: noon(40) + 1, val: 1 }).expect(201);
    expect(await run(['*', '*', '*', '30'])).toMatchObject({ chunksDropped: 1 + emptyChunks() });
    const later = await register(archive, 'throughput', 'ntp-offset');
    await postPoint(archive, later, 'throughput', { ts: noon(40), val: 1 }).expect(201);
    await postPoint(other, later, 'ntp-offset', { ts: noon(40), val: 1 }).expect(201);
    expect(await times(later, 'throughput')).toEqual([noon(40)]);
    expect(await times(later, 'ntp-offset')).toEqual([noon(40)]);
  } finally {
    await other.close();
  }
});

test('bins stay as long as the longest policy on their window, and each summary hides its own', async () => {
  const uri = await register(archive, summarized('throughput', ['average', HOUR], ['aggregation', HOUR]));
  for (const days of [100, 40, 5]) await putPoints(archive, uri, 'throughput', minutes(days, 2)).expect(201);
  const report = await run(['*', 'average', '*', '30'], ['*', 'aggregation', '*', '60']);
  const begins = async (path: string): Promise<unknown[]> => (await readSummary(uri, path)).map(({ ts }) => ts);
  expect(await begins(`throughput/averages/${HOUR}`)).toEqual([noon(5)]);
  expect(await begins(`throughput/aggregations/${HOUR}`)).toEqual([noon(40), noon(5)]);
  expect(await count('rollup')).toBe(2);
  expect(await times(uri, 'throughput')).toHaveLength(6);
  expect(report.policies.map(({ policy, removed }) => [policy, removed.bins.rows])).toEqual([
    ['* average *: 30 days', 0],
    ['* aggregation *: 60 days', 1],
  ]);
  // A late point for a bin that has left: the base takes it, no summary shows a part of a bin.
  await postPoint(archive, uri, 'throughput', { ts: noon(100) + 7, val: 5 }).expect(201);
  expect(await times(uri, 'throughput')).toHaveLength(7);
  expect(await begins(`throughput/aggregations/${HOUR}`)).toEqual([noon(40), noon(5)]);
  const { body } = await archive.http.get(uri).expect(200);
  const { url: _url, uri: _uri, 'metadata-key': _key, ...fields } = body;
  const more = { ...fields, 'event-types': [summarized('throughput', ['statistics', HOUR])] };
  await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(more).expect(201);
  expect(await begins(`throughput/statistics/${HOUR}`)).toEqual([noon(40), noon(5)]);
  await run(['*', 'average', '*', '30']);
  expect(await count('rollup')).toBe(2);
});

test('what has left is no difference to `verify`, and a deletion does not take it out of summaries', async () => {
  const uri = await register(
    archive,
    summarized('throughput', ['aggregation', HOUR], ['aggregation', 20 * DAY]),
    summarized('ntp-offset', ['average', HOUR], ['average', 20 * DAY]),
  );
  for (const type of ['throughput', 'ntp-offset'])
    for (const days of [50, 40, 31, 29, 5]) await putPoints(archive, uri, type, minutes(days, 3)).expect(201);
  await run(['throughput', 'base', '*', '30'], ['ntp-offset', 'average', '*', '30']);
  const check = archive.app.get(RollupCheck);
  const differences = async (): Promise<unknown[]> =>
    (await Promise.all((await check.windows()).map((window) => check.check(window, false)))).flat();
  expect(await differences()).toEqual([]);
  const path = `throughput/aggregations/${20 * DAY}`;
  const sum = async (): Promise<number> =>
    (await readSummary(uri, path)).reduce((total, { val }) => total + Number(val), 0);
  expect(await sum()).toBe(5 * 6);
  // As a run leaves it that was cut off: the cut-off is recorded, and the rows are still there.
  await archive.query(`INSERT INTO point (series, ts, value) SELECT id, to_timestamp($1), 1 FROM series
                       WHERE event_type = 'throughput'`, [noon(29) - 2 * DAY]); // prettier-ignore
  const admin = await archive.issueKey('admin');
  await archive.http.delete(`${uri}throughput/base?time-start=0&time-end=${noon(20)}`).set('authorization', admin);
  expect(await sum()).toBe(4 * 6);
  expect(await differences()).toEqual([]);
});

/** One bin from 1970 to 2286, in which every cut-off falls. */
const EON = 10_000_000_000;

/** Whatever `verify` finds, as window and difference. */
async function verified(repair = false): Promise<[window: number, what: string][]> {
  const check = archive.app.get(RollupCheck);
  const found: [number, string][] = [];
  for (const window of await check.windows())
    for (const { what } of await check.check(window, repair)) found.push([window.window, what]);
  return found;
}

const EON_PATHS = ['aggregations', 'averages', 'statistics'].map((type) => `throughput/${type}/${EON}`);

async function eon(): Promise<{ uri: string; admin: string; readings: () => Promise<unknown[]> }> {
  const types = ['aggregation', 'average', 'statistics'] as const;
  const uri = await register(archive, summarized('throughput', ...types.map((type): [string, number] => [type, EON])));
  const readings = async (): Promise<unknown[]> =>
    (await Promise.all(EON_PATHS.map((path) => readSummary(uri, path)))).map((bins) => bins.map(({ val }) => val));
  return { uri, admin: await archive.issueKey('admin'), readings };
}

test('a deletion in the bin with the cut-off computes it anew where no point of it has left', async () => {
  const { uri, admin, readings } = await eon();
  const remove = (query: string) =>
    archive.http.delete(`${uri}throughput/base${query}`).set('authorization', admin).expect(200);
  await putPoints(archive, uri, 'throughput', [
    { ts: noon(8), val: 10 },
    { ts: noon(7), val: 20 },
    { ts: noon(6), val: 1000 },
  ]).expect(201);
  await run(['*', 'base', '*', '10']);
  await remove(`?time=${noon(6)}`);
  expect(await readings()).toEqual([[30], [15], [expect.objectContaining({ minimum: 10, maximum: 20, variance: 25 })]]);
  expect(await verified()).toEqual([]);
  await remove('');
  expect(await readings()).toEqual([[], [], []]);
  expect(await count('rollup')).toBe(0);
  await postPoint(archive, uri, 'throughput', { ts: noon(5), val: 50 }).expect(201);
  expect(await readings()).toMatchObject([[50], [50], [{ minimum: 50, maximum: 50, median: 50 }]]);
  expect(await verified()).toEqual([]);
});

test('a number that replaces another one in a bin that has lost points changes its extremes, as far as the others tell', async () => {
  const { auth, http } = archive;
  const send = (lines: string) =>
    http.post('/write?db=lossy&precision=s').set('authorization', auth).send(lines).expect(204);
  await http
    .put('/api/v1/databases/lossy')
    .set('authorization', await archive.issueKey('admin'))
    .send({ summaries: [{ 'summary-type': 'statistics', 'summary-window': EON }] });
  await send(`m v=500 ${noon(40)}\nm v=7 ${noon(39)}\nm v=10 ${noon(8)}\nm v=3 ${noon(6)}\nm v=1000 ${noon(5)}`);
  await run(['*', 'base', '*', '10']);
  const extremes = async (): Promise<[min: number, max: number]> => {
    const [{ uri }] = (await http.get(`${ARCHIVE}?database=lossy`).expect(200)).body;
    const [bin] = await readSummary(uri, `v/statistics/${EON}`);
    const { minimum, maximum } = bin!.val as Record<string, number>;
    return [minimum!, maximum!];
  };
  expect(await extremes()).toEqual([3, 1000]);
  await send(`m v=11 ${noon(6)}\nm v=12 ${noon(5)}`);
  const [min, max] = await extremes();
  expect(Math.abs(min - 7)).toBeLessThan(0.07);
  expect(Math.abs(max - 500)).toBeLessThan(5);
  expect(await verified()).toEqual([]);
  await send(`m v=2 ${noon(6)}`);
  expect(await extremes()).toEqual([2, max]);
});

test('a deletion in a bin that has lost points takes its extremes away, as far as the others tell', async () => {
  const { uri, admin, readings } = await eon();
  await putPoints(archive, uri, 'throughput', [
    { ts: noon(40), val: 500 },
    { ts: noon(39), val: 7 },
    { ts: noon(8), val: 10 },
    { ts: noon(7), val: 499 },
    { ts: noon(6), val: 3 },
    { ts: noon(5), val: 1000 },
  ]).expect(201);
  await run(['*', 'base', '*', '10']);
  const extremes = async (): Promise<[min: number, max: number]> => {
    const [, , [statistics]] = (await readings()) as [unknown, unknown, [Record<string, number>]];
    return [statistics.minimum!, statistics.maximum!];
  };
  expect(await extremes()).toEqual([3, 1000]);
  const remove = (day: number) =>
    archive.http
      .delete(`${uri}throughput/base?time=${noon(day)}`)
      .set('authorization', admin)
      .expect(200);
  await remove(6);
  await remove(5);
  const [min, max] = await extremes();
  expect(Math.abs(min - 7)).toBeLessThan(0.07);
  expect(Math.abs(max - 500)).toBeLessThan(5);
  expect(await verified()).toEqual([]);
  // What a deletion of an earlier version has left.
  await archive.query('UPDATE rollup SET min = 3, max = 1000');
  expect(await verified(true)).toEqual([[EON, 'extremes']]);
  expect(await extremes()).toEqual([min, max]);
  await remove(7);
  await remove(8);
  expect(await readings()).toMatchObject([[507], [253.5], [{ mean: 253.5 }]]);
  expect(await verified()).toEqual([]);
});

test('a deletion in a bin that has lost points takes its values out of quantiles, distributions and categories', async () => {
  const uri = await register(
    archive,
    summarized('throughput', ['quantiles', EON], ['distribution', EON], ['statistics', EON]),
    summarized('event', ['categories', EON]),
  );
  const admin = await archive.issueKey('admin');
  const days = [40, 39, 8, 7, 6];
  const values = [500, 7, 10, 500, 3];
  await putPoints(
    archive,
    uri,
    'throughput',
    days.map((day, index) => ({ ts: noon(day), val: values[index] })),
  ).expect(201);
  await putPoints(
    archive,
    uri,
    'event',
    days.map((day, index) => ({ ts: noon(day), val: `code ${values[index]}` })),
  ).expect(201);
  await run(['*', 'base', '*', '10']);
  for (const type of ['throughput', 'event'])
    for (const day of [7, 6])
      await archive.http
        .delete(`${uri}${type}/base?time=${noon(day)}`)
        .set('authorization', admin)
        .expect(200);
  const value = async (path: string): Promise<unknown> => (await readSummary(uri, `${path}/${EON}`))[0]?.val;
  expect(await value('throughput/quantiles')).toMatchObject({ q0: 7, q50: 10, q100: 500, sum: 517, cnt: 3 });
  expect(await value('throughput/distributions')).toEqual([
    { l: 0, r: 10, cnt: 1 },
    { l: 10, r: 20, cnt: 1 },
    { l: 500, r: 510, cnt: 1 },
  ]);
  // Exact, since the values are kept.
  expect(await value('throughput/statistics')).toMatchObject({ minimum: 7, maximum: 500 });
  expect(await value('event/categories')).toEqual({ 'code 10': 1, 'code 500': 1, 'code 7': 1 });
  expect(await verified()).toEqual([]);
});

test('`verify` finds bins without points, in whatever bins retention was at work, and readers do not show them', async () => {
  const { uri, readings } = await eon();
  await postPoint(archive, uri, 'throughput', { ts: noon(5), val: 1 }).expect(201);
  await run(['*', 'base', '*', '10']);
  const key = uri.split('/').at(-2);
  const empty = (window: number, time: number) =>
    archive.query(
      `INSERT INTO rollup SELECT s.id, $2, to_timestamp($3), 0, 0, 0, 5, 9, NULL, '{}'
       FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1
       ON CONFLICT ON CONSTRAINT rollup_pkey DO UPDATE SET count = 0, sum = 0, sum_of_squares = 0, histogram = '{}'`,
      [key, window, time],
    );
  await empty(EON, 0);
  expect(await readings()).toEqual([[0], [], []]);
  expect(await verified(true)).toEqual([[EON, 'count']]);
  expect(await readings()).toMatchObject([[1], [1], [{ minimum: 1, maximum: 1 }]]);
  await empty(EON, -EON);
  expect(await verified(true)).toEqual([[EON, 'without points']]);
  expect(await verified()).toEqual([]);
});

test('a deletion before the first step of filling leaves no bin without points', async () => {
  const { uri, admin, readings } = await eon();
  await putPoints(archive, uri, 'throughput', [
    { ts: noon(8), val: 10 },
    { ts: noon(7), val: 20 },
  ]).expect(201);
  // As registering the summaries late leaves it.
  await archive.query('DELETE FROM rollup');
  await run(['*', 'base', '*', '10']);
  await archive.query(`INSERT INTO back_fill SELECT id, ${EON}, '-infinity', true FROM series`);
  await archive.http.delete(`${uri}throughput/base`).set('authorization', admin).expect(200);
  expect(await count('rollup')).toBe(0);
  await archive.app.get(BackFill).run({ series: await idOf(uri), window: EON });
  expect(await readings()).toEqual([[], [], []]);
  expect(await verified()).toEqual([]);
});

test('statistics that are asked for late are filled into the bin with the cut-off where no point of it has left', async () => {
  const uri = await register(archive, summarized('throughput', ['average', EON]));
  await putPoints(archive, uri, 'throughput', minutes(5, 3)).expect(201);
  await run(['*', 'base', '*', '10']);
  const { body } = await archive.http.get(uri).expect(200);
  const { url: _url, uri: _uri, 'metadata-key': _key, ...fields } = body;
  const more = { ...fields, 'event-types': [summarized('throughput', ['statistics', EON])] };
  await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(more).expect(201);
  expect(await readSummary(uri, `throughput/statistics/${EON}`)).toMatchObject([{ val: { minimum: 1, maximum: 3 } }]);
});

async function idOf(uri: string): Promise<number> {
  const key = uri.split('/').at(-2);
  const text = 'SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1';
  return (await archive.query<{ id: number }>(text, [key]))[0]!.id;
}

test('a summary that is still being filled takes its points before they leave', async () => {
  const uri = await register(archive, 'throughput');
  await putPoints(archive, uri, 'throughput', minutes(40, 3)).expect(201);
  await archive.query(`INSERT INTO summary (series, type, window_seconds) SELECT id, 'aggregation', 3600 FROM series`);
  await archive.query(`INSERT INTO back_fill SELECT id, 3600, '-infinity', true FROM series`);
  await archive.query(`UPDATE series SET version = version + 1`);
  await run(['*', 'base', '*', '30']);
  expect(await times(uri, 'throughput')).toEqual([]);
  expect(await readSummary(uri, `throughput/aggregations/${HOUR}`)).toEqual([{ ts: noon(40), val: 6 }]);
});

test('"0" takes all there is up to now, "never" and no policy keep all', async () => {
  const uri = await register(archive, 'throughput', 'ntp-offset', 'packet-count-sent');
  const now = Math.floor(Date.now() / 1000);
  const ages = [-2 * DAY, 0, DAY, 5000 * DAY];
  for (const type of ['throughput', 'ntp-offset', 'packet-count-sent'])
    for (const seconds of ages) await postPoint(archive, uri, type, { ts: now - seconds, val: 1 }).expect(201);
  await run(['throughput', '*', '*', '0'], ['ntp-offset', '*', '*', 'never']);
  expect(await times(uri, 'throughput')).toEqual([now + 2 * DAY]);
  expect(await times(uri, 'ntp-offset')).toHaveLength(4);
  expect(await times(uri, 'packet-count-sent')).toHaveLength(4);
  await archive.http.get(uri).expect(200);
});

test('a cut-off never moves back', async () => {
  const uri = await register(archive, 'throughput');
  await postPoint(archive, uri, 'throughput', { ts: noon(40), val: 1 }).expect(201);
  await run(['*', '*', '*', '30']);
  await run(['*', '*', '*', '365']);
  await run(['*', '*', '*', 'never']);
  await postPoint(archive, uri, 'throughput', { ts: noon(40), val: 1 }).expect(201);
  expect(await times(uri, 'throughput')).toEqual([]);
});

test('§10.3 a metadata goes with its last data, but not with "never" data, nor when it is new or in use', async () => {
  const summary = summarized('throughput', ['average', DAY]);
  const gone = await register(archive, summary, 'failures');
  const neverUsed = await register(archive, summary, 'failures');
  const inUse = await register(archive, 'throughput', 'failures');
  const fresh = await register(archive, 'throughput', 'failures');
  const withSummary = await register(archive, summarized('ntp-offset', ['average', DAY]));
  const withNever = await register(archive, 'throughput', 'packet-trace');
  for (const uri of [gone, inUse, fresh, withNever])
    await postPoint(archive, uri, 'throughput', { ts: noon(100), val: 1 }).expect(201);
  await postPoint(archive, withSummary, 'ntp-offset', { ts: noon(100), val: 1 }).expect(201);
  for (const uri of [gone, neverUsed, inUse, withSummary, withNever]) await age(uri, 90, 80);
  await age(fresh, 10, 80);
  await postPoint(archive, inUse, 'failures', { ts: noon(100), val: { error: 'x' } }).expect(201);
  const report = await run(
    ['*', '*', '*', '30'],
    ['ntp-offset', 'average', '*', '365'],
    ['packet-trace', '*', '*', 'never'],
  );
  for (const uri of [gone, neverUsed]) await archive.http.get(uri).expect(404);
  for (const uri of [inUse, fresh, withSummary, withNever]) await archive.http.get(uri).expect(200);
  expect(report.metadata).toBe(2);
  expect(await readSummary(withSummary, `ntp-offset/averages/${DAY}`)).toHaveLength(1);
  await postPoint(archive, gone, 'throughput', { ts: noon(1), val: 1 }).expect(404);
});

test('§10.3 an event type without a policy keeps its metadata', async () => {
  const uri = await register(archive, 'throughput', 'failures');
  await postPoint(archive, uri, 'throughput', { ts: noon(100), val: 1 }).expect(201);
  await age(uri, 90, 80);
  expect((await run(['throughput', '*', '*', '30'])).metadata).toBe(0);
  await archive.http.get(uri).expect(200);
  expect((await run(['*', '*', '*', '30'])).metadata).toBe(1);
  await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(newMetadata()).expect(201);
});

test('a policy for a database takes its points only, keeps their bins, and frees the metadata it empties', async () => {
  const series = { measurement: 'm', tags: [], fields: new Map([['throughput', 'float']] as const) };
  const uris: string[] = [];
  for (const name of ['short', 'long']) {
    await archive.http
      .put(`/api/v1/databases/${name}`)
      .set('authorization', archive.auth)
      .send({ summaries: [{ 'summary-type': 'average', 'summary-window': DAY }] })
      .expect(201);
    const by = { username: 'tester', keyId: null, address: null };
    const options = { mayCreate: false, seriesLimit: 10 };
    const [one] = await archive.app.get(FieldSeriesStore).register(name, [series], by, options);
    uris.push(`${ARCHIVE}${one!.metadataKey}/`);
  }
  const [short = '', long = ''] = uris;
  const esmond = await register(archive, 'throughput');
  const all = [short, long, esmond];
  for (const uri of all) await putPoints(archive, uri, 'throughput', minutes(20, 3)).expect(201);
  const ofDatabase = (summary_type: string, expire: string) => ({
    ...{ database: 'short', event_type: '*', summary_type, summary_window: '*', expire },
  });
  const apply = async (...rules: object[]) => {
    const policies = parsePolicies(JSON.stringify({ policies: rules }), 'test');
    return (await archive.app.get(RetentionService).run(policies))!;
  };
  const ofAll = { event_type: 'throughput', summary_type: '*', summary_window: '*', expire: '30' };
  const report = await apply(ofAll, ofDatabase('base', '7'));
  expect(report.policies.map(({ policy, removed }) => [policy, removed.points.rows, removed.bins.rows])).toEqual([
    ['throughput * *: 30 days', 0, 0],
    ['database short, * base *: 7 days', 3, 0],
  ]);
  const left = await Promise.all(all.map((uri) => times(uri, 'throughput')));
  expect(left.map(({ length }) => length)).toEqual([0, 3, 3]);
  expect(await readSummary(short, `throughput/averages/${DAY}`)).toHaveLength(1);
  for (const uri of all) await age(uri, 25, 25);
  expect(await apply(ofDatabase('*', '7'))).toMatchObject({ metadata: 1 });
  await archive.http.get(short).expect(404);
  await archive.http.get(long).expect(200);
});

test.each([true, false])('a stream (raw: %s) stays when its data have left, and knows its rows', async (raw) => {
  const summaries = [['average', 60]] as const;
  const stream = await newStream(archive, { raw, summaries, testStart: noon(100) * 1e6 });
  const points = [0, 30, 60].map((ts): [number, number] => [(noon(100) + ts) * 1e6, ts]);
  await write(archive, [{ stream, row: 0, points }]);
  const uri = `${ARCHIVE}${stream.key}/`;
  await age(uri, 101, 100);

  await run(['metric', 'base', '0', '30']);
  expect(await times(uri, 'metric')).toEqual([]);
  expect((await readSummary(uri, 'metric/averages/60')).map(({ val }) => val)).toEqual([15, 60]);
  expect(await faultsIn(archive)).toEqual([]);

  const report = await run(['*', '*', '*', '30']);
  expect(report.metadata).toBe(0);
  expect(await readSummary(uri, 'metric/averages/60')).toEqual([]);
  expect(await count('rollup')).toBe(0);
  expect(await ledgerOf(archive, stream)).toBe('{[0,3)}');
  expect(await write(archive, [{ stream, row: 0, points }])).toMatchObject([{ stored: 0, repeated: 3 }]);
  expect(await write(archive, [{ stream, row: 3, points }])).toMatchObject([{ stored: 0, expired: 3 }]);
  expect(await readSummary(uri, 'metric/averages/60')).toEqual([]);
});

test('runs beside parallel writes lose nothing from after the cut-off', async () => {
  const uris = await Promise.all(
    Array.from({ length: 4 }, () =>
      register(archive, summarized('throughput', ['aggregation', 10 * DAY]), summarized('ntp-offset', ['average', 0])),
    ),
  );
  // The old points that are kept come into chunks that are dropped again and again.
  const rules: Rule[] = [
    ['*', 'base', '*', '30'],
    ['ntp-offset', '*', '*', 'never'],
  ];
  const writing = new AbortController();
  const runs = (async () => {
    while (!writing.signal.aborted) await run(...rules);
  })();
  const days = [45, 40, 35, 29, 28, 2];
  await Promise.all(
    uris.map(async (uri, number) => {
      for (let round = 0; round < 15; round++)
        for (const day of days) {
          const ts = noon(day) + 60 * round + number;
          await postPoint(archive, uri, 'throughput', { ts, val: 1 }).expect(201);
          if (round > 10) await postPoint(archive, uri, 'ntp-offset', { ts, val: 1 }).expect(201);
        }
    }),
  );
  writing.abort();
  await runs;
  await run(...rules);
  for (const uri of uris) {
    expect(await times(uri, 'throughput')).toHaveLength(45);
    expect(await times(uri, 'ntp-offset')).toHaveLength(24);
    expect(await readSummary(uri, 'ntp-offset/averages/0')).toHaveLength(24);
    const bins = await readSummary(uri, `throughput/aggregations/${10 * DAY}`);
    const sum = bins.reduce((total, { val }) => total + Number(val), 0);
    expect(sum).toBeGreaterThanOrEqual(45);
  }
});

test('a run that was cut off is finished by the next, and two at a time are refused', async () => {
  const uri = await register(archive, 'throughput', 'packet-trace');
  for (const day of [50, 45, 40]) {
    await putPoints(archive, uri, 'throughput', minutes(day, 10)).expect(201);
    await postPoint(archive, uri, 'packet-trace', { ts: noon(day), val: [] }).expect(201);
  }
  const rules: Rule[] = [['throughput', '*', '*', '30']];
  const service = archive.app.get(RetentionService);
  const stop = new AbortController();
  const onProgress = (done: number): void => {
    if (done === 1) stop.abort(new Error('enough'));
  };
  const cut = service.run(policiesOf(...rules), { signal: stop.signal, onProgress });
  await expect(cut).rejects.toThrow('enough');
  // What has left is not shown, whether or not its rows are there.
  expect(await times(uri, 'throughput')).toEqual([]);
  expect(await count('points')).toBeGreaterThan(3);
  const [one, two] = await Promise.all([service.run(policiesOf(...rules)), service.run(policiesOf(...rules))]);
  expect([one, two].filter(Boolean)).toHaveLength(1);
  expect(await count('points')).toBe(3);
});

test('the daily job goes by the file as it is now, and survives a bad one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'marigram-policy-'));
  const file = join(directory, 'policy.json');
  await writeFile(file, textOf(['*', '*', '*', 'never']));
  const server = await startArchive({ RETENTION_POLICY: file });
  try {
    const uri = await register(server, 'throughput');
    await postPoint(server, uri, 'throughput', { ts: noon(40), val: 1 }).expect(201);
    const job = server.app.get(RetentionJob);
    const jobs = server.app.get(JobRunner);
    for (const text of [textOf(['*', '*', '*', 'never']), '{"policies": [7]}', '']) {
      await writeFile(file, text);
      await jobs.run(job);
      expect(await readAll(server, uri, 'throughput')).toHaveLength(1);
    }
    await writeFile(file, textOf(['*', '*', '*', '30']));
    await jobs.run(job);
    expect(await readAll(server, uri, 'throughput')).toEqual([]);
    await writeFile(file, textOf(['*', '*', '*', '-30']));
    await expect(job.check()).rejects.toThrow(/expire must be/);
  } finally {
    await server.close();
    await rm(directory, { recursive: true });
  }
});

describe('packed points', () => {
  /** Points of ten minutes, `before` of them before the cut-off of 30 days and the rest after; no run of a test comes near it. */
  function around(before: number, after: number, valueOf: (index: number) => unknown): WirePoint[] {
    const cutOff = Math.floor(Date.now() / 1000) - 30 * DAY;
    return Array.from({ length: before + after }, (_, index) => ({
      ts: cutOff + 300 + 600 * (index - before),
      val: valueOf(index),
    }));
  }

  test('expire one by one: the segment with the cut-off is cut, the plan counts exactly, summaries read the same', async () => {
    const uri = await register(
      archive,
      summarized('throughput', ['average', HOUR], ['statistics', DAY]),
      summarized('packet-loss-rate', ['aggregation', HOUR]),
      summarized('histogram-rtt', ['aggregation', HOUR]),
      'failures',
    );
    const written = {
      throughput: around(150, 150, (index) => index * 1_000_003),
      'packet-loss-rate': around(150, 150, (index) => ({ numerator: index % 7, denominator: 7 })),
      'histogram-rtt': around(150, 150, (index) => ({ [`${index % 5}.5`]: index })),
      failures: around(150, 150, (index) => ({ error: `no ${index}` })),
    };
    for (const [type, points] of Object.entries(written)) await putPoints(archive, uri, type, points).expect(201);
    // Few of them lie in the first or last day at some hours of ours, and would be loose.
    await packAll(archive);
    // One more on each side, loose within the time of a segment.
    for (const point of [
      { ...written.throughput[140]!, ts: Number(written.throughput[140]!.ts) + 60 },
      { ...written.throughput[160]!, ts: Number(written.throughput[160]!.ts) + 60 },
    ])
      await postPoint(archive, uri, 'throughput', point).expect(201);
    const before = await Promise.all(Object.keys(written).map((type) => readAll(archive, uri, type)));
    const paths = [
      ...[`throughput/averages/${HOUR}`, `throughput/statistics/${DAY}`],
      ...[`packet-loss-rate/aggregations/${HOUR}`, `histogram-rtt/aggregations/${HOUR}`],
    ];
    const summaries = await Promise.all(paths.map((path) => readSummary(uri, path)));
    const rules: Rule[] = [
      ['*', 'base', '*', '30'],
      ['failures', '*', '*', 'never'],
    ];
    const planned = await archive.app.get(RetentionService).plan(policiesOf(...rules));
    expect(planned.policies[0]!.removed.points.rows).toBe(3 * 150 + 1);
    expect(planned.policies[0]!.removed.points.bytes).toBeGreaterThan(3 * 150);
    expect(await Promise.all(Object.keys(written).map((type) => readAll(archive, uri, type)))).toEqual(before);

    const done = await run(...rules);
    expect(done.policies.map(({ removed }) => removed.points.rows)).toEqual([3 * 150 + 1, 0]);
    const rest = await Promise.all(Object.keys(written).map((type) => readAll(archive, uri, type)));
    expect(rest).toEqual(before.map((points, index) => (index === 3 ? points : points.slice(index === 0 ? 151 : 150))));
    expect([await count('points'), await count('point')]).toEqual([3 * 150 + 1 + 300, 1]);
    expect(await Promise.all(paths.map((path) => readSummary(uri, path)))).toEqual(summaries);
    expect(await verified()).toEqual([]);
    expect((await run(...rules)).policies.map(({ removed }) => removed.points.rows)).toEqual([0, 0]);
  });

  test('of a chunk in which a series is kept give their disk back, and the chunk goes when nothing is kept', async () => {
    const uri = await register(archive, 'packet-count-sent', 'ntp-offset');
    await putPoints(archive, uri, 'packet-count-sent', minutes(40, 100)).expect(201);
    for (let part = 0; part < 4; part++) {
      const points = Array.from({ length: 20_000 }, (_, index) => ({
        ts: noon(40) + (20_000 * part + index) / 2,
        val: Math.sin(20_000 * part + index),
      }));
      await putPoints(archive, uri, 'ntp-offset', points).expect(201);
    }
    const chunk = (await chunkAt('segment', noon(40)))!;
    const size = async (): Promise<number> =>
      Number((await archive.query('SELECT pg_total_relation_size($1::regclass) AS size', [chunk]))[0]!.size);
    const before = await size();
    expect(before).toBeGreaterThan(500_000);
    const rules: Rule[] = [
      ['*', '*', '*', '30'],
      ['packet-count-sent', '*', '*', 'never'],
    ];
    const report = await run(...rules);
    expect(report).toMatchObject({ chunksDropped: emptyChunks(), chunksCleaned: 1 });
    expect(report.policies.map(({ removed }) => removed.points.rows)).toEqual([80_000, 0]);
    expect(await readAll(archive, uri, 'packet-count-sent')).toEqual(minutes(40, 100));
    expect(await readAll(archive, uri, 'ntp-offset')).toEqual([]);
    expect(await size()).toBeLessThan(before / 5);
    expect(await run(...rules)).toMatchObject({ chunksDropped: 0, chunksCleaned: 0 });

    expect(await run(['*', '*', '*', '30'])).toMatchObject({ chunksDropped: 1, chunksCleaned: 0 });
    expect(await chunkAt('segment', noon(40))).toBeUndefined();
    expect(await readAll(archive, uri, 'packet-count-sent')).toEqual([]);
    await putPoints(archive, uri, 'ntp-offset', minutes(1, 40)).expect(201);
    expect(await readAll(archive, uri, 'ntp-offset')).toHaveLength(40);
  });
});
