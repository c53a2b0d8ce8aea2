import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type StoredValue } from '../src/event-types/data-types.js';
import { putPoints } from './support/builders.js';
import { enqueue } from './support/enqueue.js';
import { packAll } from './support/packed.js';
import { again, TwoServers } from './support/two-servers.js';

let archives: TwoServers;
beforeAll(async () => {
  archives = await TwoServers.start({ CHUNK_INTERVAL: '1h' });
});
afterAll(() => archives.close());

/** What happens to a series, one step after the other; packing and crashes come at the same time as the rest. */
interface Step {
  readonly do: Write | Delete;
  readonly packs: boolean;
  readonly crashes: boolean;
}
interface Write {
  readonly server: 0 | 1;
  readonly times: readonly number[];
  readonly values: readonly unknown[];
  /** The nanoseconds within the microsecond, in turns; without them, points come by HTTP. */
  readonly nanos: readonly number[] | undefined;
}
interface Delete {
  readonly from: number;
  readonly to: number;
}

/** Times over some chunks of an hour. */
const BEGIN = 1_714_550_000;
const time = fc.integer({ min: 0, max: 900 }).map((step) => BEGIN + step * 10);

function steps(value: fc.Arbitrary<unknown>): fc.Arbitrary<Step[]> {
  const values = fc.array(value, { minLength: 5, maxLength: 5 });
  const burst = fc
    .tuple(time, fc.integer({ min: 30, max: 150 }), fc.constantFrom(10, 20, 0.25, 0.000_001, 0))
    .map(([first, count, gap]) => Array.from({ length: count }, (_, index) => first + index * gap));
  const scattered = fc.array(time, { minLength: 1, maxLength: 40 });
  const nanos = fc.option(fc.array(fc.oneof(fc.constant(0), fc.nat(999)), { minLength: 1, maxLength: 7 }), {
    nil: undefined,
  });
  const write = fc.record({
    server: fc.constantFrom<0 | 1>(0, 1),
    times: fc.oneof(burst, burst, scattered),
    values,
    nanos,
  });
  const remove = fc.tuple(time, time).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
  const some = (weight: number): fc.Arbitrary<boolean> => fc.nat(weight).map((roll) => roll === 0);
  return fc.array(
    fc.record({
      do: fc.oneof({ weight: 6, arbitrary: write }, { weight: 1, arbitrary: remove }),
      packs: some(2),
      crashes: some(7),
    }),
    { minLength: 1, maxLength: 10 },
  );
}

const decimals = fc.oneof(
  fc.integer({ min: -5000, max: 5000 }).map((n) => n / 1000),
  fc.constantFrom(0.1 + 0.2, 1e300, 5e-324, 2 ** 53 + 2, 1e-7),
);
const histogram = fc.dictionary(fc.constantFrom('1', '1.5', '2', 'ü'), fc.nat(9));
const loss = fc.record({ numerator: fc.nat(50), denominator: fc.integer({ min: 1, max: 50 }) });

