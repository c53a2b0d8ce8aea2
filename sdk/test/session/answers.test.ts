import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  ArchiveBackend,
  type ArchiveOptions,
  type DataSession,
  dataSession,
  type Metric,
  type NamedReport,
} from '../../src/session/index.js';
import { type Answer, type Call, RefusingArchive } from './refusing-archive.js';

const START = 1_574_164_720_000_000;

let dir: string;
let archive: RefusingArchive | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'marigram-answers-'));
});
afterEach(async () => {
  await archive?.close();
  rmSync(dir, { recursive: true });
});

const problems: string[] = [];

/** Opens a session `s` with a metric `m`, whose archive answers as told. */
async function open(
  decide: (call: Call, earlier: number) => Answer,
  options: Partial<ArchiveOptions> = {},
): Promise<[DataSession, Metric]> {
  archive = await RefusingArchive.start(decide);
  problems.length = 0;
  const backend = new ArchiveBackend({
    url: archive.url,
    apiKey: 'secret',
    spoolDir: dir,
    flushMs: 5,
    backoffMs: 5,
    onProblem: (problem) => problems.push(problem.message.replace(archive!.url, '')),
    ...options,
  });
  const ds = (await dataSession({ name: 'A test' }, { id: 's', testStart: START, time: 'relative' })).subscribe(
    backend,
  );
  return [ds, ds.newMetric({ name: 'Voltage' }, { id: 'm' })];
}

const endOf = async (ds: DataSession, timeoutMs = 30_000): Promise<NamedReport> =>
  (await ds.close({ timeoutMs })).backends[0]!;
