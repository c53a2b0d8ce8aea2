import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ColumnsBySeries } from '../src/storage/ingest/columns-by-series.js';
import { WriteQueue } from '../src/storage/ingest/write-queue.js';
import { SeriesStore } from '../src/storage/registry/series-store.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { postPoint, putPoints, readAll, register } from './support/builders.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

test('points come back in time order, across the borders of chunks', async () => {
  const uri = await register(archive, 'throughput');
  const points = [1_700_092_800, 1_599_920_000, 1_700_006_399, -5, 4_200_000_000].map((ts, val) => ({ ts, val }));
  await putPoints(archive, uri, 'throughput', points).expect(201, '""');
  expect(await readAll(archive, uri, 'throughput')).toEqual([...points].sort((a, b) => a.ts - b.ts));
});

test('a request may open 50 chunks; one that needs more is refused and opens none', async () => {
  const uri = await register(archive, 'throughput');
  const months = (from: number, to: number): { ts: number; val: number }[] =>
    Array.from({ length: to - from }, (_, index) => ({ ts: 1_000_000_000 + (from + index) * 30 * 86_400, val: 1 }));
  const { body } = await putPoints(archive, uri, 'throughput', months(0, 51)).expect(400);
  expect(body.detail).toContain('they need 51 new chunks of the archive, at most 50 a request');
  await putPoints(archive, uri, 'throughput', months(0, 50)).expect(201);
  await putPoints(archive, uri, 'throughput', months(50, 60)).expect(201);
  // Chunks that exist do not count, even for a process that has not seen them.
  const other = await archive.another();
  const points = months(0, 110).map(({ ts, val }) => ({ ts: ts + 1, val }));
  try {
    await putPoints(other, uri, 'throughput', points).expect(201);
  } finally {
    await other.close();
  }
});

test('a point that is there already is a conflict, and changes nothing for the others of the request', async () => {
  const uri = await register(archive, 'throughput');
  await postPoint(archive, uri, 'throughput', { ts: 100, val: 1 }).expect(201, '""');
  const { body } = await putPoints(archive, uri, 'throughput', [
    { ts: 99, val: 2 },
    { ts: 100, val: 2 },
    { ts: 101, val: 2 },
  ]).expect(409);
  expect(body).toMatchObject({ stored: 2, conflicts: [{ ts: 100, 'event-type': 'throughput' }] });
  expect(body.detail).toContain('throughput');
  const stored = await readAll(archive, uri, 'throughput');
  expect(stored.map(({ val }) => val)).toEqual([2, 1, 2]);
});

test('a document at a time that is taken replaces the one that is there', async () => {
  const uri = await register(archive, 'histogram-rtt');
  await postPoint(archive, uri, 'histogram-rtt', { ts: 100, val: { '1': 1 } }).expect(201);
  await postPoint(archive, uri, 'histogram-rtt', { ts: 100, val: { '2': 2 } }).expect(201);
  expect(await readAll(archive, uri, 'histogram-rtt')).toEqual([{ ts: 100, val: { '2': 2 } }]);
});

test('one bad value refuses the whole request and says which it is', async () => {
  const uri = await register(archive, 'throughput');
  const { body } = await putPoints(archive, uri, 'throughput', [
    { ts: 1, val: 1 },
    { ts: 2, val: 'fast' },
  ]).expect(400);
  expect(body.detail).toContain('data item 2, val 1');
  expect(await readAll(archive, uri, 'throughput')).toEqual([]);
});

test('many parallel requests are each answered for their own points', async () => {
  const uri = await register(archive, 'throughput', 'packet-count-sent');
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      // Every time is posted three times, in parallel: one of the three is stored.
      postPoint(archive, uri, 'throughput', { ts: index % 20, val: index }),
    ),
  );
  const stored = answers.flatMap(({ status }, index) => (status === 201 ? [index] : []));
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(40);
  const points = await readAll(archive, uri, 'throughput');
  expect(points).toHaveLength(20);
  expect(points.map(({ val }) => val)).toEqual(stored.sort((a, b) => (a % 20) - (b % 20)));
});

test('a small write does not wait behind the bulk writes that came before it', async () => {
  const uri = await register(archive, 'throughput', 'packet-count-sent');
  await postPoint(archive, uri, 'throughput', { ts: 100_000, val: 1 }).expect(201); // now the chunk exists
  const blocker = new pg.Client(archive.databaseUrl);
  await blocker.connect();
  const order: string[] = [];
  try {
    // Nothing is stored until all wait in the queue: so their order there is known.
    await blocker.query('BEGIN; LOCK TABLE point, segment IN SHARE MODE');
    const writes = Array.from({ length: 6 }, async (_, index) => {
      const points = Array.from({ length: 10_000 }, (__, ts) => ({ ts: index * 10_000 + ts, val: 1 }));
      await putPoints(archive, uri, 'throughput', points).expect(201);
      order.push('bulk');
    });
    await queued(50_000);
    const small = postPoint(archive, uri, 'packet-count-sent', { ts: 1, val: 1 }).then(({ status }) => {
      order.push(`small ${status}`);
    });
    // Two batches are under way, since they have no series in common.
    await vi.waitFor(async () => {
      const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      expect(await archive.query(waiting)).toHaveLength(2);
    });
    await blocker.query('COMMIT');
    await Promise.all([...writes, small]);
  } finally {
    await blocker.end();
  }
  expect(order.indexOf('small 201')).toBeLessThanOrEqual(1);
});

