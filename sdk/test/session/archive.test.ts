import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ARCHIVE } from '../../../test/support/archive.js';
import { freePort, type Program, ROOT, Sandbox } from '../../../test/support/process.js';
import { RESPONSE_TIMES } from '../../../test/support/response-times.js';
import { momentsOf, multisetOf, QUANTILE_PERCENTS, quantilesOf, sumsOf } from '../../src/exact/index.js';
import {
  ArchiveBackend,
  type ArchiveOptions,
  type DataSession,
  type Metric,
  type NamedReport,
  runSession,
} from '../../src/session/index.js';
import { startClient, type TestClient } from '../support/client.js';

/** The whole second before the first point of the vectors. */
const START = 1_574_164_720_000_000;
const MANY = '&limit=1000000';

let client: TestClient;
let sandbox: Sandbox;
let dir: string;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());
beforeEach(() => {
  sandbox = new Sandbox();
  dir = mkdtempSync(join(tmpdir(), 'marigram-upload-'));
});
afterEach(async () => {
  await sandbox.dispose();
  rmSync(dir, { recursive: true });
});

/** Runs a session whose points go to an archive. */
async function upload(
  id: string,
  run: (ds: DataSession) => unknown,
  options: Partial<ArchiveOptions> = {},
  testStart = START,
): Promise<NamedReport> {
  const backend = new ArchiveBackend({ url: client.url, ...client.auth, spoolDir: dir, ...options });
  const report = await runSession({ name: id }, { id, testStart }, async (ds) => {
    await run(ds.subscribe(backend));
  });
  return report.backends[0]!;
}

/** What the archive answers below a session. */
async function read<T = unknown>(path: string): Promise<T> {
  return (await client.archive.http.get(`/api/v1/sessions/${path}`).expect(200)).body as T;
}

interface Bin {
  readonly ts: number;
  readonly val: Record<string, number | null>;
}

/** The bins of a stream by their seconds from the start. */
async function bins(stream: string, summary = 'quantiles'): Promise<[number, Bin['val']][]> {
  const { type, 'metadata-key': key } = await read<{ type: string; 'metadata-key': string }>(stream);
  const path = `${ARCHIVE}${key}/${type}/${summary}/1?time-start=0${MANY}`;
  const found = (await client.archive.http.get(path).expect(200)).body as Bin[];
  return found.map(({ ts, val }) => [ts - START / 1e6, val]);
}

describe('points reach the archive', () => {
  test.each([true, false])('and are summed up to the last digit, where points are kept: %s', async (storeRaw) => {
    const id = `vectors-${storeRaw}`;
    let metric!: Metric;
    const report = await upload(
      id,
      async (ds) => {
        metric = ds.newMetric({ name: 'latency' }, { id: 'm', aggregate: true });
        await metric.put(RESPONSE_TIMES);
        const codes = ds.newEvents({}, { id: 'e', aggregate: true, parent: metric, case: 'GET /' });
        await codes.put(RESPONSE_TIMES.map(([ts]) => [ts, '200'] as const));
        await ds.updateJob({ ammo: 'v3' });
        await metric.update({ unit: 'µs' });
        await metric.put(START + 60_000_000, 1);
        await metric.put(START + 999_999, 31_000);
      },
      { storeRaw },
    );
    expect(report).toMatchObject({ status: 'complete', rows: 16, url: `${client.url}/api/v1/sessions/${id}` });
    expect(await read(id)).toMatchObject({ status: 'closed', meta: { ammo: 'v3' }, streams: 2, rows: 16 });
    expect(await read(`${id}/streams/m`)).toMatchObject({ meta: { unit: 'µs' }, raw: storeRaw, received: [[0, 9]] });
    expect(await read(`${id}/streams/e`)).toMatchObject({ parent: 'm', case: 'GET /' });
    expect(await bins(`${id}/streams/m`)).toMatchObject([
      [0, { cnt: 5, sum: 152_009, average: 30401.8, stddev: 468.5239588324166, q50: 30307, q99: 30990.56 }],
      [1, { cnt: 3, sum: 91_537, average: 30512.333333333332, stddev: 456.26783070180755, q95: 30937.6 }],
      [60, { cnt: 1, q0: 1, stddev: null }],
    ]);
    expect(await bins(`${id}/streams/e`, 'categories')).toEqual([
      [0, { 200: 4 }],
      [1, { 200: 3 }],
    ]);
    const points: { ts: number; value: number }[] = await read(`${id}/streams/m/points`);
    const sorted = [
      ...RESPONSE_TIMES.slice(0, 4),
      [START + 999_999, 31_000],
      ...RESPONSE_TIMES.slice(4),
      [START + 60_000_000, 1],
    ];
    expect(points.map(({ ts, value }) => [ts, value])).toEqual(storeRaw ? sorted : []);
    expect(readdirSync(dir)).toEqual([]);
  });

  test('later, with the same bins, where it was away for the whole test', async () => {
    const run = async (ds: DataSession): Promise<void> => {
      const metric = ds.newMetric({}, { id: 'm', aggregate: true });
      for (let i = 0; i < 20; i++)
        await metric.put({
          ts: Array.from({ length: 100 }, (_, j) => START + (i * 100 + j) * 1000),
          value: rowsFrom(i),
        });
    };
    const rowsFrom = (i: number): number[] => Array.from({ length: 100 }, (_, j) => ((i * 100 + j) * 7919) % 5000);
    await upload('undisturbed', run);
    const url = `http://127.0.0.1:${await freePort()}`;
    const backend = new ArchiveBackend({ url, spoolDir: dir, backoffMs: 5, onProblem: () => undefined });
    const { backends } = await runSession({}, { id: 'away', testStart: START }, async (ds) => {
      ds.subscribe(backend);
      await run(ds);
      expect(await ds.close({ timeoutMs: 50 })).toMatchObject({ backends: [{ status: 'spooled' }] });
    });
    expect(backends).toMatchObject([{ status: 'spooled', rows: 0, pending: 2000 }]);
    const reports = await ArchiveBackend.resume(dir, { url: client.url, ...client.auth });
    expect(reports).toMatchObject([{ session: 'away', status: 'complete', rows: 2000, isEnded: true }]);
    expect(await bins('away/streams/m')).toEqual(await bins('undisturbed/streams/m'));
    expect(await bins('away/streams/m')).toHaveLength(2);
    expect(await read('away')).toMatchObject({ status: 'closed' });
  });
});

