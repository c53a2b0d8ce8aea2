import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SegmentCheck } from '../src/storage/points/segment-check.js';
import { SeriesStore } from '../src/storage/registry/series-store.js';
import { ARCHIVE } from './support/archive.js';
import { packAll } from './support/packed.js';
import { send, SESSIONS, START } from './support/sessions.js';
import { again, TwoServers } from './support/two-servers.js';

let archives: TwoServers;
beforeAll(async () => {
  archives = await TwoServers.start({ CHUNK_INTERVAL: '1h' });
});
afterAll(() => archives.close());

/** The stream that a history is about. */
interface Stream {
  /** Under the routes of sessions, and under those of the archive. */
  readonly path: string;
  readonly uri: string;
  readonly key: string;
}

/** Rows that one request brings. */
interface Rows {
  readonly row: number;
  readonly count: number;
}

/** What happens to a stream, one step after the other; all of a step happens at the same time. */
interface Step {
  /** One for each writer, on a server of its own. */
  readonly writes: readonly Rows[];
  /** Alone: what is deleted, in whole seconds since the start of the test. */
  readonly deletes: { readonly from: number; readonly to: number } | undefined;
  readonly packs: boolean;
  readonly crashes: boolean;
}

/** When the point of a row was measured: in order, several at one time, and in any order over some hours. */
const TIMES: Record<string, (row: number) => number> = {
  ordered: (row) => row * 50_000,
  together: (row) => Math.floor(row / 7) * 1_000_000,
  scattered: (row) => ((row * 104_729) % 10_007) * 1_000_003 - 3_600_000_000,
};

const rows = fc.record({ row: fc.nat(300), count: fc.integer({ min: 1, max: 200 }) });
const second = fc.integer({ min: -3600, max: 6400 });
const some = (weight: number): fc.Arbitrary<boolean> => fc.nat(weight).map((roll) => roll === 0);
const write = fc.record({
  writes: fc.array(rows, { minLength: 1, maxLength: 2 }),
  deletes: fc.constant(undefined),
  packs: some(2),
  crashes: some(6),
});
const remove = fc.tuple(fc.oneof(fc.nat(20), second), fc.oneof(fc.nat(20), second)).map(([a, b]) => ({
  writes: [],
  deletes: { from: Math.min(a, b), to: Math.max(a, b) },
  packs: false,
  crashes: false,
}));

const RUNS = 10;