/** Resolves when as many points wait in the write queue. */
async function queued(points: number): Promise<void> {
  await vi.waitFor(
    async () => {
      const { text } = await archive.http.get('/metrics').expect(200);
      expect(text).toContain(`marigram_write_queue_points ${points}\n`);
    },
    { interval: 20, timeout: 30_000 },
  );
}

test('a write to two series is not overtaken by later ones to either of them', async () => {
  const uri = await register(archive, 'throughput', 'packet-rtt');
  const key = uri.split('/').at(-2)!;
  const series = (await archive.app.get(SeriesStore).ofMetadata([key])).get(key)!;
  const done: string[] = [];
  let time = 1_700_000_000;
  // Two of the large ones don't fit into a batch.
  const write = async (name: string, size: number, ...types: string[]): Promise<void> => {
    const points = new ColumnsBySeries();
    for (const type of types)
      for (let count = 0; count < size; count++)
        points.add(series.get(type)!, time++ * 1e6, { value: 1, denominator: null, document: null });
    const by = { username: 'test', keyId: null, address: '192.0.2.1' };
    await archive.app.get(WriteQueue).write({ columns: points.columns, size: points.size, by });
    done.push(name);
  };
  const large = (name: string, type: string): Promise<void> => write(name, 6000, type);
  await Promise.all([
    ...[large('first', 'throughput'), large('first', 'packet-rtt')],
    write('both', 1, 'throughput', 'packet-rtt'),
    ...[1, 2, 3].flatMap(() => [large('later', 'throughput'), large('later', 'packet-rtt')]),
  ]);
  expect(done.slice(0, 3)).toEqual(['first', 'first', 'both']);
});

test('two servers that write the same series count no point twice and lose none', async () => {
  const other = await archive.another();
  try {
    const uri = await register(archive, 'packet-count-sent');
    const points = Array.from({ length: 500 }, (_, ts) => ({ ts: ts * 86_400, val: ts }));
    const answers = await Promise.all(
      [archive, other].flatMap((server) =>
        [0, 100, 200, 300, 400].map((from) =>
          putPoints(server, uri, 'packet-count-sent', points.slice(from, from + 100)),
        ),
      ),
    );
    const stored = answers.reduce((sum, { status, body }) => sum + (status === 201 ? 100 : Number(body.stored)), 0);
    expect(stored).toBe(500);
    expect(await readAll(archive, uri, 'packet-count-sent')).toEqual(points);
  } finally {
    await other.close();
  }
});

describe('an event type that is registered later', () => {
  test('is seen by a server that has cached the metadata before', async () => {
    const other = await archive.another();
    try {
      const metadata = { ...(await metadataOf(await register(archive, 'throughput'))) };
      await postPoint(other, metadata.uri, 'packet-rtt', { ts: 1, val: 1 }).expect(201);
      await archive.http
        .post('/esmond/perfsonar/archive/')
        .set('authorization', archive.auth)
        .send(repost(metadata, 'packet-rtt'))
        .expect(201);
      await postPoint(other, metadata.uri, 'packet-rtt', { ts: 2, val: 2 }).expect(201);
      expect(await readAll(archive, metadata.uri, 'packet-rtt')).toEqual([{ ts: 2, val: 2 }]);
    } finally {
      await other.close();
    }
  });
});

async function metadataOf(uri: string): Promise<Record<string, string> & { uri: string }> {
  return (await archive.http.get(uri).expect(200)).body;
}

function repost(metadata: Record<string, string>, eventType: string): object {
  const { url: _url, uri: _uri, 'metadata-key': _key, ...fields } = metadata;
  return { ...fields, 'event-types': [{ 'event-type': eventType }] };
}

describe('documents', () => {
  test('of many megabytes in all are read in bounded pieces', async () => {
    const uri = await register(archive, 'pscheduler-raw');
    const text = 'x'.repeat(3 * 1024 ** 2);
    const times = Array.from({ length: 24 }, (_, index) => index);
    for (const ts of times) await postPoint(archive, uri, 'pscheduler-raw', { ts, val: `${text}${ts}` }).expect(201);
    for (const query of ['', '?limit=20000', '?order=desc']) {
      const { body } = await archive.http.get(`${uri}pscheduler-raw/base${query}`).expect(200);
      const read = body as { ts: number; val: string }[];
      const expected = query === '?order=desc' ? times.toReversed() : times;
      expect(read.map(({ ts }) => ts)).toEqual(expected);
      expect(read.every(({ ts, val }) => val.length === text.length + String(ts).length)).toBe(true);
    }
  });

  test('come in pages as numbers do, whatever the size of a page', async () => {
    const uri = await register(archive, 'failures');
    const points = Array.from({ length: 40 }, (_, ts) => ({ ts, val: { error: `no ${ts}` } }));
    await putPoints(archive, uri, 'failures', points).expect(201);
    for (const limit of [1, 15, 16, 17, 39, 40, 41])
      for (const offset of [0, 1, 23, 24, 25, 40]) {
        const { body, headers } = await archive.http.get(`${uri}failures/base?limit=${limit}&offset=${offset}`);
        expect(body).toEqual(points.slice(offset, offset + limit));
        expect(headers.link?.includes('rel="next"') ?? false).toBe(offset + limit < 40);
      }
  });
});

