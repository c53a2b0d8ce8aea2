import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ARCHIVE, type TestArchive } from './support/archive.js';
import { putPoints, type WirePoint } from './support/builders.js';
import { categoriesOf, distributionOf, quantilesOf } from './support/summary-oracle.js';
import { TwoServers } from './support/two-servers.js';

let archives: TwoServers;
beforeAll(async () => {
  archives = await TwoServers.start();
  await archives.first.query(`INSERT INTO event_type VALUES ('link-up', 'boolean', NULL, '', now())`);
});
afterAll(() => archives.close());

const WINDOWS = [0, 60, 3600];

/** One thing that happens to a series. */
type Event =
  | { readonly do: 'write'; readonly server: 0 | 1; readonly points: readonly WirePoint[] }
  | { readonly do: 'delete'; readonly from: number; readonly to: number }
  | { readonly do: 'crash' };

/** What the bins of a series are aligned to, in micros. */
const origins = fc.constantFrom(0, 7_249_248, -1);

const time = fc.integer({ min: -8, max: 40 }).map((step) => step * 25);

function histories(value: fc.Arbitrary<unknown>): fc.Arbitrary<Event[][]> {
  const write = fc.record({
    do: fc.constant('write' as const),
    server: fc.constantFrom<0 | 1>(0, 1),
    points: fc.array(fc.record({ ts: time, val: value }), { minLength: 1, maxLength: 8 }),
  });
  const remove = fc
    .tuple(time, time)
    .map(([a, b]) => ({ do: 'delete' as const, from: Math.min(a, b), to: Math.max(a, b) }));
  const event: fc.Arbitrary<Event> = fc.oneof(
    { weight: 8, arbitrary: write },
    { weight: 2, arbitrary: remove },
    { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  );
  // What stands in one inner array happens at the same time.
  return fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 });
}

const NUMBERS = ['aggregation', 'average', 'statistics', 'quantiles', 'distribution'] as const;

const cases = [
  ['throughput', fc.integer({ min: -1000, max: 1000 }), NUMBERS],
  ['ntp-offset', fc.integer({ min: -5000, max: 9_999_999 }).map((n) => n / 1000), NUMBERS],
  // In windows that keep nothing of single values.
  ['ntp-delay', fc.integer({ min: -5000, max: 5000 }).map((n) => n / 1000), NUMBERS.slice(0, 3)],
  [
    'packet-loss-rate',
    fc.record({ numerator: fc.nat(50), denominator: fc.integer({ min: 1, max: 50 }) }),
    ['aggregation'],
  ],
  ['histogram-owdelay', fc.dictionary(fc.constantFrom('1', '1.5', '2', 'x'), fc.nat(9)), ['aggregation', 'statistics']],
  ['event', fc.constantFrom('200', '502', '10', '2', 'ä', '__proto__'), ['categories']],
  ['link-up', fc.boolean(), ['categories']],
] as const;

/** Window 0 makes no sense for summaries of several values. */
function windowsOf(kind: string): readonly number[] {
  return ['quantiles', 'distribution', 'categories'].includes(kind) ? WINDOWS.slice(1) : WINDOWS;
}

test.each(cases)(
  'whatever happens to %s, every summary is the formula over its points',
  async (type, value, kinds) => {
    const summaries = kinds.flatMap((kind) =>
      windowsOf(kind).map((window) => ({ 'summary-type': kind, 'summary-window': window })),
    );
    await fc.assert(
      fc.asyncProperty(histories(value as fc.Arbitrary<unknown>), origins, async (history, origin) => {
        const uri = await archives.register(type, summaries);
        await alignTo(uri, origin);
        for (const simultaneous of history) await Promise.all(simultaneous.map((event) => happen(uri, type, event)));

        await archives.checkSummaries(uri);

        // The same by formulas of their own.
        const points = (await read(uri, `${type}/base`)) as WirePoint[];
        for (const kind of kinds)
          for (const window of windowsOf(kind)) {
            const expected = ORACLES[kind]?.(points, window, origin);
            const path = { aggregation: 'aggregations', distribution: 'distributions' }[kind as string] ?? kind;
            if (expected && type !== 'packet-loss-rate')
              expect(await read(uri, `${type}/${path}/${window}`), `${kind} ${window}`).toEqual(expected);
          }
      }),
      { numRuns: 10, endOnFailure: true },
    );
  },
  180_000,
);

/** Places of lines: few, so that most are taken, and some of one microsecond. In nanoseconds. */
const place = fc
  .tuple(time, fc.constantFrom(0, 1, 500, 1_000, 2_001))
  .map(([seconds, nanos]) => BigInt(seconds) * 1_000_000_000n + BigInt(nanos));

const lineHistories = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('write' as const),
        server: fc.constantFrom<0 | 1>(0, 1),
        lines: fc.array(fc.tuple(place, fc.integer({ min: -9, max: 9 })), { minLength: 1, maxLength: 8 }),
      }),
    },
    { weight: 1, arbitrary: fc.tuple(time, time).map(([a, b]) => ({ do: 'delete' as const, a, b })) },
    { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  ),
  { minLength: 2, maxLength: 16 },
);