const paths = (): string[] => archive!.calls.map(({ method, path }) => `${method} ${path}`);
const refused = (): unknown[] =>
  readFileSync(join(dir, 's/refused.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as object), at: '' }));
const isPoints = ({ path }: Call): boolean => path.includes('/points/');

describe('an archive', () => {
  test('is sent the session, its streams, their points and what changes, in that order', async () => {
    const [ds, metric] = await open(() => 'fine', { storeRaw: false });
    const events = ds.newEvents({}, { id: 'e', aggregate: true, parent: metric, case: 'GET /', windows: [1, 60] });
    await metric.put({ ts: [0, 1], value: [1, 2] });
    await events.put([
      [5, '200'],
      [6, 'a\tb'],
    ]);
    await ds.updateJob({ name: 'B', ammo: 3 });
    await metric.update({ unit: 'V' });
    const report = await endOf(ds);
    const url = `${archive!.url}/api/v1/sessions/s`;
    expect(report).toEqual({ name: 'ArchiveBackend', status: 'complete', rows: 4, pending: 0, refused: 0, url });
    const summaries = [1, 60].map((window) => ({ 'summary-type': 'categories', 'summary-window': window }));
    const [points, others] = [archive!.calls.filter(isPoints), archive!.calls.filter((call) => !isPoints(call))];
    expect(points.sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ path, body }) => [path, body])).toEqual([
      ['s/streams/e/points/0', { ts: [START + 5, START + 6], value: ['200', 'a\tb'] }],
      ['s/streams/m/points/0', 2],
    ]);
    expect(others.map(({ method, path, body }) => [`${method} ${path}`, body])).toEqual([
      ['PUT s', { name: 'A test', 'test-start': START, meta: {} }],
      [
        'PUT s/streams/m',
        {
          type: 'metric',
          name: 'Voltage',
          meta: { name: 'Voltage' },
          raw: true,
          aggregate: false,
          parent: null,
          case: null,
        },
      ],
      [
        'PUT s/streams/e',
        { type: 'event', meta: {}, raw: false, aggregate: true, parent: 'm', case: 'GET /', summaries },
      ],
      ['PATCH s', { name: 'B', meta: { ammo: 3 } }],
      ['PATCH s/streams/m', { meta: { unit: 'V' } }],
      ['POST s/close', { 'test-end': START + 6 }],
    ]);
    expect(new Set(archive!.calls.map(({ key }) => key))).toEqual(new Set(['Token secret']));
    expect(readdirSync(dir)).toEqual([]);
  });

  test('is sent few requests for many small puts, and large puts in parts', async () => {
    const [ds, metric] = await open(() => 'fine', { flushMs: 60_000, chunkRows: 1000 });
    for (let i = 0; i < 50; i++) await metric.put(i, i);
    await metric.put({ ts: new Float64Array(2_500), value: new Float64Array(2_500) });
    expect(await endOf(ds)).toMatchObject({ status: 'complete', rows: 2_550 });
    const points = archive!.calls.filter(isPoints);
    expect(points.reduce((sum, { body }) => sum + (body as number), 0)).toBe(2_550);
    expect(points.length).toBeLessThanOrEqual(5);
  });

  test.each([
    ['is away', 'away'],
    ['is overloaded', { status: 503, headers: { 'retry-after': '0' } }],
    ['fails', { status: 500 }],
    ['is behind a page that says 200', { status: 200, body: '<h1>Log in first</h1>' }],
    ['is asked too often', { status: 429 }],
    ['still works on the same request', { status: 409, headers: { 'retry-after': '0' } }],
  ] as const)('that %s is asked again until it takes what it is sent', async (_what, answer) => {
    const [ds, metric] = await open((_call, earlier) => (earlier < 3 ? answer : 'fine'));
    await metric.put(0, 1);
    expect(await endOf(ds)).toMatchObject({ status: 'complete', rows: 1, pending: 0, refused: 0 });
    for (const path of ['PUT s', 'PUT s/streams/m', 'PUT s/streams/m/points/0', 'POST s/close'])
      expect(paths().filter((one) => one === path)).toHaveLength(4);
    // Each trouble is told once.
    expect(problems).toHaveLength(4);
  });

  test('gets a chunk in halves that is too large for it, and no other one', async () => {
    const [ds, metric] = await open(
      (call) => (isPoints(call) && (call.body as number) > 300 ? { status: 413 } : 'fine'),
      { flushMs: 60_000 },
    );
    await metric.put({ ts: new Float64Array(1000), value: new Float64Array(1000) });
    await metric.put({ ts: new Float64Array(200), value: new Float64Array(200) });
    expect(await endOf(ds)).toMatchObject({ status: 'complete', rows: 1200 });
    const taken = archive!.calls.filter((call) => isPoints(call) && (call.body as number) <= 300);
    expect(taken.map(({ path, body }) => [path.split('/').at(-1), body])).toEqual([
      ['0', 300],
      ['300', 300],
      ['600', 300],
      ['900', 300],
    ]);
  });

  test('that refuses points gets the others; the refused ones are kept with the reason', async () => {
    const [ds, metric] = await open(({ path }) =>
      path.endsWith('points/1') ? { status: 422, body: { detail: 'no' } } : 'fine',
    );
    for (let i = 0; i < 3; i++) {
      await metric.put(i, i);
      await expect.poll(() => paths().at(-1)).toBe(`PUT s/streams/m/points/${i}`);
    }
    const report = await endOf(ds);
    expect(report).toMatchObject({ status: 'refused', rows: 2, pending: 0, refused: 1, error: { status: 422 } });
    const reason = `PUT ${archive!.url}/api/v1/sessions/s/streams/m/points/1: 422, no`;
    expect(refused()).toEqual([{ at: '', reason, points: { stream: 'm', row: 1, ts: [START + 1], value: [1] } }]);
    expect(readdirSync(join(dir, 's'))).toEqual(['refused.ndjson']);
  });

  test('that refuses a stream gets no points of it', async () => {
    const [ds, metric] = await open(({ path }) =>
      path === 's/streams/m' ? { status: 409, body: { detail: 'type: it is an event' } } : 'fine',
    );
    await metric.put(0, 1);
    await ds.newEvents({}, { id: 'e' }).put(0, 'a');
    expect(await endOf(ds)).toMatchObject({ status: 'refused', rows: 1, refused: 1, error: { status: 409 } });
    expect(paths().filter((path) => path.includes('points'))).toEqual(['PUT s/streams/e/points/0']);
    expect(refused()).toMatchObject([{ stream: { stream: 'm' } }, { points: { stream: 'm', row: 0 } }]);
  });

  test('that has rows of another client in a stream gets none with the same numbers', async () => {
    const [ds, metric] = await open(({ path }) =>
      path === 's/streams/m' ? { status: 200, body: { 'next-row': 7 } } : 'fine',
    );
    await metric.put(0, 1);
    const report = await endOf(ds);
    expect(report).toMatchObject({ status: 'refused', rows: 0, refused: 1 });
    expect(report.error?.message).toBe('stream m has 7 rows of another client: give this one another id');
  });

  test('that has another session of this id gets nothing into it', async () => {
    const detail = 'session s exists already, with test-start 5';
    const [ds, metric] = await open(({ path }) => (path === 's' ? { status: 409, body: { detail } } : 'fine'));
    await metric.put(0, 1);
    const report = await endOf(ds);
    expect(report).toMatchObject({ status: 'refused', rows: 0, pending: 1, refused: 0, error: { detail } });
    expect(paths()).toEqual(['PUT s']);
    expect(existsSync(join(dir, 's/000001.spool'))).toBe(true);
  });

  test('whose key is refused is asked again later, and that is told', async () => {
    const [ds, metric] = await open(() => ({ status: 401, body: { detail: 'no such key' } }));
    await metric.put(0, 1);
    await expect.poll(() => problems).toEqual(['PUT /api/v1/sessions/s: 401, no such key']);
    expect(await endOf(ds, 10)).toMatchObject({ status: 'spooled', pending: 1, error: { status: 401 } });
  });

  test('that is away to the end gets the session later', async () => {
    const [ds, metric] = await open(() => 'away');
    await metric.put({ ts: [0, 1, 2], value: [1, 2, 3] });
    expect(await endOf(ds, 50)).toMatchObject({ status: 'spooled', rows: 0, pending: 3, refused: 0 });
    const later = await RefusingArchive.start();
    const seen: unknown[] = [];
    const onProgress = (...progress: unknown[]): void => void seen.push(progress);
    const reports = await ArchiveBackend.resume(dir, { url: later.url, onProgress });
    expect(reports).toMatchObject([{ session: 's', isEnded: true, status: 'complete', rows: 3, pending: 0 }]);
    expect(seen.at(-1)).toEqual(['s', 3, 3]);
    expect(later.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT s',
      'PUT s/streams/m',
      'PUT s/streams/m/points/0',
      'POST s/close',
    ]);
    expect(readdirSync(dir)).toEqual([]);
    expect(await ArchiveBackend.resume(dir, { url: later.url })).toEqual([]);
    await later.close();
  });

  test('gets the end of a session whose process did not end it, where that is wished', async () => {
    const [ds, metric] = await open(() => 'away', { retries: 0 });
    await metric.put([
      [0, 1],
      [1, 2],
    ]);
    const later = await RefusingArchive.start();
    const reports = await ArchiveBackend.resume(join(dir, 's'), { url: later.url });
    expect(reports).toMatchObject([{ isEnded: false, status: 'complete', rows: 2 }]);
    expect(later.calls.at(-1)?.path).toBe('s/streams/m/points/0');
    expect(readdirSync(join(dir, 's'))).toEqual(['000001.spool', 'position.json']);
    // Its process is still there, and goes on.
    await metric.put(2, 3);
    const [report] = await ArchiveBackend.resume(dir, { url: later.url, unfinished: 'interrupt' });
    expect(report).toMatchObject({ isEnded: true, status: 'complete', rows: 3, pending: 0 });
    expect(later.calls.slice(-2).map(({ path, body }) => [path, body])).toEqual([
      ['s/streams/m/points/2', 1],
      ['s/interrupt', {}],
    ]);
    expect(readdirSync(dir)).toEqual([]);
    await ds.interrupt({ timeoutMs: 10 });
    await later.close();
  });
});

