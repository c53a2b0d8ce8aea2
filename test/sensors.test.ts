import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint, readAll, register, type WirePoint } from './support/builders.js';
import { postMetadata, summarized, type WireMetadata } from './support/metadata.js';
import { expectDocumented } from './support/openapi.js';

let archive: TestArchive;
let other: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ MAX_POINTS: '1000' });
  other = await archive.another();
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

const STORED = { result: true, response: 'OK' };

let sensors = 0;
const newSensor = (): string => `s${++sensors}`;

/** Posts measurements, as JSON or its text; returns the request. */
function post(sensor: string, body: unknown, to = archive) {
  return to.http
    .post(`/api/v1/sensors/${encodeURIComponent(sensor)}/measurements`)
    .set({ authorization: archive.auth, 'content-type': 'application/json' })
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

async function metadataOf(sensor: string): Promise<WireMetadata | undefined> {
  const { body } = await archive.http.get(`${ARCHIVE}?sensor=${encodeURIComponent(sensor)}`).expect(200);
  return (body as WireMetadata[])[0];
}

/** All points of a sensor. */
async function pointsOf(sensor: string, eventType = 'temperature'): Promise<WirePoint[]> {
  const metadata = await metadataOf(sensor);
  return metadata ? readAll(archive, metadata.uri, eventType) : [];
}

/** The messages of a refusal by field; it names the fields in this order. */
function refusalOf(body: { result: boolean; response: { field: string; message: string }[] }): Record<string, string> {
  expect(Object.keys(body)).toEqual(['result', 'response']);
  expect(body.result).toBe(false);
  return Object.fromEntries(body.response.map(({ field, message }) => [field, message]));
}

describe('what a sensor sends', () => {
  test('is stored under a metadata that is registered on the way', async () => {
    const sensor = newSensor();
    const answer = await post(sensor, {
      temperature: 21.5,
      humidity: '40',
      at: 1767607203250,
      sensorUuid: 'x',
      foo: 1,
    });
    expect([answer.status, answer.text]).toEqual([200, '{"result":true,"response":"OK"}']);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expectDocumented('postMeasurements', answer);
    const metadata = await metadataOf(sensor);
    expect(metadata).toMatchObject({ 'subject-type': 'sensor', sensor });
    expect(Object.keys(metadata ?? {})).not.toEqual(expect.arrayContaining(['source']));
    expect(metadata?.['event-types'].map((one) => one['event-type'])).toEqual(['humidity', 'temperature']);
    await post(sensor, { co2: 600, at: '2026-01-05T11:00:03.25+01:00' }).expect(200, STORED);
    for (const [eventType, val] of Object.entries({ temperature: 21.5, humidity: 40, co2: 600 }))
      expect(await pointsOf(sensor, eventType)).toEqual([{ ts: 1767607203.25, val }]);
    const { text } = await archive.http.get('/metrics').expect(200);
    expect(text).toContain('marigram_sensor_members_ignored_total 1\n');
  });

  test.each([
    [0, 0],
    [-1500, -1.5],
    ['2026-01-05', 1767571200],
    ['2026-01-05T10:00:03.123456Z', 1767607203.123456],
    ['2026-01-05T10:00:03.1234567Z', 1767607203.123456],
    ['2026-01-05t10:00:03-0130', 1767612603],
  ])('has the time %j', async (at, ts) => {
    const sensor = newSensor();
    await post(sensor, { temperature: 1, at }).expect(200, STORED);
    expect(await pointsOf(sensor)).toEqual([{ ts, val: 1 }]);
  });

  test('has the time of its arrival where it has none, and never one twice', async () => {
    const sensor = newSensor();
    const before = Date.now() / 1000;
    const bodies = Array.from({ length: 20 }, (_, index) => [{ temperature: index }, { temperature: 0.5, at: null }]);
    const requests = bodies.map((body, index) => post(sensor, body, index % 2 ? other : archive).expect(200, STORED));
    await Promise.all(requests);
    const points = await pointsOf(sensor);
    expect(points.map(({ val }) => val).sort()).toEqual(
      bodies.flatMap((body) => body.map(({ temperature }) => temperature)).sort(),
    );
    for (const { ts } of points) {
      expect(ts).toBeGreaterThanOrEqual(before);
      expect(ts).toBeLessThan(before + 60);
    }
  });

  test('finds its place taken by another server, and gets the next one', async () => {
    const sensor = newSensor();
    const first = Date.now() + 3_600_000;
    const taken = Array.from({ length: 30 }, (_, index) => ({ temperature: 1, at: first + index }));
    await post(sensor, taken).expect(200, STORED);
    // A clock that stands still at a place that is taken.
    const { now } = Date;
    Date.now = () => first + 7;
    try {
      await post(sensor, { temperature: 1 }).expect(200, STORED);
    } finally {
      Date.now = now;
    }
    expect((await pointsOf(sensor)).slice(7, 9)).toEqual([
      { ts: (first + 7) / 1000, val: 1 },
      { ts: Number(((first + 7) / 1000).toFixed(3) + '001'), val: 1 },
    ]);
  });

  test('may come again: the same number is no conflict, another one is, and the rest is stored', async () => {
    const sensor = newSensor();
    const body = [1, 2, 3].map((at) => ({ temperature: at, at: at * 1000 }));
    for (const to of [archive, other, archive]) await post(sensor, body, to).expect(200, STORED);
    await post(sensor, [...body, ...body]).expect(200, STORED);
    const conflict = [
      body[0],
      { temperature: 5, at: 2000 },
      { temperature: 4, at: 4000 },
      { temperature: 6, at: 4000 },
    ];
    const answer = await post(sensor, conflict).expect(409);
    expect(refusalOf(answer.body)).toEqual({
      at: 'temperature has a point at 2 already, and 1 more points were there',
    });
    expectDocumented('postMeasurements', answer);
    expect((await pointsOf(sensor)).map(({ val }) => val)).toEqual([1, 2, 3, 4]);
  });

  test('takes place once under an Idempotency-Key, also without times', async () => {
    const sensor = newSensor();
    for (const to of [archive, other, archive])
      await post(sensor, { temperature: 7 }, to).set('idempotency-key', 'sensor-key').expect(200, STORED);
    expect(await pointsOf(sensor)).toHaveLength(1);
    const { body } = await post(sensor, { temperature: 8 }).set('idempotency-key', 'sensor-key').expect(422);
    expect(body.code).toBe('key-reused');
  });

  test('is registered once by those that come at a time, and again after its deletion', async () => {
    let sensor = '';
    // Often, since they must meet within one statement.
    for (let round = 0; round < 30; round++) {
      const another = (sensor = newSensor());
      const many = Array.from({ length: 12 }, (_, at) => post(another, { noise: 1, at }, at % 2 ? other : archive));
      expect(new Set((await Promise.all(many)).map(({ status }) => status))).toEqual(new Set([200]));
    }
    const [key, ...more] = await archive.query<{ key: string }>(
      `SELECT key FROM metadata WHERE parameters ->> 'sensor' = $1`,
      [sensor],
    );
    expect(more).toEqual([]);
    const admin = await archive.issueKey('admin');
    await other.http.delete(`${ARCHIVE}${key?.key}/`).set('authorization', admin).expect(200);
    for (const to of [archive, other]) await post(sensor, { noise: 1, at: 5000 }, to).expect(200, STORED);
    expect(await pointsOf(sensor, 'noise')).toEqual([{ ts: 5, val: 1 }]);
  });
});

describe('what is wrong with a request', () => {
  test.each<[body: unknown, ...fields: string[]]>([
    [{}, 'temperature'],
    [{ at: 1 }, 'temperature'],
    [{ foo: 1 }, 'temperature'],
    [{ temperature: null }, 'temperature'],
    [{ temperature: 'x' }, 'temperature'],
    [{ temperature: true }, 'temperature'],
    [{ temperature: [1] }, 'temperature'],
    [{ temperature: {} }, 'temperature'],
    [{ temperature: 'NaN' }, 'temperature'],
    [{ temperature: 'Infinity' }, 'temperature'],
    [{ temperature: 'x', humidity: 'y', at: '' }, 'temperature', 'humidity', 'at'],
    ...['yesterday', '', 1e20, 1.5, true, '2026-01-01T00:00:00', '2026-02-30', '2026-01-01Z', '5'].map(
      (at): [unknown, string] => [{ temperature: 1, at }, 'at'],
    ),
    ['no', 'body'],
    ['{"temperature":1e999}', 'body'],
    ['', 'body'],
    ['{"temperature":1} {"temperature":2}', 'body'],
    ['1', 'body'],
    [[], 'body'],
    [[1], '[1]'],
    [[{ temperature: 1 }, { temperature: null }, {}], '[2].temperature', '[3].temperature'],
  ])('%j', async (body, ...fields) => {
    const sensor = newSensor();
    const answer = await post(sensor, body).expect(400);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    const refusal = refusalOf(answer.body);
    expect(Object.keys(refusal)).toEqual(fields);
    if (JSON.stringify(body) === '{}') expect(refusal['temperature']).toContain('signal-strength');
    expectDocumented('postMeasurements', answer);
    expect(await metadataOf(sensor)).toBeUndefined();
  });

  test.each(['x'.repeat(129), 'a%00b', 'a%0Ab', 'a%2Fb', 'a%C2%85b'])('the sensor %s', async (id) => {
    const path = `/api/v1/sensors/${id}/measurements`;
    const answer = await archive.http
      .post(path)
      .set('authorization', archive.auth)
      .send({ temperature: 1 })
      .expect(400);
    expect(Object.keys(refusalOf(answer.body))).toEqual(['sensorUuid']);
  });

  test('a hundred bad members are named; more than MAX_POINTS objects are too many', async () => {
    const { body } = await post('bad', Array(1000).fill({})).expect(400);
    expect(body.response).toHaveLength(100);
    await post('bad', Array(1001).fill({})).expect(413);
  });

  test('and what is refused before it is read, as everywhere', async () => {
    const path = '/api/v1/sensors/s/measurements';
    const { body } = await archive.http.post(path).send({ temperature: 1 }).expect(401);
    expect(body.code).toBe('unauthorized');
    await archive.http.post(path).set('authorization', archive.auth).type('text').send('{}').expect(415);
    await archive.http.put(path).set('authorization', archive.auth).expect(405);
  });
});

describe('what is asked of a sensor', () => {
  const get = (path: string) => archive.http.get(`/api/v1/${path}`);

  test('the temperatures of the hour, of 7 days and of 30 days', async () => {
    const sensor = newSensor();
    const nothing = { averageLastHour: null, averageLast7Days: null, maxLast30Days: null };
    const unknown = await get(`sensors/${sensor}/measurements`).expect(200);
    expect(unknown.body).toEqual({ sensorUuid: sensor, ...nothing });
    const hoursAgo = (hours: number): number => Date.now() - hours * 3_600_000;
    const values = [10, 100, 97, 99, 10, 100, 107, 98];
    await post(
      sensor,
      values.map((temperature, index) => ({ temperature, at: hoursAgo(0.5) + index })),
    ).expect(200, STORED);
    await post(sensor, { humidity: 1000 }).expect(200, STORED);
    const first = await get(`sensors/${sensor}/measurements`).expect(200);
    expect(first.text).toBe(
      `{"sensorUuid":"${sensor}","averageLastHour":77.625,"averageLast7Days":77.625,"maxLast30Days":107}`,
    );
    expect(first.headers['content-type']).toBe('application/json; charset=utf-8');
    expectDocumented('getRecentTemperatures', first);
    const old = [2, 7 * 24 + 1, 30 * 24 + 1].map((hours, index) => ({
      temperature: 200 * (index + 1),
      at: hoursAgo(hours),
    }));
    await post(sensor, old).expect(200, STORED);
    const { body } = await get(`sensors/${sensor}/measurements`).expect(200);
    expect(body).toMatchObject({ averageLastHour: 77.625, averageLast7Days: 821 / 9, maxLast30Days: 400 });
  });

  test('its statistics, which are those of its metadata, too', async () => {
    const sensor = newSensor();
    const values = [10, 100, 97, 99, 10, 100, 107, 98];
    const points = values.map((temperature, index) => ({ temperature, at: 1000 * (index + 1) }));
    await post(sensor, points).expect(200, STORED);
    const answer = await get(`sensors/${sensor}/statistics?until=9`).expect(200);
    expectDocumented('getSensorStatistics', answer);
    const figures = {
      ...{ 'event-type': 'temperature', since: 0, until: 9, count: 8, minimum: 10, maximum: 107, mean: 77.625 },
      ...{ median: 98.5, variance: 1532.234375, 'standard-deviation': 39.14376546782386 },
      ...{
        first: { ts: 1, val: 10 },
        last: { ts: 8, val: 98 },
        percentiles: { 25: 31.75, 75: 100, 95: 107 },
        exact: true,
      },
    };
    expect(answer.body).toEqual({ sensor, ...figures });
    const key = (await metadataOf(sensor))?.['metadata-key'];
    const same = await get(`metadata/${key}/temperature/statistics?until=9`).expect(200);
    expectDocumented('getStatistics', same);
    expect(same.body).toEqual({ 'metadata-key': key, ...figures });
    const some = await get(`sensors/${sensor}/statistics?since=2&until=4&percentiles=0,100`).expect(200);
    expect(some.body).toMatchObject({ count: 2, mean: 98.5, percentiles: { 0: 97, 100: 100 } });
    for (const path of [
      `${sensor}/statistics?since=2027-01-01`,
      `${sensor}/statistics?event-type=humidity`,
      'no/statistics',
    ])
      expect((await get(`sensors/${path}`).expect(200)).body).toMatchObject({ count: 0, mean: null, percentiles: {} });
    await get('metadata/no/temperature/statistics').expect(404);
  });

  test('percentages have statistics of their quotients; documents have none', async () => {
    const uri = await register(archive, 'packet-loss-rate', 'failures');
    for (const ts of [1, 2])
      await postPoint(archive, uri, 'packet-loss-rate', { ts, val: { numerator: ts, denominator: 4 } });
    const path = uri.replace(ARCHIVE, 'metadata/');
    const { body } = await get(`${path}packet-loss-rate/statistics`).expect(200);
    expect(body).toMatchObject({ count: 2, minimum: 0.25, maximum: 0.5, mean: 0.375 });
    await get(`${path}failures/statistics`).expect(400);
  });

  test.each(['since=a', 'until=', 'percentiles=101', 'percentiles=1.5', 'foo=1', 'event-type=no-such'])(
    'statistics refuse %s',
    async (query) => {
      const { body } = await get(`sensors/s1/statistics?${query}`).expect(400);
      expect(body.detail).toMatch(
        query.startsWith('event-type') ? /event type/ : new RegExp(`^${query.split('=')[0]}:`),
      );
    },
  );

  test('who they are, in pages', async () => {
    const missing = await get('sensors/not-there').expect(404);
    expect(missing.body.code).toBe('not-found');
    const ids = ['list a', 'list B', 'list ä'];
    for (const sensor of ids) await post(sensor, { temperature: 1 }).expect(200);
    const one = await get('sensors/list%20B').expect(200);
    expectDocumented('getSensor', one);
    expect(one.body).toMatchObject({ sensor: 'list B', 'subject-type': 'sensor' });
    const first = await get('sensors?limit=2&after=list').expect(200);
    expectDocumented('listSensors', first);
    const idsOf = (body: WireMetadata[]): unknown[] => body.map(({ sensor }) => sensor);
    expect(idsOf(first.body)).toEqual(['list B', 'list a']);
    const next = /<([^>]*)>; rel="next"/.exec(first.headers['link'] ?? '')?.[1] ?? '';
    const second = await archive.http.get(new URL(next).pathname + new URL(next).search).expect(200);
    expect(idsOf(second.body)[0]).toBe('list ä');
  });
});

describe('the metadata of a sensor', () => {
  const body = (sensor: string, more: object = {}): object => ({
    ...{ 'subject-type': 'sensor', sensor, 'event-types': [] },
    ...more,
  });

  test('may be registered before, with labels, summaries and event types of any kind', async () => {
    const sensor = 'Keller "Süd" \u{1f321}';
    const types = [summarized('temperature', ['average', 3600]), { 'event-type': 'failures' }];
    const first = await postMetadata(archive, body(sensor, { site: 'B1', 'event-types': types })).expect(201);
    expectDocumented('createMetadata', first);
    await post(sensor, [
      { temperature: 1, at: 1000 },
      { temperature: 2, at: 2000 },
    ]).expect(200, STORED);
    const { uri } = first.body as WireMetadata;
    await archive.http.get(`${uri}temperature/averages/3600?time-start=0`).expect(200, [{ ts: 0, val: 1.5 }]);
    // Other labels replace the stored ones; measurements leave them as they are.
    const second = await postMetadata(archive, body(sensor, { room: 7 })).expect(201);
    expect(second.body).toMatchObject({ 'metadata-key': first.body['metadata-key'], room: '7' });
    await post(sensor, { temperature: 3, at: 3000 }).expect(200, STORED);
    const found = await metadataOf(sensor);
    expect(found).toMatchObject({ room: '7', sensor });
    expect(found).not.toHaveProperty('site');
    const actions = await archive.query<{ action: string; details: object }>(
      'SELECT action, details FROM audit WHERE target = $1 ORDER BY id',
      [first.body['metadata-key']],
    );
    expect(actions.map(({ action }) => action)).toEqual(['metadata created', 'metadata extended']);
    expect(actions[1]?.details).toMatchObject({ parameters: { sensor, room: '7' } });
  });

  test('is found by its id and subject type only, exactly', async () => {
    const sensor = 'Exact';
    await post(sensor, { temperature: 1 }).expect(200);
    await post('exact', { temperature: 1 }).expect(200);
    const found = async (query: string): Promise<unknown[]> =>
      ((await archive.http.get(`${ARCHIVE}?${query}`).expect(200)).body as WireMetadata[]).map((one) => one['sensor']);
    expect(await found('sensor=Exact')).toEqual([sensor]);
    expect(await found('subject-type=sensor&limit=1000')).toEqual(expect.arrayContaining([sensor, 'exact']));
    expect(await found('limit=1000')).not.toContain(sensor);
  });

  test.each([
    [{ source: '192.0.2.1' }, 'source'],
    [{ 'tool-name': '' }, 'tool-name'],
    [{ 'input-source': 'x' }, 'input-source'],
    [{ sensor: undefined }, 'sensor'],
    [{ sensor: 'a/b' }, 'sensor'],
    [{ sensor: '' }, 'sensor'],
    [{ sensor: 'x'.repeat(129) }, 'sensor'],
    [{ 'event-types': [{ 'event-type': 'no-such' }] }, 'event-types'],
  ])('with %j is refused', async (more, field) => {
    const { body: refusal } = await postMetadata(archive, body('refused', more)).expect(400);
    expect(refusal.detail).toMatch(new RegExp(`^${field}\\b`));
  });
});

test('a key can be limited to a sensor, whichever way it writes', async () => {
  const { key } = await archive.app.get(ApiKeyService).issue('limited', 'write', { limits: { sensor: ['mine'] } });
  const authorization = `Token ${key}`;
  await post('mine', { temperature: 1 }).set({ authorization }).expect(200, STORED);
  for (const id of ['Mine', 'yours']) await post(id, { temperature: 1 }).set({ authorization }).expect(403);
  const wanted = { 'subject-type': 'sensor', 'event-types': [] };
  await postMetadata(archive, { ...wanted, sensor: 'yours' })
    .set({ authorization })
    .expect(403);
  const { body } = await postMetadata(archive, { ...wanted, sensor: 'mine' })
    .set({ authorization })
    .expect(201);
  await archive.http.post(`${body.uri}temperature/base`).set({ authorization }).send({ ts: 1, val: 1 }).expect(201);
});

test('SENSOR_REGISTRATION=known and MAX_SENSORS', async () => {
  const known = await startArchive({ SENSOR_REGISTRATION: 'known', MAX_SENSORS: '2' });
  try {
    const send = (sensor: string, body: object) =>
      known.http.post(`/api/v1/sensors/${sensor}/measurements`).set('authorization', known.auth).send(body);
    const { body } = await send('a', { temperature: 1 }).expect(404);
    expect(Object.keys(refusalOf(body))).toEqual(['sensorUuid']);
    const wanted = { 'subject-type': 'sensor', 'event-types': [] };
    for (const sensor of ['a', 'b', 'a']) await postMetadata(known, { ...wanted, sensor }).expect(201);
    const third = await postMetadata(known, { ...wanted, sensor: 'c' }).expect(400);
    expect(third.body.detail).toContain('MAX_SENSORS');
    await send('a', { temperature: 1 }).expect(200, STORED);
    await send('a', { humidity: 1 }).expect(200, STORED);
    await send('c', { temperature: 1 }).expect(404);
  } finally {
    await known.close();
  }
});
