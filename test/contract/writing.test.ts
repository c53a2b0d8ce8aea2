import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from '../support/archive.js';
import { postPoint, putPoints, readAll, register } from '../support/builders.js';

const BODY_LIMIT = 64 * 1024;
const UNKNOWN = '/esmond/perfsonar/archive/00000000000000000000000000000000/';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ BODY_LIMIT: String(BODY_LIMIT) });
});
afterAll(() => archive.close());

/** The `time-updated` of each event type of a metadata. */
async function timesUpdated(uri: string): Promise<Record<string, number | null>> {
  const { body } = await archive.http.get(uri).expect(200);
  const entries = body['event-types'] as { 'event-type': string; 'time-updated': number | null }[];
  return Object.fromEntries(entries.map((entry) => [entry['event-type'], entry['time-updated']]));
}

/** Pretends that an event type of a metadata was last written at that time. */
async function setTimeUpdated(uri: string, eventType: string, seconds: number): Promise<void> {
  const rows = await archive.query(
    `UPDATE series SET time_updated = to_timestamp($3) FROM metadata
     WHERE metadata.id = series.metadata AND key = $1 AND event_type = $2 RETURNING key`,
    [uri.split('/').at(-2), eventType, seconds],
  );
  expect(rows).toHaveLength(1);
}

async function droppedPoints(): Promise<number> {
  const { text } = await archive.http.get('/metrics').expect(200);
  return Number(/^marigram_points_unregistered_total (\d+)$/m.exec(text)?.[1]);
}