test('the last time that can be stored reads back, and can be deleted', async () => {
  const uri = await register(archive, 'throughput');
  await postPoint(archive, uri, 'throughput', '{"ts":253402300799.999984,"val":1}').expect(201);
  const stored = await readAll(archive, uri, 'throughput');
  expect(stored).toHaveLength(1);
  expect(Math.floor(Number(stored[0]?.ts))).toBe(253_402_300_799);
  await archive.http
    .delete(uri)
    .set('authorization', await archive.issueKey('admin'))
    .expect(200);
});

test('times of the eighteenth century keep their microseconds', async () => {
  const uri = await register(archive, 'time-error-estimates');
  // Texts, since the doubles of these have more digits; the last is one microsecond after the first that is exact.
  const times = ['-9007199254.740991', '-8900000000.123457', '-8500000000.000001', '-8060514454.740992'];
  for (const [index, ts] of times.entries()) {
    await postPoint(archive, uri, 'time-error-estimates', `{"ts":${ts},"val":${index}}`).expect(201);
    await archive.http.get(`${uri}time-error-estimates/base?time=${ts}`).expect(200, `[{"ts":${ts},"val":${index}}]`);
  }
  await postPoint(archive, uri, 'time-error-estimates', `{"ts":${times[1]},"val":9}`).expect(409);
});

test.each([
  ['1714557600.1234564999', 1_714_557_600.123456],
  ['1714557600.1234565', 1_714_557_600.123457],
  ['1714557600.99999949', 1_714_557_600.999999],
  ['1714557600.9999995', 1_714_557_601],
  ['-1714557600.1234565', -1_714_557_600.123457],
  ['-0.00000049', 0],
  ['-0.0000005', -0.000001],
])('the time %s is rounded to the microsecond, half away from 0', async (ts, rounded) => {
  const uri = await register(archive, 'throughput');
  await postPoint(archive, uri, 'throughput', `{"ts":${ts},"val":1}`).expect(201);
  expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: rounded, val: 1 }]);
});

test('numbers and times are exact whatever the settings of the database', async () => {
  const { pathname } = new URL(archive.databaseUrl);
  for (const setting of [`extra_float_digits = 0`, `DateStyle = 'German'`, `TimeZone = 'Asia/Kathmandu'`])
    await archive.query(`ALTER DATABASE ${pathname.slice(1)} SET ${setting}`);
  const other = await archive.another();
  try {
    const summaries = [{ 'summary-type': 'statistics', 'summary-window': 60 }];
    const uri = await register(other, { 'event-type': 'time-error-estimates', summaries });
    const points = [
      { ts: 1_714_557_600.123456, val: 0.1 + 0.2 },
      { ts: 1_714_557_600.123457, val: 2 ** 53 - 1 },
    ];
    await putPoints(other, uri, 'time-error-estimates', points.slice(0, 1)).expect(201);
    const { body } = await putPoints(other, uri, 'time-error-estimates', points).expect(409);
    expect(body).toMatchObject({ stored: 1, conflicts: [{ ts: points[0]?.ts }] });
    expect(await readAll(other, uri, 'time-error-estimates')).toEqual(points);
    const { body: bins } = await other.http.get(`${uri}time-error-estimates/statistics/60?time-start=0`).expect(200);
    expect(bins).toMatchObject([{ val: { minimum: points[0]?.val, maximum: points[1]?.val } }]);
  } finally {
    await other.close();
  }
});

describe('a series that somebody else holds for long', () => {
  test('does not keep the writes of other series waiting', async () => {
    const [held, free] = [await register(archive, 'throughput'), await register(archive, 'throughput')];
    const client = new pg.Client(archive.databaseUrl);
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1 FOR UPDATE OF s', [
        held.split('/').at(-2),
      ]);
      const waiting = postPoint(archive, held, 'throughput', { ts: 1, val: 1 }).then(({ status }) => status);
      for (let ts = 0; ts < 5; ts++) await postPoint(archive, free, 'throughput', { ts, val: ts }).expect(201);
      await client.query('COMMIT');
      expect(await waiting).toBe(201);
    } finally {
      await client.end();
    }
  });

  test('is given up with 503 and Retry-After, and nothing is stored', async () => {
    const held = await register(archive, 'throughput');
    const client = new pg.Client(archive.databaseUrl);
    await client.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM series FOR UPDATE');
      const { status, headers } = await postPoint(archive, held, 'throughput', { ts: 1, val: 1 });
      expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
    } finally {
      await client.end();
    }
    expect(await readAll(archive, held, 'throughput')).toEqual([]);
  });
});
