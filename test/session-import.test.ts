import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataSession, LocalStorageBackend } from 'marigram-client/session';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { type Ending, MARIGRAM, Sandbox } from './support/process.js';
import { SESSIONS } from './support/sessions.js';

const START = 1574164720000000;

const POINTS = {
  ts: [249248, 450572, 649228, 849529],
  value: [30021, 30764, 29917, 30307],
};

const sandbox = new Sandbox();
let archive: TestArchive;
let logs: string;

beforeAll(async () => {
  archive = await startArchive();
  logs = sandbox.directory();
});
afterAll(async () => {
  await sandbox.dispose();
  await archive.close();
});

/** Runs the command line beside the server. */
async function session(...args: string[]): Promise<Ending> {
  const env = { DATABASE_URL: archive.databaseUrl, MARIGRAM_URL: await archive.app.getUrl(), LOG_LEVEL: 'silent' };
  return sandbox.run([...MARIGRAM, 'session', ...args], env);
}

async function shown(id: string): Promise<unknown> {
  return JSON.parse((await session('show', id, '-o', 'json')).stdout);
}

async function read(path: string): Promise<unknown> {
  return (await archive.http.get(`${SESSIONS}/${path}`).expect(200)).body;
}

test('a folder of the SDK gives the same session again, and twice the same one', async () => {
  const local = await dataSession({ name: 'local', ammo: 3 }, { id: 'local', testStart: START, time: 'relative' });
  local.subscribe(new LocalStorageBackend({ dir: logs }));
  const latency = local.newMetric({ name: 'latency', unit: 'µs' }, { id: 'latency', aggregate: true, case: 'GET /' });
  const child = { parent: latency, raw: false, aggregate: true };
  void latency.put(POINTS);
  void local.newMetric({ name: 'sums' }, { ...child, id: 'a-sums' }).put(POINTS);
  void local.newEvents({ name: 'codes' }, { ...child, id: 'a-codes' }).put([
    [0, 'a\t"b"\nc'],
    [5, '200'],
    [9, '200'],
  ]);
  await local.newEvents({ name: 'texts' }, { id: 'texts' }).put([
    [3, 'a\t"b"\nc'],
    [2, ''],
  ]);
  await local.close({ testEnd: 3_000_000 });

  const dry = await session('import', join(logs, 'local'), '--dry-run');
  expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('latency: 4 points, seconds are computed')]);
  const first = await session('import', join(logs, 'local'));
  expect([first.code, first.stderr, first.stdout.split('\n')]).toEqual([
    ...[0, ''],
    [
      'latency: 4 points, 4 stored, 0 there already, seconds are computed from the points',
      'a-sums: 1 seconds without points, 2 values stored, 0 there already',
      'texts: 2 points, 2 stored, 0 there already',
      'a-codes: 1 seconds without points, 1 values stored, 0 there already',
      ...['Session local is imported.', ''],
    ],
  ]);
  const again = await session('import', join(logs, 'local'));
  expect(again.stdout).toMatch(/latency: 4 points, 0 stored, 4 there[^]*a-sums: [^]*0 values stored, 2 there/);

  expect(await shown('local')).toMatchObject({
    ...{ name: 'local', status: 'closed', duration: 3_000_000, rows: 6, meta: { ammo: 3 } },
    streams: [
      { stream: 'latency', case: 'GET /', raw: true, meta: { unit: 'µs' }, quantiles: { q95: 30695.45 } },
      { stream: 'a-sums', raw: false },
      { stream: 'texts', aggregate: false },
      { stream: 'a-codes', parent: 'latency', raw: false },
    ],
  });
  for (const kind of ['quantiles', 'distributions'])
    expect(await read(`local/streams/a-sums/${kind}/1`)).toEqual(await read(`local/streams/latency/${kind}/1`));
  expect(await read('local/streams/a-codes/categories/1')).toEqual([
    { ts: START, value: { '200': 2, 'a\t"b"\nc': 1 } },
  ]);
  expect(await read('local/compare/local')).toMatchObject({
    metrics: [
      { name: 'latency', figures: { q95: { base: 30695.45 } }, d: 0 },
      { name: 'sums', figures: { cnt: { base: 4 }, q95: { base: 30695.45, other: 30695.45 } }, d: null },
    ],
    events: [{ name: 'codes', categories: [{ category: '200', base: { cnt: 2 } }, { category: 'a\t"b"\nc' }] }],
  });
  expect(await read('local/streams/texts/points?time=relative')).toEqual([
    ...[
      { ts: 2, value: '', row: 1 },
      { ts: 3, value: 'a\t"b"\nc', row: 0 },
    ],
  ]);
});

test('a folder of netort that a crash has left needs a start; bad lines are left out, and late seconds merged', async () => {
  const folder = join(logs, 'crashed');
  mkdirSync(folder);
  const row =
    '29917.0\t29948.2\t29995.0\t30164.0\t30421.25\t30489.8\t30558.35\t30626.9\t30695.45\t30736.58\t30750.29\t30764.0';
  const late = Array(12).fill('31000.0').join('\t');
  const files = {
    metrics_raw: 'TypeTimeSeries\n0\t1.5\n5\tnan\nx\t2\n7\t2\t3\n8\t1e3\n9\t1',
    aggregates_sums:
      `TypeQuantiles\n0\t${row}\t30252.25\t378.92600421014475\t121009.0\t4\n` +
      `1\t${late}\t31000.0\t\t31000.0\t1\n0\t${late}\t31000.0\t\t31000.0\t1\n`,
  };
  for (const [name, [type, ...lines]] of Object.entries(files).map(([key, text]) => [key, text.split('\n')] as const))
    writeFileSync(join(folder, `${name}.data`), [JSON.stringify({ type, meta: { name } }), ...lines].join('\n'));
  expect((await session('import', folder)).stderr).toContain('does not tell when the test began: say it with --start.');
  const { code, stdout, stderr } = await session(
    'import',
    folder,
    '--start',
    '2019-11-19T11:58:40',
    '--aggregate',
    '--id',
    'netort',
  );
  expect([code, stderr.split('\n')]).toEqual([
    1,
    [
      'metrics_raw.data, line 4: ts: expected a number, got "x"',
      'metrics_raw.data, line 5: expected 2 fields, got 3',
      ...['metrics_raw.data, line 7: the line is cut off', ''],
    ],
  ]);
  expect(stdout).toContain('raw: 2 points, 2 stored, 0 there already, 1 lines without a value left out, 3 bad lines');
  expect(stdout).toContain('sums: 2 seconds without points, 2 values stored');
  expect(await shown('netort')).toMatchObject({
    status: 'interrupted',
    streams: [
      {
        stream: 'sums',
        quantiles: { cnt: 6, sum: 183009, average: 30501.5, q100: 31000, within: expect.any(Number) },
      },
      { stream: 'raw', name: 'metrics_raw', quantiles: { q100: 1000, cnt: 2 } },
    ],
  });
  expect(await read('netort/streams/sums/quantiles/1')).toMatchObject([
    { ts: START, value: { cnt: 5, average: 30401.8, stddev: 468.5239588324166, q100: 31000 } },
    { ts: START + 1_000_000, value: { cnt: 1, stddev: null } },
  ]);
});