describe('§5.1 the order of refusals', () => {
  const bad = '{"ts":1,"val":';
  const large = `{"ts":1,"val":"${'x'.repeat(BODY_LIMIT)}"}`;
  const point = '{"ts":1,"val":"bad"}';
  // Each request has everything wrong that the rows after it check, too.
  test.each([
    { what: 'no key', key: 'none', type: 'text/plain', path: 'bogus/base', body: large, status: 401, detail: /key/ },
    {
      what: 'no scope',
      key: 'read',
      type: 'text/plain',
      path: 'bogus/base',
      body: large,
      status: 403,
      detail: /write/,
    },
    { what: 'content type', type: 'text/plain', path: 'bogus/base', body: large, status: 400, detail: /content-type/i },
    { what: 'size', path: 'bogus/base', body: large, status: 413, detail: /large/ },
    { what: 'JSON', path: 'bogus/base', body: bad, status: 400, detail: /JSON/ },
    { what: 'ts', path: 'bogus/base', body: '{"ts":null,"val":"bad"}', status: 400, detail: /ts/ },
    { what: 'val', path: 'bogus/base', body: '{"ts":1}', status: 400, detail: /val.*missing/ },
    { what: 'metadata key', path: 'bogus/base', body: point, status: 404, detail: /metadata/ },
    { what: 'event type', uri: 'known', path: 'bogus/base', body: point, status: 400, detail: /event type.*bogus/ },
    { what: 'value', uri: 'known', path: 'throughput/base', body: point, status: 400, detail: /val.*bad/ },
  ])('§5.1 $what: $status', async ({ key, type, uri, path, body, status, detail }) => {
    const base = uri === 'known' ? await register(archive, 'throughput') : UNKNOWN;
    if (uri === 'known') await postPoint(archive, base, 'throughput', { ts: 1, val: 1 }).expect(201);
    const request = archive.http.post(base + path).set('content-type', type ?? 'application/json');
    if (key === 'read') void request.set('authorization', await archive.issueKey('read'));
    else if (key === undefined) void request.set('authorization', archive.auth);
    const answer = await request.send(body).expect(status);
    expect(answer.headers['content-type']).toBe('application/json');
    expect(answer.body.detail).toMatch(detail);
    expect(answer.body.error).toBe(answer.body.detail);
  });

  test('§5.1 an event type that is not registered is dropped before its value is looked at', async () => {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'packet-rtt', '{"ts":1,"val":"bad"}').expect(201, '""');
    await postPoint(archive, uri, 'packet-rtt', '{"ts":"bad","val":1}').expect(400);
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON'])(
    '§5.1 the content type %s is accepted',
    async (type) => {
      const uri = await register(archive, 'throughput');
      await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).set('content-type', type).expect(201, '""');
      expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
    },
  );

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonp', 'garbage'])(
    '§5.1 the content type %s is refused with 400',
    async (type) => {
      const uri = await register(archive, 'throughput');
      await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).set('content-type', type).expect(400);
      expect(await readAll(archive, uri, 'throughput')).toEqual([]);
    },
  );

  test.each([
    ['', 'empty'],
    [' ', 'blank'],
    ['null', 'null'],
    ['5', 'a number'],
    ['"x"', 'a text'],
    ['[]', 'an array'],
    ['{}', 'an empty object'],
    ['{"val":1}', 'without ts'],
    ['{"ts":1}', 'without val'],
    ['{"ts":1,"val":1', 'cut short'],
    ['{"ts":1,"val":1}}', 'too long'],
    ['{"ts":1,"val":1}{"ts":2,"val":1}', 'two objects'],
    ['{"ts":1,"val":1,}', 'with a trailing comma'],
    ['{"ts":1,"val":1,"x":"\\u0000"}', 'with a NUL character'],
    ['{"ts":1,"val":1,"x":"\xe9"}', 'not UTF-8'],
  ])('§5.1 the body %j (%s) is refused', async (body) => {
    const uri = await register(archive, 'throughput');
    const answer = await archive.http
      .post(`${uri}throughput/base`)
      .set('authorization', archive.auth)
      .set('content-type', 'application/json')
      .serialize((bytes: string) => bytes)
      .send(Buffer.from(body, 'latin1'))
      .expect(400);
    expect(answer.body.detail).toEqual(expect.stringMatching(/./));
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
    expect(await timesUpdated(uri)).toEqual({ throughput: null });
  });

  test('§5.1 further members are ignored, and of equal ones the last counts', async () => {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', '{"x":[{}],"val":1,"ts":1,"ts":2,"val":3,"event-type":5}').expect(201);
    expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 2, val: 3 }]);
  });

  test.each(['averages', 'aggregations', 'statistics', 'average', 'bogus'])(
    '§5.1 only base can be written: %s is refused',
    async (path) => {
      const uri = await register(archive, {
        'event-type': 'throughput',
        summaries: [{ 'summary-type': 'average', 'summary-window': 300 }],
      });
      const request = archive.http.post(`${uri}throughput/${path}`).set('authorization', archive.auth);
      const { status } = await request.send({ ts: 1, val: 1 });
      expect([400, 405]).toContain(status);
      expect(await timesUpdated(uri)).toEqual({ throughput: null });
    },
  );

  test.each(['base', 'base/', 'base/0', 'base/300', 'base/300/'])('§1.2 a POST to %s writes base', async (path) => {
    const uri = await register(archive, 'throughput');
    const request = archive.http.post(`${uri}throughput/${path}`).set('authorization', archive.auth);
    const { headers } = await request.send({ ts: 1, val: 1 }).expect(201, '""');
    expect(headers['content-type']).toBe('application/json');
    expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
  });
});