describe('put', () => {
  test('waits while too much is spooled, until the archive has it', async () => {
    let isAway = true;
    const [ds, metric] = await open(() => (isAway ? 'away' : 'fine'), { spoolBytes: 10_000 });
    const columns = { ts: new Float64Array(1000), value: new Float64Array(1000) };
    let isTaken = false;
    const put = metric.put(columns).then(() => (isTaken = true));
    await expect.poll(() => problems).toHaveLength(1);
    expect(isTaken).toBe(false);
    isAway = false;
    await put;
    expect(await endOf(ds)).toMatchObject({ status: 'complete', rows: 1000 });
  });

  test('does not wait for an archive that is away', async () => {
    const [ds, metric] = await open(() => 'away');
    for (let i = 0; i < 100; i++) await metric.put(i, i);
    expect(await endOf(ds, 10)).toMatchObject({ status: 'spooled', pending: 100 });
  });
});

test('a session is interrupted in the archive, too', async () => {
  const [ds, metric] = await open(() => 'fine');
  await metric.put(0, 1);
  void metric.put(1, 2);
  const { backends } = await ds.interrupt();
  expect(backends).toMatchObject([{ status: 'complete', rows: 1 }]);
  expect(archive!.calls.at(-1)).toMatchObject({ path: 's/interrupt', body: { 'test-end': START } });
});

test('what an earlier run has left is not mixed with a new session', async () => {
  const [first, metric] = await open(() => 'away');
  await metric.put(0, 1);
  await first.close({ timeoutMs: 10 });
  await archive!.close();
  const [second] = await open(() => 'fine');
  const report = await endOf(second);
  expect(report).toMatchObject({ status: 'failed', rows: 0 });
  expect(report.error?.message).toContain('holds records of an earlier run');
});

test('a backend is refused with a URL that is none of HTTP', () => {
  expect(() => new ArchiveBackend({ url: 'localhost' })).toThrow(TypeError);
  expect(() => new ArchiveBackend({ url: 'ftp://localhost' })).toThrow('expected a URL with http: or https:');
});