test.each([
  ['throughput', fc.integer({ min: -1000, max: 1000 }), false, ['aggregation', 'average', 'statistics']],
  ['ntp-offset', decimals, false, ['aggregation']],
  ['packet-loss-rate', loss, false, ['aggregation']],
  ['histogram-owdelay', histogram, true, ['aggregation', 'statistics']],
  ['failures', fc.record({ error: fc.string() }), true, []],
] as const)(
  'whatever happens to %s, loose or packed, its points are those of a plain map',
  async (type, value, replaces, kinds) => {
    const summaries = kinds.flatMap((kind) =>
      [60, 3600].map((window) => ({ 'summary-type': kind, 'summary-window': window })),
    );
    await fc.assert(
      fc.asyncProperty(steps(value as fc.Arbitrary<unknown>), fc.nat(300), fc.nat(300), async (history, skip, most) => {
        const uri = await archives.register(type, summaries);
        const model = new Map<number, Map<number, unknown>>();
        for (const step of history) {
          await Promise.all([happen(uri, type, step.do), step.packs && pack(), step.crashes && archives.crash()]);
          follow(model, step.do, replaces);
        }
        if (skip % 3 === 0) await pack();
        const ascending = ([a]: [number, unknown], [b]: [number, unknown]): number => a - b;
        const expected = [...model]
          .sort(ascending)
          .flatMap(([ts, values]) => [...values].sort(ascending).map(([, val]) => ({ ts, val: readValue(val) })));
        const path = `${uri}${type}/base?time-start=0`;
        expect(await archives.read(`${path}&limit=100000`)).toEqual(expected);
        const page = `&offset=${skip}&limit=${most + 1}`;
        expect(await archives.read(`${path}${page}`)).toEqual(expected.slice(skip, skip + most + 1));
        expect(await archives.read(`${path}&order=desc${page}`)).toEqual(
          expected.toReversed().slice(skip, skip + most + 1),
        );
        const [from, to] = [BEGIN + skip * 10, BEGIN + (skip + most) * 10];
        const inside = expected.filter(({ ts }) => isWithin(ts, from, to));
        expect(await archives.read(`${uri}${type}/base?time-start=${from}&time-end=${to}&limit=100000`)).toEqual(
          inside,
        );
        await checkInvariants();
        await archives.checkSummaries(uri);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  },
  240_000,
);

async function happen(uri: string, type: string, event: Write | Delete): Promise<void> {
  if (!('times' in event)) return archives.delete(`${uri}${type}/base`, event.from, event.to);
  const server = archives.servers[event.server];
  const points = pointsOf(event);
  if (!event.nanos) return archives.change(() => putPoints(server, uri, type, points));
  await again(() =>
    enqueue(
      server,
      uri,
      type,
      points.map(({ ts, val, nanos }) => ({ micros: Math.round(ts * 1e6), nanos, value: storedValue(val) })),
    ),
  );
}

function storedValue(val: unknown): Partial<StoredValue> {
  if (typeof val === 'number') return { value: val };
  const { numerator, denominator } = val as { numerator?: number; denominator?: number };
  if (numerator !== undefined && denominator !== undefined) return { value: numerator, denominator };
  return { document: JSON.stringify(val) };
}

function pointsOf({ times, values, nanos = [] }: Write): { ts: number; val: unknown; nanos: number }[] {
  return times.map((ts, index) => ({
    ts: Math.round(ts * 1e6) / 1e6,
    val: values[index % values.length],
    nanos: nanos[index % nanos.length] ?? 0,
  }));
}

/** @param model the values at each time, by their nanoseconds. */
function follow(model: Map<number, Map<number, unknown>>, event: Write | Delete, replaces: boolean): void {
  if ('times' in event)
    for (const { ts, val, nanos } of pointsOf(event)) {
      const values = model.get(ts) ?? new Map<number, unknown>();
      model.set(ts, values);
      if (replaces || !values.has(nanos)) values.set(nanos, val);
    }
  else for (const ts of model.keys()) if (isWithin(ts, event.from, event.to)) model.delete(ts);
}

/** Bounds are whole seconds, and include all of the last one. */
function isWithin(ts: number, from: number, to: number): boolean {
  return ts >= from && Math.floor(ts) <= to;
}

/** A value as it is read: a share as its quotient. */
function readValue(val: unknown): unknown {
  const { numerator, denominator } = val as { numerator?: number; denominator?: number };
  return numerator !== undefined && denominator !== undefined ? numerator / denominator : val;
}

/** On both servers at once. */
async function pack(): Promise<void> {
  await Promise.all(archives.servers.map((server) => again(() => packAll(server))));
}

async function checkInvariants(): Promise<void> {
  const broken = await archives.first.query(`
    SELECT 'segments overlap' AS what FROM (
      SELECT last, lead(first) OVER (PARTITION BY series ORDER BY first) AS next FROM segment) s WHERE next <= last
    UNION ALL
    SELECT 'a place is held twice' FROM points GROUP BY series, ts, coalesce(row, 0) HAVING count(*) > 1
    UNION ALL
    SELECT 'a header is wrong' FROM segment s CROSS JOIN LATERAL (
      SELECT min(ts) AS first, coalesce(min(row), 0) AS row, max(ts) AS last, count(*) AS points, max(gap) AS gap
      FROM (SELECT ts, row, ts - lag(ts) OVER (ORDER BY ts) AS gap FROM unpack_segment(s.data, s.codec)) u) u
    WHERE (s.first, s.row, s.last, s.points, s.longest_gap * interval '1 microsecond')
          IS DISTINCT FROM (u.first, u.row, u.last, u.points, coalesce(u.gap, interval '0'))
    UNION ALL
    SELECT 'the series does not bound its points' FROM points p JOIN series s ON s.id = p.series
    WHERE p.ts < s.first_point OR p.ts > s.last_point OR s.first_point IS NULL`);
  expect(broken).toEqual([]);
}