describe('§5.2 timestamps', () => {
  test.each([
    ['1714557600', '1714557600'],
    ['"1714557600"', '1714557600'],
    ['" 1714557600 "', '1714557600'],
    ['"-5"', '-5'],
    ['1714557600.0', '1714557600'],
    ['1.7145576e9', '1714557600'],
    ['1714557600.25', '1714557600.25'],
    ['1714557600.9', '1714557600.9'],
    ['1714557600.000001', '1714557600.000001'],
    ['1714557600.1234562', '1714557600.123456'],
    ['1714557600.1234566', '1714557600.123457'],
    ['1714557600.9999997', '1714557601'],
    ['0', '0'],
    ['-0', '0'],
    ['-1', '-1'],
    ['-0.5', '-0.5'],
    ['-1.25', '-1.25'],
    ['0.000001', '0.000001'],
    ['-62135596800', '-62135596800'],
    ['253402300799', '253402300799'],
    ['253402300799.5', '253402300799.5'],
  ])('§5.2 ts %s is read as %s', async (posted, read) => {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', `{"ts":${posted},"val":1}`).expect(201, '""');
    const range = 'time-start=-62135596800&time-end=253402300799';
    await archive.http.get(`${uri}throughput/base?${range}`).expect(200, `[{"ts":${read},"val":1}]`);
    // The same point once more is a conflict, however its time is written, and the conflict names the time.
    const { text } = await postPoint(archive, uri, 'throughput', `{"ts":${posted},"val":1}`).expect(409);
    expect(text).toContain(`"conflicts":[{"ts":${read},"event-type":"throughput"}]`);
  });

  test.each([
    ...['true', 'false', 'null', '[]', '[1]', '{}', '{"ts":1}'],
    ...['"1.5"', '"1714557600.0"', '"1e3"', '""', '" "', '"abc"', '"1_000"', '"0x10"', '"1 2"', '"NaN"'],
    ...['NaN', 'Infinity', '1e400', '-62135596801', '-62135596800.5', '253402300800', '1714557600000', '1e300'],
    ...['"253402300800"', '"-62135596801"', '"99999999999999999999"'],
  ])('§5.2 ts %s is refused', async (posted) => {
    const uri = await register(archive, 'throughput');
    const { body } = await postPoint(archive, uri, 'throughput', `{"ts":${posted},"val":1}`).expect(400);
    expect(body.detail).toMatch(/ts|JSON/);
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
  });

  test('§5.2 points within one second are points of their own', async () => {
    const uri = await register(archive, 'throughput');
    const times = [100, 100.000001, 100.25, 100.999999];
    for (const ts of times) await postPoint(archive, uri, 'throughput', { ts, val: ts }).expect(201);
    await postPoint(archive, uri, 'throughput', { ts: 100.2500004, val: 1 }).expect(409);
    await postPoint(archive, uri, 'throughput', { ts: '100', val: 1 }).expect(409);
    expect((await readAll(archive, uri, 'throughput')).map(({ ts }) => ts)).toEqual(times);
  });
});

describe('§5.4 duplicates', () => {
  const subinterval = (val: number): object[] => [{ start: 0, duration: 1, val }];

  test.each([
    ['integer', 'packet-count-sent', 5, 6, 5],
    ['integer of the same value', 'throughput', 5, 5, 5],
    ['float', 'ntp-delay', 0.5, 0.25, 0.5],
    ['percentage', 'packet-loss-rate', { numerator: 1, denominator: 2 }, { numerator: 1, denominator: 4 }, 0.5],
  ])('§5.4 a second %s at a time is a conflict, and nothing is stored', async (_, eventType, first, second, read) => {
    const uri = await register(archive, eventType);
    await postPoint(archive, uri, eventType, { ts: 100, val: first }).expect(201);
    await setTimeUpdated(uri, eventType, 1_000_000_000);
    const { body } = await postPoint(archive, uri, eventType, { ts: 100, val: second }).expect(409);
    expect(body).toEqual({
      detail: expect.stringMatching(new RegExp(`${eventType}.*100`)),
      error: body.detail,
      code: 'conflict',
      stored: 0,
      conflicts: [{ ts: 100, 'event-type': eventType }],
    });
    expect(await readAll(archive, uri, eventType)).toEqual([{ ts: 100, val: read }]);
    expect(await timesUpdated(uri)).toEqual({ [eventType]: 1_000_000_000 });
  });

  test.each([
    ['histogram', 'histogram-owdelay', { '1': 1, '2': 5 }, { '2': 2 }],
    ['json', 'failures', { error: 'a' }, null],
    ['subinterval', 'throughput-subintervals', subinterval(1), subinterval(2)],
  ])('§5.4 a second %s at a time replaces the first', async (_, eventType, first, second) => {
    const uri = await register(archive, eventType);
    await postPoint(archive, uri, eventType, { ts: 100, val: first }).expect(201, '""');
    await setTimeUpdated(uri, eventType, 1_000_000_000);
    await postPoint(archive, uri, eventType, { ts: 100, val: second }).expect(201, '""');
    expect(await readAll(archive, uri, eventType)).toEqual([{ ts: 100, val: second }]);
    expect((await timesUpdated(uri))[eventType]).toBeGreaterThan(1_000_000_000);
  });

  test('§5.4 the same time in another event type or another metadata is no conflict', async () => {
    const uri = await register(archive, 'throughput', 'packet-rtt');
    const other = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', { ts: 100, val: 1 }).expect(201);
    await postPoint(archive, uri, 'packet-rtt', { ts: 100, val: 2 }).expect(201);
    await postPoint(archive, other, 'throughput', { ts: 100, val: 3 }).expect(201);
    expect(await readAll(archive, other, 'throughput')).toEqual([{ ts: 100, val: 3 }]);
  });
});

