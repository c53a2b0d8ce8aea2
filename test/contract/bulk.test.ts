import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { postPoint, putPoints, readAll, register, type WirePoint } from '../support/builders.js';

const UNKNOWN_KEY = '0'.repeat(32);

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

/** A bulk PUT; a string is sent as it is. */
function put(uri: string, body: object | string) {
  return archive.http
    .put(uri)
    .set('authorization', archive.auth)
    .set('content-type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

/** An item of `data`: values by event type. */
function item(ts: number | string, values: Readonly<Record<string, unknown>>): object {
  return { ts, val: Object.entries(values).map(([type, val]) => ({ 'event-type': type, val })) };
}

function keyOf(uri: string): string {
  return uri.split('/').at(-2) ?? '';
}

function pointsAt(times: readonly number[], val: unknown = 1): WirePoint[] {
  return times.map((ts) => ({ ts, val }));
}

describe('§9 bulk PUT', () => {
  test('§9 points of several times and event types are stored, and answered 201 with an empty JSON text', async () => {
    const uri = await register(archive, 'throughput', 'packet-retransmits', 'packet-loss-rate', 'failures');
    const data = [
      item(1_714_561_200, { throughput: 9.4e9, 'packet-retransmits': '3' }),
      item('1714557600', { failures: { error: 'refused' } }),
      item(1_714_557_600.25, { throughput: 1, 'packet-loss-rate': { numerator: 1, denominator: 4 } }),
    ];
    const { headers } = await put(uri, { data, more: 1 }).expect(201, '""');
    expect(headers['content-type']).toBe('application/json');
    expect(await readAll(archive, uri, 'throughput')).toEqual([
      { ts: 1_714_557_600.25, val: 1 },
      { ts: 1_714_561_200, val: 9.4e9 },
    ]);
    expect(await readAll(archive, uri, 'packet-retransmits')).toEqual([{ ts: 1_714_561_200, val: 3 }]);
    expect(await readAll(archive, uri, 'packet-loss-rate')).toEqual([{ ts: 1_714_557_600.25, val: 0.25 }]);
    expect(await readAll(archive, uri, 'failures')).toEqual([{ ts: 1_714_557_600, val: { error: 'refused' } }]);
  });

  test.each([
    '{"data":[]}',
    '{"data":[{"ts":1,"val":[]}]}',
    '{"data":[{"val":[],"ts":1},{"ts":"2","val":[],"x":{}}]}',
    '{"data":[{"ts":1,"val":[{"event-type":"throughput","val":1}]}],"data":[]}',
  ])('§9 %s stores nothing and is fine', async (body) => {
    const uri = await register(archive, 'throughput');
    await put(uri, body).expect(201, '""');
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
  });

  test('§9 the URL works without its last slash', async () => {
    const uri = await register(archive, 'throughput');
    await put(uri.slice(0, -1), { data: [item(1, { throughput: 1 })] }).expect(201, '""');
    expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
  });

  test('§9 documents keep their text', async () => {
    const uri = await register(archive, 'pscheduler-raw');
    const document = '{"b":1.0,"a":[12345678901234567890, "x  y"]}';
    await put(uri, `{"data":[{"val":[{"val":${document},"event-type":"pscheduler-raw"}],"ts":1}]}`).expect(201);
    const { text } = await archive.http.get(`${uri}pscheduler-raw/base`).expect(200);
    expect(text).toBe('[{"ts":1,"val":{"b":1.0,"a":[12345678901234567890,"x  y"]}}]');
  });
});

describe('§9 refusals store nothing', () => {
  const good = '{"ts":1,"val":[{"event-type":"throughput","val":1}]}';
  const second = (text: string): string => `{"data":[${good},${text}]}`;
  const value = (text: string): string => second(`{"ts":2,"val":[{"event-type":"throughput","val":1},${text}]}`);

  test.each<[body: string, detail: RegExp]>([
    ['', /empty/],
    ['null', /body/],
    ['5', /body/],
    ['[]', /body/],
    ['{', /JSON/],
    [`{"data":[${good}]`, /JSON/],
    [`{"data":[${good}]}}`, /JSON/],
    ['{}', /data: missing/],
    ['{"data":null}', /data/],
    ['{"data":{}}', /data/],
    ['{"data":"x"}', /data/],
    [second('5'), /data item 2/],
    [second('null'), /data item 2/],
    [second('[]'), /data item 2/],
    [second('{"val":[]}'), /data item 2, ts/],
    [second('{"ts":2}'), /data item 2, val/],
    [second('{"ts":2,"val":null}'), /data item 2, val/],
    [second('{"ts":2,"val":{}}'), /data item 2, val/],
    [second('{"ts":2,"val":5}'), /data item 2, val/],
    ...['null', 'true', '"1.5"', '"x"', '[]', '{}', '253402300800'].map((ts): [string, RegExp] => [
      second(`{"ts":${ts},"val":[]}`),
      /data item 2, ts/,
    ]),
    [value('5'), /data item 2, val 2/],
    [value('null'), /data item 2, val 2/],
    [value('{"event-type":"throughput"}'), /data item 2, val 2, val/],
    [value('{"val":1}'), /data item 2, val 2, event-type/],
    [value('{"event-type":5,"val":1}'), /data item 2, val 2, event-type/],
    [value('{"event-type":null,"val":1}'), /data item 2, val 2, event-type/],
    [value('{"event-type":"bogus","val":1}'), /data item 2, val 2.*bogus/],
    [value('{"event-type":"packet-rtt","val":"x"}'), /data item 2, val 2, val/],
    [value('{"event-type":"packet-rtt","val":true}'), /data item 2, val 2, val/],
    [value('{"event-type":"failures","val":1e400}'), /JSON/],
    [value('{"event-type":"failures","val":"\\u0000"}'), /NUL/],
  ])('§9 %s is 400', async (body, detail) => {
    const uri = await register(archive, 'throughput', 'packet-rtt', 'failures');
    const answer = await put(uri, body).expect(400);
    expect(answer.body.detail).toMatch(detail);
    expect(answer.body.error).toBe(answer.body.detail);
    for (const eventType of ['throughput', 'packet-rtt', 'failures'])
      expect(await readAll(archive, uri, eventType)).toEqual([]);
    const { body: metadata } = await archive.http.get(uri).expect(200);
    expect(metadata['event-types']).toEqual([1, 2, 3].map(() => expect.objectContaining({ 'time-updated': null })));
  });

  test('§9 a bad value beside a point that is there already is 400, not 409', async () => {
    const uri = await register(archive, 'throughput');
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    await putPoints(archive, uri, 'throughput', [...pointsAt([1, 2]), { ts: 3, val: 'bad' }]).expect(400);
    expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
  });

  test('§9 structure comes before the metadata key, that before the event type, that before the value', async () => {
    const uri = await register(archive, 'throughput');
    const values = [item(1, { throughput: 'bad' }), item(2, { bogus: 1 })];
    await put(ARCHIVE + UNKNOWN_KEY, { data: [...values, {}] }).expect(400);
    await put(ARCHIVE + UNKNOWN_KEY, { data: values }).expect(404);
    const { body } = await put(uri, { data: values }).expect(400);
    expect(body.detail).toContain('bogus');
  });

  test('§5.5 an unknown metadata key is 404 even without any point', async () => {
    await put(`${ARCHIVE}${UNKNOWN_KEY}/`, { data: [] }).expect(404);
  });

  test.each([
    ['text/plain', 400],
    ['application/x-www-form-urlencoded', 400],
    ['application/json; charset=utf-8', 201],
  ])('§9 the content type %s is answered %i', async (type, status) => {
    const uri = await register(archive, 'throughput');
    await put(uri, { data: [item(1, { throughput: 1 })] })
      .set('content-type', type)
      .expect(status);
    expect(await readAll(archive, uri, 'throughput')).toHaveLength(status === 201 ? 1 : 0);
  });
});

describe('§9 points that are there already', () => {
  test('§9 the new ones are stored, and the conflicts are named in the order of the request', async () => {
    const uri = await register(archive, 'throughput', 'ntp-offset', 'failures', 'packet-loss-rate');
    const rate = { numerator: 1, denominator: 2 };
    await put(uri, {
      data: [item(2, { throughput: 1, 'ntp-offset': 1, failures: 1 }), item(0.5, { 'packet-loss-rate': rate })],
    }).expect(201);
    const data = [
      item(3, { throughput: 2 }),
      item(2, { 'ntp-offset': 2, failures: 2, throughput: 2, 'packet-rtt': 2 }),
      item(0.5, { 'packet-loss-rate': rate, throughput: 2 }),
    ];
    const { body } = await put(uri, { data }).expect(409);
    expect(body).toEqual({
      detail: expect.stringContaining('ntp-offset'),
      error: body.detail,
      code: 'conflict',
      stored: 3, // two new points and a replaced document; what is not registered does not count
      conflicts: [
        { ts: 2, 'event-type': 'ntp-offset' },
        { ts: 2, 'event-type': 'throughput' },
        { ts: 0.5, 'event-type': 'packet-loss-rate' },
      ],
    });
    const expected = [
      { ts: 0.5, val: 2 },
      { ts: 2, val: 1 },
      { ts: 3, val: 2 },
    ];
    expect(await readAll(archive, uri, 'throughput')).toEqual(expected);
    expect(await readAll(archive, uri, 'ntp-offset')).toEqual([{ ts: 2, val: 1 }]);
    expect(await readAll(archive, uri, 'failures')).toEqual([{ ts: 2, val: 2 }]);
  });

  test('§9 the first 100 conflicts are named', async () => {
    const uri = await register(archive, 'throughput');
    const points = pointsAt(Array.from({ length: 150 }, (_, index) => 150 - index));
    await putPoints(archive, uri, 'throughput', points).expect(201);
    const { body } = await putPoints(archive, uri, 'throughput', [{ ts: 151, val: 1 }, ...points]).expect(409);
    expect(body.stored).toBe(1);
    expect(body.conflicts).toEqual(points.slice(0, 100).map(({ ts }) => ({ ts, 'event-type': 'throughput' })));
  });

  test('§9 documents only are replaced, which is no conflict', async () => {
    const uri = await register(archive, 'histogram-rtt', 'throughput-subintervals');
    const data = (val: number): object[] => [
      item(1, { 'histogram-rtt': { '1': val }, 'throughput-subintervals': [{ start: 0, duration: 1, val }] }),
    ];
    await put(uri, { data: data(1) }).expect(201);
    await put(uri, { data: data(2) }).expect(201, '""');
    expect(await readAll(archive, uri, 'histogram-rtt')).toEqual([{ ts: 1, val: { '1': 2 } }]);
    const subintervals = [{ start: 0, duration: 1, val: 2 }];
    expect(await readAll(archive, uri, 'throughput-subintervals')).toEqual([{ ts: 1, val: subintervals }]);
  });

  test('§9 a retry of a whole request finds all its points, and one that stored a part completes it', async () => {
    const uri = await register(archive, 'throughput');
    await putPoints(archive, uri, 'throughput', pointsAt([1, 2, 3])).expect(201);
    const retry = await putPoints(archive, uri, 'throughput', pointsAt([1, 2, 3], 2)).expect(409);
    expect(retry.body).toMatchObject({ stored: 0, conflicts: [{ ts: 1 }, { ts: 2 }, { ts: 3 }] });
    const more = await putPoints(archive, uri, 'throughput', pointsAt([0, 1, 2, 3, 4], 3)).expect(409);
    expect(more.body).toMatchObject({ stored: 2, conflicts: [{ ts: 1 }, { ts: 2 }, { ts: 3 }] });
    expect((await readAll(archive, uri, 'throughput')).map(({ val }) => val)).toEqual([3, 1, 1, 1, 3]);
  });

  test.each([
    ['throughput', 10, 5, 409, 10],
    ['ntp-offset', 0.5, 0.5, 409, 0.5],
    ['packet-loss-rate', { numerator: 1, denominator: 2 }, { numerator: 1, denominator: 4 }, 409, 0.5],
    ['histogram-rtt', { '1': 1 }, { '2': 2 }, 201, { '2': 2 }],
    ['failures', 'a', 'b', 201, 'b'],
    [
      'packet-rtt-subintervals',
      [{ start: 0, duration: 1, val: 1 }],
      [{ start: 1, duration: 1, val: 1 }],
      201,
      [{ start: 1, duration: 1, val: 1 }],
    ],
  ])('§9 %s twice at a time in one request: %j, %j are %i', async (type, first, second, status, read) => {
    const uri = await register(archive, type);
    const twice = [
      { 'event-type': type, val: first },
      { 'event-type': type, val: second },
    ];
    const { body } = await put(uri, { data: [{ ts: 7, val: twice }] }).expect(status);
    if (status === 409) expect(body).toMatchObject({ stored: 1, conflicts: [{ ts: 7, 'event-type': type }] });
    expect(await readAll(archive, uri, type)).toEqual([{ ts: 7, val: read }]);
    // The same in two items of `data`, with the time in another spelling.
    const items = putPoints(archive, uri, type, [
      { ts: 8, val: first },
      { ts: ' 8 ', val: second },
    ]);
    await items.expect(status);
    expect((await readAll(archive, uri, type))[1]).toEqual({ ts: 8, val: read });
  });
});

describe('§9 with a metadata key in each item', () => {
  const keyed = (uri: string, ts: number, values: Readonly<Record<string, unknown>>): object => ({
    'metadata-key': keyOf(uri),
    ...item(ts, values),
  });

  test('§9 points of several metadata are stored by one request', async () => {
    const first = await register(archive, 'throughput', 'failures');
    const second = await register(archive, 'throughput');
    const data = [
      keyed(first, 1, { throughput: 1, failures: 'x' }),
      keyed(second, 1, { throughput: 2, failures: 'dropped' }),
      keyed(first, 2, { throughput: 3 }),
    ];
    await put(ARCHIVE, { data }).expect(201, '""');
    expect(await readAll(archive, first, 'throughput')).toEqual([
      { ts: 1, val: 1 },
      { ts: 2, val: 3 },
    ]);
    expect(await readAll(archive, first, 'failures')).toEqual([{ ts: 1, val: 'x' }]);
    expect(await readAll(archive, second, 'throughput')).toEqual([{ ts: 1, val: 2 }]);
    const { body } = await put(ARCHIVE, { data }).expect(409);
    expect(body.stored).toBe(1);
    expect(body.conflicts).toHaveLength(3);
  });

  test.each([
    ['a value is bad', (uri: string) => keyed(uri, 2, { throughput: 'bad' }), 400],
    ['a key is unknown', () => ({ 'metadata-key': UNKNOWN_KEY, ...item(2, { throughput: 1 }) }), 404],
    ['a key is missing', () => item(2, { throughput: 1 }), 400],
    ['a key is null', () => ({ 'metadata-key': null, ...item(2, { throughput: 1 }) }), 400],
    ['a key is a number', () => ({ 'metadata-key': 5, ...item(2, { throughput: 1 }) }), 400],
    ['an event type is unknown', (uri: string) => keyed(uri, 2, { bogus: 1 }), 400],
  ])('§9 all is refused where %s', async (_, bad, status) => {
    const first = await register(archive, 'throughput');
    const second = await register(archive, 'throughput');
    const { body } = await put(ARCHIVE, { data: [keyed(first, 1, { throughput: 1 }), bad(second)] }).expect(status);
    expect(body.detail).toMatch(status === 404 ? UNKNOWN_KEY : /data item 2/);
    for (const uri of [first, second]) expect(await readAll(archive, uri, 'throughput')).toEqual([]);
  });

  test('§9 no data is fine, and no key is 401', async () => {
    await put(ARCHIVE, { data: [] }).expect(201, '""');
    await archive.http.put(ARCHIVE).send({ data: [] }).expect(401);
  });
});
