import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IdempotencyJob } from '../src/data/idempotency.job.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { putPoints, readAll, register, type WirePoint } from './support/builders.js';
import { summarized } from './support/metadata.js';
import { expectDocumented } from './support/openapi.js';

let archive: TestArchive;
let other: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
  other = await archive.another();
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

let keys = 0;
const newKey = (): string => `key-${++keys}`;

/** A bulk PUT of throughputs with an idempotency key. */
function put(key: string, uri: string, points: readonly WirePoint[], to = archive, auth = archive.auth) {
  return putPoints(to, uri, 'throughput', points).set('idempotency-key', key).set('authorization', auth);
}

const stored = async (uri: string): Promise<unknown[]> =>
  (await readAll(archive, uri, 'throughput')).map(({ val }) => val);
const rowsOf = async (key: string): Promise<unknown[]> =>
  archive.query('SELECT * FROM idempotency WHERE key = $1', [key]);

describe('a write with an Idempotency-Key', () => {
  test('gets the same answer each time, and has one effect', async () => {
    const uri = await register(archive, summarized('throughput', ['aggregation', 86400]));
    const key = newKey();
    const points = [1, 2, 3].map((ts) => ({ ts, val: 10 ** ts }));
    for (let time = 0; time < 3; time++) {
      const answer = await put(key, uri, points).expect(201, '""');
      expectDocumented('addPoints', answer);
    }
    // Without the key the points are found to be there.
    await putPoints(archive, uri, 'throughput', points).expect(409);
    expect(await stored(uri)).toEqual([10, 100, 1000]);
    const sums = await archive.http.get(`${uri}throughput/aggregations/86400?time-start=0`).expect(200);
    expect(sums.body).toEqual([{ ts: 0, val: 1110 }]);
  });

  test('gets the same conflict each time', async () => {
    const uri = await register(archive, 'throughput');
    await putPoints(archive, uri, 'throughput', [{ ts: 2, val: 1 }]).expect(201);
    const key = newKey();
    const points = [1, 2, 3].map((ts) => ({ ts, val: 5 }));
    const first = await put(key, uri, points).expect(409);
    expect(first.body).toMatchObject({ stored: 2, conflicts: [{ ts: 2, 'event-type': 'throughput' }] });
    for (const to of [archive, other]) {
      const again = await put(key, uri, points, to).expect(409);
      expect(again.text).toBe(first.text);
    }
    expect(await stored(uri)).toEqual([5, 1, 5]);
  });

  test('gets the same conflict about a point that stands twice in the request', async () => {
    const uri = await register(archive, 'throughput');
    const points = [
      { ts: 1, val: 1 },
      { ts: 1, val: 2 },
    ];
    const key = newKey();
    const first = await put(key, uri, points).expect(409);
    expect((await put(key, uri, points).expect(409)).text).toBe(first.text);
  });

  test('does not bring back a document that another has replaced', async () => {
    const uri = await register(archive, summarized('histogram-rtt', ['aggregation', 86400]));
    const post = (key: string, val: object) =>
      archive.http
        .post(`${uri}histogram-rtt/base`)
        .set({ authorization: archive.auth, 'idempotency-key': key })
        .send({ ts: 1, val });
    const [first, second] = [newKey(), newKey()];
    await post(first, { '1': 1 }).expect(201);
    await post(second, { '2': 2 }).expect(201);
    expectDocumented('addPoint', await post(first, { '1': 1 }).expect(201, '""'));
    expect(await readAll(archive, uri, 'histogram-rtt')).toEqual([{ ts: 1, val: { '2': 2 } }]);
    const merged = await archive.http.get(`${uri}histogram-rtt/aggregations/86400?time-start=0`);
    expect(merged.body).toEqual([{ ts: 0, val: { '2': 2 } }]);
  });

  test('is 422 with the key of another body, path or method', async () => {
    const uri = await register(archive, 'throughput', 'packet-rtt');
    const key = newKey();
    const point = { ts: 1, val: 1 };
    const send = (method: 'post' | 'put', path: string, body: object) =>
      archive.http[method](path).set({ authorization: archive.auth, 'idempotency-key': key }).send(body);
    await send('post', `${uri}throughput/base`, point).expect(201);
    const refused = await send('post', `${uri}throughput/base`, { ts: 1, val: 2 }).expect(422);
    expectDocumented('addPoint', refused);
    expect(refused.body.detail).toMatch(/^Idempotency-Key: /);
    await send('post', `${uri}packet-rtt/base`, point).expect(422);
    await send('put', uri, { data: [] }).expect(422);
    await send('put', ARCHIVE, { data: [] }).expect(422);
    // What makes no difference elsewhere makes none here.
    await send('post', `${uri}throughput/base/?format=json`, point).expect(201);
    expect(await readAll(archive, uri, 'packet-rtt')).toEqual([]);
  });

  test('takes place once, whatever number of times it comes at a time, to whichever server', async () => {
    const uri = await register(archive, summarized('throughput', ['aggregation', 86400]));
    for (let round = 0; round < 5; round++) {
      const key = newKey();
      const points = [
        { ts: round, val: 7 },
        { ts: 1000 + round, val: 1 },
      ];
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => put(key, uri, points, index % 2 ? archive : other)),
      );
      expect(answers.map(({ status, text }) => `${status} ${text}`)).toEqual(Array(50).fill('201 ""'));
    }
    const { body } = await archive.http.get(`${uri}throughput/aggregations/86400?time-start=0`);
    expect(body).toEqual([{ ts: 0, val: 40 }]);
  });

  test('is 422 for one of two bodies that come at a time with one key', async () => {
    const uri = await register(archive, 'throughput');
    for (let round = 0; round < 10; round++) {
      const key = newKey();
      const answers = await Promise.all(
        [archive, other].map((to, index) => put(key, uri, [{ ts: 10 * round + index, val: 1 }], to)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 422]);
    }
    expect(await stored(uri)).toHaveLength(10);
  });

  test('stands beside others in a batch: repeats, conflicts, and requests without a key', async () => {
    const uri = await register(archive, 'throughput');
    await putPoints(archive, uri, 'throughput', [{ ts: 0, val: 1 }]).expect(201);
    const known = newKey();
    await put(known, uri, [{ ts: 1, val: 1 }]).expect(201);
    const blocker = new pg.Client(archive.databaseUrl);
    await blocker.connect();
    try {
      await blocker.query('BEGIN; LOCK TABLE point IN SHARE MODE');
      // The first one waits for the lock; all others gather to one batch behind it.
      const first = putPoints(archive, uri, 'throughput', [{ ts: 100, val: 1 }]).then(({ status }) => status);
      await new Promise((resolve) => setTimeout(resolve, 200));
      const others = [
        put(known, uri, [{ ts: 1, val: 1 }]),
        put(newKey(), uri, [
          { ts: 0, val: 2 },
          { ts: 2, val: 2 },
        ]),
        put(newKey(), uri, [{ ts: 3, val: 3 }]),
        putPoints(archive, uri, 'throughput', [
          { ts: 3, val: 4 },
          { ts: 4, val: 4 },
        ]),
        put(known, uri, [{ ts: 5, val: 5 }]),
      ].map((answer) => answer.then(({ status }) => status));
      await new Promise((resolve) => setTimeout(resolve, 500));
      await blocker.query('ROLLBACK');
      expect(await Promise.all([first, ...others])).toEqual([201, 201, 409, 201, 409, 422]);
    } finally {
      await blocker.end();
    }
    expect(await stored(uri)).toEqual([1, 1, 2, 3, 4, 1]);
  });

  test('waits for a series that others hold, with its repeats', async () => {
    const uri = await register(archive, 'throughput');
    const blocker = new pg.Client(archive.databaseUrl);
    await blocker.connect();
    try {
      await blocker.query('BEGIN; SELECT FROM series FOR NO KEY UPDATE');
      const key = newKey();
      const writes = [archive, other, archive].map(async (to) => (await put(key, uri, [{ ts: 1, val: 1 }], to)).status);
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(await rowsOf(key)).toEqual([]);
      await blocker.query('ROLLBACK');
      expect(await Promise.all(writes)).toEqual([201, 201, 201]);
    } finally {
      await blocker.end();
    }
  });

  test('waits for a transaction of another process that holds its key', async () => {
    const uri = await register(archive, 'throughput');
    const [known, key] = [newKey(), newKey()];
    await put(known, uri, [{ ts: 1, val: 1 }]).expect(201);
    const blocker = new pg.Client(archive.databaseUrl);
    await blocker.connect();
    try {
      await blocker.query('BEGIN');
      await blocker.query(
        'INSERT INTO idempotency (caller, key, digest) SELECT caller, $2, digest FROM idempotency WHERE key = $1',
        [known, key],
      );
      const write = put(key, uri, [{ ts: 2, val: 2 }]).then(({ status }) => status);
      // Longer than one attempt waits.
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await blocker.query('ROLLBACK');
      expect(await write).toBe(201);
    } finally {
      await blocker.end();
    }
    expect(await stored(uri)).toEqual([1, 2]);
  });

  test('is independent of other callers with the same key', async () => {
    const uri = await register(archive, 'throughput');
    const key = newKey();
    await put(key, uri, [{ ts: 1, val: 1 }]).expect(201);
    await put(key, uri, [{ ts: 2, val: 2 }], archive, await archive.issueKey('write')).expect(201);
    expect(await stored(uri)).toEqual([1, 2]);
  });

  test('is forgotten after 24 hours, whether or not its row is gone', async () => {
    const uri = await register(archive, 'throughput');
    const [young, old] = [newKey(), newKey()];
    await put(young, uri, [{ ts: 1, val: 1 }]).expect(201);
    await put(old, uri, [{ ts: 2, val: 2 }]).expect(201);
    const age = `UPDATE idempotency SET created = created - $1::interval WHERE key = $2`;
    await archive.query(age, ['23:59', young]);
    await archive.query(age, ['24:01', old]);
    await put(young, uri, [{ ts: 1, val: 1 }]).expect(201);
    await put(old, uri, [{ ts: 2, val: 2 }]).expect(409);
    await put(old, uri, [{ ts: 2, val: 2 }]).expect(409);
    await put(old, uri, [{ ts: 3, val: 3 }]).expect(422);
    await archive.query(age, ['24:01', old]);
    await archive.app.get(IdempotencyJob).run();
    expect(await rowsOf(old)).toEqual([]);
    expect(await rowsOf(young)).toHaveLength(1);
    await put(old, uri, [{ ts: 3, val: 3 }]).expect(201);
  });

  test('gets its answer again where its metadata is gone', async () => {
    const uri = await register(archive, 'throughput');
    const key = newKey();
    await put(key, uri, [{ ts: 1, val: 1 }]).expect(201);
    await archive.http
      .delete(uri)
      .set('authorization', await archive.issueKey('admin'))
      .expect(200);
    for (const to of [archive, other]) await put(key, uri, [{ ts: 1, val: 1 }], to).expect(201, '""');
    await put(newKey(), uri, [{ ts: 1, val: 1 }]).expect(404);
  });

  test('of which every point is dropped stays so', async () => {
    const uri = await register(archive, 'packet-rtt');
    const key = newKey();
    await put(key, uri, [{ ts: 1, val: 1 }]).expect(201);
    expect(await rowsOf(key)).toHaveLength(1);
    await put(key, uri, [{ ts: 1, val: 1 }], other).expect(201);
    await put(key, uri, [{ ts: 2, val: 1 }]).expect(422);
  });

  test('does not use up its key when it is refused', async () => {
    const uri = await register(archive, 'throughput');
    const key = newKey();
    await put(key, uri, [{ ts: 1, val: 'fast' }]).expect(400);
    await put(key, uri, [{ ts: 1, val: 1 }]).expect(201);
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(256)],
    ['with a space', 'a b'],
    ['not ASCII', 'schlüssel'],
  ])('is 400 where the key is %s', async (_what, key) => {
    const uri = await register(archive, 'throughput');
    const { body } = await put(key, uri, [{ ts: 1, val: 1 }]).expect(400);
    expect(body.detail).toMatch(/^Idempotency-Key: /);
    expect(await stored(uri)).toEqual([]);
  });

  test('may have the longest key there is', async () => {
    const uri = await register(archive, 'throughput');
    const key = '~'.repeat(255);
    for (let time = 0; time < 2; time++) await put(key, uri, [{ ts: 1, val: 1 }]).expect(201);
  });
});

test('a write without the header leaves no row', async () => {
  const before = await archive.query('SELECT count(*) FROM idempotency');
  const uri = await register(archive, 'throughput');
  await putPoints(archive, uri, 'throughput', [{ ts: 1, val: 1 }]).expect(201);
  expect(await archive.query('SELECT count(*) FROM idempotency')).toEqual(before);
});