describe('§5.5 points for unknown targets', () => {
  test.each(['0'.repeat(32), 'nobody', 'A'.repeat(32)])('§5.5 metadata %s is unknown: 404', async (key) => {
    const uri = `/esmond/perfsonar/archive/${key}/`;
    const { body } = await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(404);
    expect(body.detail).toContain(key);
    await putPoints(archive, uri, 'throughput', [{ ts: 1, val: 1 }]).expect(404);
  });

  test('§5.5 a key in other letters is another key', async () => {
    const uri = await register(archive, 'throughput');
    const upper = uri.replace(/[^/]+\/$/, (key) => key.toUpperCase());
    await postPoint(archive, upper, 'throughput', { ts: 1, val: 1 }).expect(404);
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
  });

  test('§5.5 an event type that the metadata does not list is dropped with 201, and counted', async () => {
    const uri = await register(archive, 'throughput');
    const before = await droppedPoints();
    await postPoint(archive, uri, 'packet-rtt', { ts: 1, val: 1 }).expect(201, '""');
    await putPoints(archive, uri, 'tcp-windowsize', [
      { ts: 1, val: 'bad' },
      { ts: 2, val: 2 },
    ]).expect(201, '""');
    expect(await droppedPoints()).toBe(before + 3);
    expect(await readAll(archive, uri, 'packet-rtt')).toEqual([]);
    expect(await timesUpdated(uri)).toEqual({ throughput: null });
  });
});

describe('§2.7 time-updated', () => {
  test('§2.7 it is the time of the last write, in whole seconds, of the event type that was written', async () => {
    const uri = await register(archive, 'throughput', 'failures');
    expect(await timesUpdated(uri)).toEqual({ throughput: null, failures: null });
    const [{ before } = { before: NaN }] = await archive.query<{ before: number }>(
      "SELECT floor(date_part('epoch', clock_timestamp())) AS before",
    );
    await postPoint(archive, uri, 'throughput', { ts: 5, val: 1 }).expect(201);
    const { throughput, failures } = await timesUpdated(uri);
    expect(throughput).toBeGreaterThanOrEqual(before);
    expect(throughput).toSatisfy(Number.isInteger);
    expect(failures).toBeNull();
  });

  test.each([
    [
      400,
      [
        { ts: 2, val: 2 },
        { ts: 3, val: 'bad' },
      ],
    ],
    [409, [{ ts: 1, val: 2 }]],
    [201, []],
  ])('§2.7 a request that stores nothing (%i) does not change it', async (status, points) => {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    await setTimeUpdated(uri, 'throughput', 1_000_000_000);
    await putPoints(archive, uri, 'throughput', points).expect(status);
    expect(await timesUpdated(uri)).toEqual({ throughput: 1_000_000_000 });
  });

  test('§2.7 it changes with a conflict that lets other points pass, and never moves back', async () => {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    await setTimeUpdated(uri, 'throughput', 1_000_000_000);
    await putPoints(archive, uri, 'throughput', [
      { ts: 1, val: 2 },
      { ts: 2, val: 2 },
    ]).expect(409);
    expect((await timesUpdated(uri)).throughput).toBeGreaterThan(1_000_000_000);
    await setTimeUpdated(uri, 'throughput', 4_000_000_000);
    await postPoint(archive, uri, 'throughput', { ts: 3, val: 1 }).expect(201);
    expect(await timesUpdated(uri)).toEqual({ throughput: 4_000_000_000 });
  });
});
