import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Unavailable } from '../src/common/errors.js';
import { RollupCheck } from '../src/storage/rollups/rollup-check.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, putPoints, type WirePoint } from './support/builders.js';

let servers: TestArchive[];
let admin: string;
beforeAll(async () => {
  const archive = await startArchive();
  servers = [archive, await archive.another()];
  admin = await archive.issueKey('admin');
});
afterAll(async () => {
  for (const server of servers.toReversed()) await server.close();
});

const WINDOWS = [0, 60, 3600];

/** One thing that happens to a series. */
type Event =
  | { readonly do: 'write'; readonly server: number; readonly points: readonly WirePoint[] }
  | { readonly do: 'delete'; readonly from: number; readonly to: number }
  | { readonly do: 'crash' };

const time = fc.integer({ min: -8, max: 40 }).map((step) => step * 25);

function histories(value: fc.Arbitrary<unknown>): fc.Arbitrary<Event[][]> {
  const write = fc.record({
    do: fc.constant('write' as const),
    server: fc.nat(1),
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

const cases = [
  ['throughput', fc.integer({ min: -1000, max: 1000 }), ['aggregation', 'average', 'statistics']],
  ['ntp-offset', fc.integer({ min: -5000, max: 5000 }).map((n) => n / 1000), ['aggregation', 'average', 'statistics']],
  [
    'packet-loss-rate',
    fc.record({ numerator: fc.nat(50), denominator: fc.integer({ min: 1, max: 50 }) }),
    ['aggregation'],
  ],
  ['histogram-owdelay', fc.dictionary(fc.constantFrom('1', '1.5', '2', 'x'), fc.nat(9)), ['aggregation', 'statistics']],
] as const;

test.each(cases)(
  'whatever happens to %s, every summary is the formula over its points',
  async (type, value, kinds) => {
    const summaries = kinds.flatMap((kind) =>
      WINDOWS.map((window) => ({ 'summary-type': kind, 'summary-window': window })),
    );
    await fc.assert(
      fc.asyncProperty(histories(value as fc.Arbitrary<unknown>), async (history) => {
        const uri = await again(() => registered(type, summaries));
        for (const simultaneous of history) await Promise.all(simultaneous.map((event) => happen(uri, type, event)));

        const check = server(0).app.get(RollupCheck);
        for (const window of await again(() => check.windows()))
          if (uri.includes(window.metadataKey)) expect(await again(() => check.check(window, false))).toEqual([]);

        // The same by a formula of its own, for those that are simple enough.
        const points = (await read(uri, `${type}/base`)) as WirePoint[];
        if (type !== 'packet-loss-rate')
          for (const window of WINDOWS)
            expect(await read(uri, `${type}/aggregations/${window}`)).toEqual(aggregate(points, window));
      }),
      { numRuns: 10, endOnFailure: true },
    );
  },
  180_000,
);

async function registered(type: string, summaries: readonly object[]): Promise<string> {
  const { status, body } = await server(0)
    .http.post(ARCHIVE)
    .set('authorization', server(0).auth)
    .send(newMetadata([{ 'event-type': type, summaries }]));
  if (status === 503) throw new Unavailable('503');
  expect(status).toBe(201);
  return (body as { uri: string }).uri;
}

function server(index: number): TestArchive {
  const found = servers[index];
  if (!found) throw new Error('no such server');
  return found;
}

/** A connection that was cut may be found out by whoever uses it next. */
async function again<T>(action: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await action();
    } catch (error) {
      expect(error).toBeInstanceOf(Unavailable);
    }
  }
}

/** Does what a client would do: after a 5xx or a broken connection it tries again. */
async function happen(uri: string, type: string, event: Event): Promise<void> {
  if (event.do === 'crash') {
    await server(0).query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'marigram'`,
    );
    return;
  }
  for (;;) {
    const answer = await (event.do === 'write'
      ? putPoints(server(event.server), uri, type, event.points)
      : server(0)
          .http.delete(`${uri}${type}/base?time-start=${event.from}&time-end=${event.to}`)
          .set('authorization', admin));
    if (answer.status < 500) {
      expect([200, 201, 409]).toContain(answer.status);
      return;
    }
    expect(answer.status).toBe(503);
  }
}

async function read(uri: string, path: string): Promise<unknown> {
  return again(async () => {
    const { status, body } = await server(0).http.get(`${uri}${path}?time-start=-100000&limit=10000`);
    if (status === 503) throw new Unavailable('503');
    expect(status).toBe(200);
    return body as unknown;
  });
}

/** The aggregation: sums of numbers in thousandths, so that they are exact; sums of histograms by label. */
function aggregate(points: readonly WirePoint[], window: number): unknown[] {
  const bins = new Map<number, number | Record<string, number>>();
  for (const { ts, val } of points) {
    const bin = window === 0 ? Number(ts) : Math.floor(Number(ts) / window) * window;
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
    .map(([ts, sum]) => ({ ts, val: typeof sum === 'number' ? sum / 1000 : sum }));
}