test.each([
  ['metric', true],
  ['metric', false],
  ['event', true],
] as const)(
  'whatever happens to a stream (%s, points kept: %s), each row counts once',
  async (type, raw) => {
    const step: fc.Arbitrary<Step> = raw ? fc.oneof({ weight: 5, arbitrary: write }, remove) : write;
    const history = fc.array(step, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(history, fc.constantFrom(...Object.keys(TIMES)), async (steps, pattern) => {
        const timeOf = (row: number): number => START + (TIMES[pattern]?.(row) ?? 0);
        const valueOf = (row: number): number | string => (type === 'event' ? `ü${row % 5}` : (row * 7919) % 1000);
        const stream = await register(type, raw);
        const taken = new Set<number>();
        const model = new Map<number, { ts: number; value: number | string }>();
        for (const { writes, deletes, packs, crashes } of steps) {
          await Promise.all([
            ...writes.map(({ row, count }, server) => {
              const ofRequest = Array.from({ length: count }, (_, index) => row + index);
              const body = { ts: ofRequest.map(timeOf), value: ofRequest.map(valueOf) };
              const archive = archives.servers[server === 0 ? 0 : 1];
              return archives.change(() => send(archive, 'put', `${stream.path}/points/${row}`, body));
            }),
            packs && Promise.all(archives.servers.map((server) => again(() => packAll(server)))),
            crashes && archives.crash(),
          ]);
          for (const { row, count } of writes)
            for (let next = row; next < row + count; next++) {
              if (!taken.has(next)) model.set(next, { ts: timeOf(next), value: valueOf(next) });
              taken.add(next);
            }
          if (!deletes) continue;
          const [from, to] = [deletes.from, deletes.to].map((seconds) => Math.floor(START / 1e6) + seconds);
          await archives.delete(`${stream.uri}/base`, from!, to!);
          for (const [row, { ts }] of model) if (ts >= from! * 1e6 && Math.floor(ts / 1e6) <= to!) model.delete(row);
        }
        const points = [...model].map(([row, point]) => ({ ...point, row }));
        points.sort((a, b) => a.ts - b.ts || a.row - b.row);
        await expectPoints(stream, raw ? points : []);
        expect(await archives.read(stream.path)).toMatchObject({ received: rangesOf(taken) });
        await expectBins(stream, points, type);
        await expectNoFaults(stream);
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  },
  240_000,
);

async function register(type: 'metric' | 'event', raw: boolean): Promise<Stream> {
  const kind = type === 'event' ? 'categories' : 'quantiles';
  const summaries = [1, 2, 60].map((window) => ({ 'summary-type': kind, 'summary-window': window }));
  const session = `${SESSIONS}/${randomUUID()}`;
  const path = `${session}/streams/s`;
  await archives.change(() => send(archives.first, 'put', session, { 'test-start': START }));
  await archives.change(() => send(archives.first, 'put', path, { type, raw, aggregate: true, summaries }));
  const { 'metadata-key': key } = (await archives.read(path)) as { 'metadata-key': string };
  return { path, key, uri: `${ARCHIVE}${key}/${type}` };
}

interface StreamPoint {
  readonly ts: number;
  readonly value: number | string;
  readonly row: number;
}

async function expectPoints({ path, uri }: Stream, points: readonly StreamPoint[]): Promise<void> {
  expect(await archives.read(`${path}/points`)).toEqual(points);
  expect(await archives.read(`${path}/points?order=desc&limit=50`)).toEqual(points.toReversed().slice(0, 50));
  const [from, to] = [points[Math.floor(points.length / 3)]?.ts, points[Math.floor((2 * points.length) / 3)]?.ts];
  if (from !== undefined && to !== undefined)
    expect(await archives.read(`${path}/points?from=${from}&to=${to}`)).toEqual(
      points.filter(({ ts }) => ts >= from && ts <= to),
    );
  const values = (await archives.read(`${uri}/base?time-start=0&limit=100000`)) as { val: unknown }[];
  expect(values.map(({ val }) => val)).toEqual(points.map(({ value }) => value));
}

/** The bins of all windows are those of points: by the definition, and nothing of the archive's code. */
async function expectBins({ uri }: Stream, points: readonly StreamPoint[], type: 'metric' | 'event'): Promise<void> {
  const kind = type === 'event' ? 'categories' : 'quantiles';
  for (const window of [1, 2, 60]) {
    const bins = new Map<number, (number | string)[]>();
    for (const { ts, value } of points) {
      const begin = START + Math.floor((ts - START) / (window * 1e6)) * window * 1e6;
      bins.set(begin, [...(bins.get(begin) ?? []), value]);
    }
    const found = (await archives.read(`${uri}/${kind}/${window}?time-start=0&limit=100000`)) as BinObject[];
    const expected = [...bins].sort(([a], [b]) => a - b);
    expect(found.map(({ ts, val }) => [Math.round(ts * 1e6), type === 'event' ? val : someOf(val)])).toEqual(
      expected.map(([begin, values]) => [begin, type === 'event' ? countsOf(values) : someQuantiles(values)]),
    );
  }
}

interface BinObject {
  readonly ts: number;
  readonly val: Record<string, number>;
}

function someOf({ cnt, sum, average, q0, q50, q100 }: Record<string, number>): Record<string, number | undefined> {
  return { cnt, sum, average, q0, q50, q100 };
}

function someQuantiles(values: readonly (number | string)[]): Record<string, number | undefined> {
  const sorted = values.map(Number).sort((a, b) => a - b);
  const sum = sorted.reduce((total, value) => total + value, 0);
  const middle = (sorted.length - 1) / 2;
  const q50 = ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
  return { cnt: sorted.length, sum, average: sum / sorted.length, q0: sorted[0], q50, q100: sorted.at(-1) };
}

function countsOf(values: readonly (number | string)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

function rangesOf(taken: ReadonlySet<number>): number[][] {
  const ranges: number[][] = [];
  for (const row of [...taken].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.[1] === row) last[1]++;
    else ranges.push([row, row + 1]);
  }
  return ranges;
}

/** What `marigram verify` would find. */
async function expectNoFaults({ uri, key }: Stream): Promise<void> {
  const { app } = archives.first;
  const series = (await again(() => app.get(SeriesStore).names())).find(({ metadataKey }) => metadataKey === key);
  expect(await again(() => app.get(SegmentCheck).check(series!.id))).toEqual([]);
  await archives.checkSummaries(uri);
}
