import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EVENT_TYPES } from '../src/event-types/catalogue.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints, readAll, register, type WirePoint } from './support/builders.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

/** Text that PostgreSQL and JSON can both hold. */
const text = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((value) => !value.includes('\0'));

describe('metadata', () => {
  const parameterName = fc
    .tuple(fc.constantFrom('ip-', 'bw_', 'x', 'é', '__proto__', 'constructor'), text)
    .map((parts) => parts.join(''));
  const parameterValue = fc.oneof(
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const metadata = fc.record({
    source: fc.oneof(fc.ipV4(), fc.ipV6()),
    destination: fc.oneof(fc.ipV4(), fc.ipV6()),
    'tool-name': text,
    'event-types': fc
      .uniqueArray(fc.constantFrom(...EVENT_TYPES), { maxLength: 5 })
      .map((names) => names.map((name) => ({ 'event-type': name }))),
    parameters: fc.dictionary(parameterName, parameterValue, { maxKeys: 5 }),
  });

  const asText = (value: unknown): string =>
    typeof value === 'boolean' ? (value ? 'True' : 'False') : typeof value === 'string' ? value : JSON.stringify(value);

  test('what is accepted reads back as the contract says, and re-posts to the same key', async () => {
    await fc.assert(
      fc.asyncProperty(metadata, async ({ parameters, ...fields }) => {
        const own = Object.entries(parameters);
        const names = own.map(([name]) => name.replaceAll('_', '-'));
        fc.pre(new Set(names).size === names.length);
        const body = newMetadata([], { ...fields, ...Object.fromEntries(own) });
        const posted = await post(JSON.stringify(body)).expect(201);
        const { body: read } = await archive.http.get(posted.body.uri).expect(200);
        expect(read).toEqual(posted.body);
        for (const [name, value] of own) expect(read[name.replaceAll('_', '-')]).toBe(asText(value));
        expect((read['event-types'] as Record<string, string>[]).map((type) => type['event-type'])).toEqual(
          fields['event-types'].map((type) => type['event-type']).sort(),
        );
        const again = await post(JSON.stringify(Object.fromEntries(Object.entries(body).reverse()))).expect(201);
        expect(again.body).toEqual(posted.body);
        // What was fetched can be posted, but for the key: it is the same metadata.
        const { url: _url, 'metadata-key': key, ...fetched } = read;
        expect((await post(JSON.stringify(fetched)).expect(201)).body['metadata-key']).toBe(key);
      }),
      { numRuns: 60 },
    );
  });
});

describe('points', () => {
  const seconds = fc.integer({ min: -20, max: 20 }).map((ts) => ts * 1_000_000);
  const micros = fc.integer({ min: 0, max: 3 }).map((part) => part / 4);
  const time = fc.tuple(seconds, micros).map(([whole, part]) => whole + part);
  const point = fc.record({ ts: time, val: fc.integer({ min: -(2 ** 53), max: 2 ** 53 }) });
  const histogram = fc.record({ ts: time, val: fc.dictionary(fc.float().map(String), fc.nat(), { maxKeys: 4 }) });
  const requests = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[][]> =>
    fc.array(fc.array(one, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 });

  /** Sends each request as single POST or bulk PUT, one after the other, every third of them twice. */
  async function write(uri: string, type: string, batches: readonly (readonly WirePoint[])[]): Promise<void> {
    for (const [index, points] of batches.entries())
      for (let repeat = index % 3 === 0 ? 2 : 1; repeat > 0; repeat--) {
        const [first] = points;
        if (points.length === 1 && first) await postPoint(archive, uri, type, first);
        else await putPoints(archive, uri, type, points);
      }
  }

  const sorted = (points: Iterable<WirePoint>): WirePoint[] => [...points].sort((a, b) => Number(a.ts) - Number(b.ts));

  test('a number reads back once, at its place, as it was first written', async () => {
    await fc.assert(
      fc.asyncProperty(requests(point), async (batches) => {
        const uri = await register(archive, 'throughput');
        await write(uri, 'throughput', batches);
        const expected = new Map<number, WirePoint>();
        for (const one of batches.flat()) if (!expected.has(one.ts)) expected.set(one.ts, one);
        expect(await readAll(archive, uri, 'throughput')).toEqual(sorted(expected.values()));
      }),
      { numRuns: 30 },
    );
  });

  test('a histogram reads back once, at its place, as it was last written', async () => {
    await fc.assert(
      fc.asyncProperty(requests(histogram), async (batches) => {
        const uri = await register(archive, 'histogram-owdelay');
        await write(uri, 'histogram-owdelay', batches);
        const expected = new Map(batches.flat().map((one) => [one.ts, one]));
        expect(await readAll(archive, uri, 'histogram-owdelay')).toEqual(sorted(expected.values()));
      }),
      { numRuns: 30 },
    );
  });

  test('a float reads back as the same double, whatever it is', async () => {
    const uri = await register(archive, 'ntp-offset');
    const doubles = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 500);
    await putPoints(
      archive,
      uri,
      'ntp-offset',
      doubles.map((val, ts) => ({ ts, val })),
    ).expect(201);
    const read = await readAll(archive, uri, 'ntp-offset');
    // JSON has no -0 in the answers: String(-0) is "0".
    expect(read.map(({ val }) => val)).toEqual(doubles.map((val) => val + 0));
  });
});

describe('garbage', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
    fc.json({ maxDepth: 5 }).map((json) => Buffer.from(json)),
    fc.json().map((json) => Buffer.from(`{"data":[{"ts":1,"val":[{"event-type":"throughput","val":${json}}]}]}`)),
    fc.json().map((json) => Buffer.from(`{"ts":${json},"val":1}`)),
  );
  const query = fc.array(
    fc.tuple(
      fc.constantFrom('source', 'time', 'time-start', 'time-range', 'limit', 'offset', 'summary-window', 'x', 'format'),
      fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String), fc.constantFrom('1e9', '-1', '9'.repeat(400))),
    ),
  );

  test('no body is ever answered by a 5xx, and none is stored', async () => {
    const uri = await register(archive, 'throughput');
    const before = await archive.query('SELECT count(*)::int FROM metadata');
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom(ARCHIVE, `${uri}throughput/base`, uri), async (body, path) => {
        const method = path === uri ? 'put' : 'post';
        const answer = await archive.http[method](path)
          .set('authorization', archive.auth)
          .set('content-type', 'application/json')
          .serialize((value) => value)
          .send(body as unknown as string);
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400) expect(answer.body.detail).toEqual(expect.any(String));
      }),
      { numRuns: 300 },
    );
    expect(await archive.query('SELECT count(*)::int FROM metadata')).toEqual(before);
  });

  test('no query is ever answered by a 5xx', async () => {
    const uri = await register(archive, 'throughput');
    await fc.assert(
      fc.asyncProperty(query, fc.constantFrom(ARCHIVE, uri, `${uri}throughput/base`), async (pairs, path) => {
        const search = new URLSearchParams(
          pairs.map(([name, value]): [string, string] => [name, value.toWellFormed()]),
        );
        const answer = await archive.http.get(`${path}?${search.toString()}`);
        expect(answer.status, search.toString()).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  test('no path is ever answered by a 5xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary' }), { maxLength: 6 }), async (segments) => {
        const path = segments.map((segment) => encodeURIComponent(segment.toWellFormed())).join('/');
        expect((await archive.http.get(ARCHIVE + path)).status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });
});

function post(body: string) {
  return archive.http
    .post(ARCHIVE)
    .set('authorization', archive.auth)
    .set('content-type', 'application/json')
    .send(body);
}