test('whatever lines are written over others, the last value of each place stays, and summaries are the formula', async () => {
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(lineHistories, async (history) => {
      const database = `over-${++runs}`;
      const uri = await newField(database);
      const expected = new Map<bigint, number>();
      for (const event of history)
        if (event.do === 'crash') await archives.crash();
        else if (event.do === 'delete') {
          const [from, to] = [Math.min(event.a, event.b), Math.max(event.a, event.b)];
          await archives.delete(`${uri}value/base`, from, to);
          for (const ns of expected.keys())
            // The last second as a whole.
            if (ns >= BigInt(from) * 1_000_000_000n && ns < BigInt(to + 1) * 1_000_000_000n) expected.delete(ns);
        } else {
          await writeLines(archives.servers[event.server], database, event.lines);
          for (const [ns, value] of event.lines) expected.set(ns, value);
        }
      const points = [...expected]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([ns, val]) => ({ ts: Number((ns - (((ns % 1000n) + 1000n) % 1000n)) / 1000n) / 1_000_000, val }));
      expect(await read(uri, 'value/base')).toEqual(points);
      await archives.checkSummaries(uri);
      for (const kind of ['aggregation', 'quantiles', 'distribution'])
        for (const window of windowsOf(kind)) {
          const path = { aggregation: 'aggregations', distribution: 'distributions' }[kind] ?? kind;
          const wanted = ORACLES[kind]?.(points, window, 0);
          expect(await read(uri, `value/${path}/${window}`), `${kind} ${window}`).toEqual(wanted);
        }
    }),
    { numRuns: 15, endOnFailure: true },
  );
}, 180_000);

/** Registers a field that keeps all summaries; returns the URI of its metadata. */
async function newField(database: string): Promise<string> {
  const summaries = [
    ...NUMBERS.flatMap((kind) => windowsOf(kind).map((window) => ({ 'summary-type': kind, 'summary-window': window }))),
    // In a window that keeps nothing of single values.
    { 'summary-type': 'statistics', 'summary-window': 600 },
  ];
  await archives.change(() =>
    archives.first.http.put(`/api/v1/databases/${database}`).set('authorization', archives.admin).send({ summaries }),
  );
  await writeLines(archives.first, database, [[0n, 0]]);
  const [{ uri }] = (await archives.read(`${ARCHIVE}?database=${database}`)) as [{ uri: string }];
  await archives.delete(`${uri}value/base`, 0, 0);
  return uri;
}

function writeLines(
  { http, auth }: TestArchive,
  database: string,
  lines: readonly (readonly [ns: bigint, value: number])[],
): Promise<void> {
  const body = lines.map(([ns, value]) => `m value=${value} ${ns}`).join('\n');
  return archives.change(() => http.post(`/write?db=${database}`).set('authorization', auth).send(body));
}

type Oracle = (points: readonly WirePoint[], window: number, origin: number) => unknown[];

/** What each summary should be, for those whose formula is not too long. */
const ORACLES: Readonly<Record<string, Oracle>> = {
  aggregation: aggregate,
  quantiles: ofBins((values) => quantilesOf(values as number[])),
  distribution: ofBins((values) => distributionOf(values as number[])),
  // The order of the labels is compared in exact-summaries.test.ts: objects have none.
  categories: ofBins((values) => JSON.parse(categoriesOf(values)) as unknown),
};

/** The oracle of a summary that is a formula over all values of a bin. */
function ofBins(formula: (values: readonly unknown[]) => unknown): Oracle {
  return (points, window, origin) => {
    const bins = new Map<number, unknown[]>();
    for (const { ts, val } of points) {
      const bin = beginOf(Number(ts), window, origin);
      bins.set(bin, [...(bins.get(bin) ?? []), val]);
    }
    return [...bins]
      .sort(([a], [b]) => a - b)
      .map(([micros, values]) => ({ ts: micros / 1_000_000, val: formula(values) }));
  };
}

/** The begin of the bin of a time, in micros. */
function beginOf(ts: number, window: number, origin: number): number {
  const length = window * 1_000_000;
  const micros = Math.round(ts * 1_000_000);
  return window === 0 ? micros : Math.floor((micros - origin) / length) * length + origin;
}

function happen(uri: string, type: string, event: Event): Promise<void> {
  if (event.do === 'crash') return archives.crash();
  if (event.do === 'delete') return archives.delete(`${uri}${type}/base`, event.from, event.to);
  return archives.change(() => putPoints(archives.servers[event.server], uri, type, event.points));
}

/** Only streams of sessions have an origin, and their points are not written here: so the registry is changed. */
async function alignTo(uri: string, origin: number): Promise<void> {
  await archives.first.query(
    `UPDATE series s SET origin = $2, version = version + 1 FROM metadata m
     WHERE m.id = s.metadata AND strpos($1, m.key) > 0`,
    [uri, origin],
  );
}

function read(uri: string, path: string): Promise<unknown> {
  return archives.read(`${uri}${path}?time-start=-100000&limit=10000`);
}

/** The aggregation: sums of numbers in thousandths, so that they are exact; sums of histograms by label. */
function aggregate(points: readonly WirePoint[], window: number, origin: number): unknown[] {
  const bins = new Map<number, number | Record<string, number>>();
  for (const { ts, val } of points) {
    const bin = beginOf(Number(ts), window, origin);
    if (typeof val === 'number') bins.set(bin, Number(bins.get(bin) ?? 0) + Math.round(val * 1000));
    else {
      const sum = { ...(bins.get(bin) as Record<string, number> | undefined) };
      for (const [label, count] of Object.entries(val as Record<string, number>))
        if (count > 0) sum[label] = (sum[label] ?? 0) + count;
      bins.set(bin, sum);
    }
  }
  return [...bins]
    .sort(([a], [b]) => a - b)
    .map(([micros, sum]) => ({ ts: micros / 1_000_000, val: typeof sum === 'number' ? sum / 1000 : sum }));
}