/** Starts the program that puts rows. */
function launchUploader(url: string, session: string, rows: number): Program {
  const script = join(ROOT, 'sdk/test/session/uploader.mjs');
  const args = [url, client.auth.apiKey, session, dir, String(START), String(rows)];
  return sandbox.launch([process.execPath, script, ...args], {});
}

/** How many rows a program has said that it put. */
const putBy = ({ stdout }: Program): number => Number(/.*^put (\d+)$/ms.exec(stdout)?.[1] ?? 0);

/** Each stream of a session has its rows once, and its bins are the formulas over them. */
async function checkRows(session: string, leastRows: number): Promise<void> {
  const streams: { stream: string; rows: number; received: number[][] }[] = await read(`${session}/streams`);
  expect(streams.map(({ stream }) => stream).sort()).toEqual(['codes', 'kept', 'summed']);
  for (const { stream, rows, received } of streams) {
    expect(rows).toBeGreaterThanOrEqual(leastRows);
    expect(received).toEqual([[0, rows]]);
    const numbers = Array.from({ length: rows }, (_, n) => n);
    if (stream !== 'summed') {
      const points: { ts: number; row: number }[] = await read(
        `${session}/streams/${stream}/points?time=relative${MANY}`,
      );
      expect(points.map(({ ts, row }) => [ts, row])).toEqual(numbers.map((n) => [n * 1000, n]));
    }
    const seconds = Array.from({ length: Math.ceil(rows / 1000) }, (_, second) =>
      numbers.slice(second * 1000, second * 1000 + 1000),
    );
    if (stream === 'codes') {
      const counts = seconds.map((second) => second.filter((n) => n % 10 === 0).length);
      const categories = (await bins(`${session}/streams/codes`, 'categories')).map(([, val]) => val['502']);
      expect(categories).toEqual(counts);
    } else {
      const oracle = seconds.map((second) => {
        const multiset = multisetOf(second.map((n) => (n * 7919) % 5000));
        const quantiles = Object.fromEntries(quantilesOf(multiset).map((q, i) => [`q${QUANTILE_PERCENTS[i]}`, q]));
        return { ...quantiles, ...momentsOf(sumsOf(multiset)) };
      });
      expect((await bins(`${session}/streams/${stream}`)).map(([, val]) => val)).toEqual(oracle);
    }
  }
}

/** How often each kill is tried: enough to meet most moments over some runs, few enough for each of them. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 3);

describe('each row counts once, and none that was put is lost,', () => {
  test('though the process that puts them is killed', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const session = `killed-${round}`;
      const program = launchUploader(client.url, session, 1e9);
      await program.line(/^put/);
      await sleep(100 + Math.random() * 400);
      program.signal('SIGKILL');
      await program.ended;
      const options = { url: client.url, ...client.auth, unfinished: 'interrupt' } as const;
      const [report] = await ArchiveBackend.resume(dir, options);
      expect(report).toMatchObject({ session, status: 'complete', pending: 0, refused: 0 });
      await checkRows(session, putBy(program));
      expect(await read(session)).toMatchObject({ status: 'interrupted' });
    }
  });

  test('though the server is killed again and again', async () => {
    const env = { DATABASE_URL: client.archive.databaseUrl, LOG_LEVEL: 'silent', PORT: await freePort() };
    let server = await sandbox.start(env);
    const program = launchUploader(server.origin, 'server-killed', 100_000);
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(200 + Math.random() * 300);
      server.program.signal('SIGKILL');
      await server.program.ended;
      server = await sandbox.start(env);
    }
    await program.line(/^closed complete/);
    await checkRows('server-killed', 100_000);
  });
});
