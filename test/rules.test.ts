import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ColumnsBySeries } from '../src/storage/ingest/columns-by-series.js';
import { ImportStore } from '../src/storage/ingest/import-store.js';
import { SeriesStore } from '../src/storage/registry/series-store.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, register, type WirePoint } from './support/builders.js';
import { empty } from './support/empty.js';
import { generated, HOT, Rulebook } from './support/rules.js';

let archive: TestArchive;
let other: TestArchive;
let rules: Rulebook;
beforeAll(async () => {
  archive = await startArchive();
  other = await archive.another();
  rules = await Rulebook.open(archive);
});
afterAll(async () => {
  await other.close();
  await archive.close();
});
beforeEach(async () => {
  await rules.removeAll();
  await empty(archive);
});

async function celsius(): Promise<string> {
  const metadata = newMetadata(['celsius'], { site: 'B1' });
  return (await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(metadata).expect(201)).body.uri;
}

/** Points at these times, one second apart unless given as pairs. */
function points(values: readonly (number | readonly [ts: number, val: number])[], begin = 1000): WirePoint[] {
  return values.map((value, index) =>
    typeof value === 'number' ? { ts: begin + index, val: value } : { ts: value[0], val: value[1] },
  );
}

describe('events', () => {
  const EIGHT = [10, 100, 97, 99, 10, 100, 107, 98];

  test.each(['one request', 'a request each'])('open at the third warning in a row: %s', async (how) => {
    await rules.add(HOT);
    const uri = await celsius();
    const all = points(EIGHT);
    for (const some of how === 'one request' ? [all] : all.map((point) => [point])) await rules.put(uri, some);
    const repeated = await rules.put(uri, all);
    expect(repeated.body).toMatchObject({ stored: 0 });
    const events = await rules.events('?order=asc');
    expect(events).toMatchObject([
      { value: 99, opened: 1003, 'first-warning': 1001, closed: 1004, 'closed-by': 'value', warnings: 3, peak: 100 },
      { value: 98, opened: 1007, 'first-warning': 1005, closed: null, 'closed-by': null, warnings: 3, peak: 107 },
    ]);
    expect(await rules.states('hot')).toMatchObject([{ warnings: 3, since: 1005, peak: 107, last: 98 }]);
  });

  test('go on while warnings come, on every server', async () => {
    await rules.add(HOT);
    const uri = await celsius();
    await rules.put(uri, points([100, 100, 100]));
    await rules.put(uri, points([120, 100], 1003), other);
    const [event] = await rules.events();
    expect(event).toMatchObject({ state: 'open', warnings: 5, peak: 120, value: 100, text: 'hot: 100 in B1' });
    await rules.put(uri, points([20], 1005), other);
    expect(await rules.events()).toMatchObject([{ state: 'closed', warnings: 5, peak: 120, closed: 1005 }]);
  });

  test.each([
    { how: 'arrival', order: 'arrival', at: [[[1, 96]], [[3, 97]], [[2, 90]], [[4, 98]]], warnings: 1, opened: [] },
    { how: 'time', order: 'time', at: [[[1, 96]], [[3, 97]], [[2, 90]], [[4, 98]]], warnings: 3, opened: [98] },
    {
      how: 'arrival, at once',
      order: 'arrival',
      at: [
        [
          [1, 96],
          [3, 97],
          [2, 90],
          [4, 98],
        ],
      ],
      warnings: 1,
      opened: [],
    },
    {
      how: 'time, at once',
      order: 'time',
      at: [
        [
          [1, 96],
          [3, 97],
          [2, 90],
          [4, 98],
        ],
      ],
      warnings: 2,
      opened: [],
    },
  ] as const)('count points in their order: $how', async ({ order, at, warnings, opened }) => {
    await rules.add({ ...HOT, order });
    const uri = await celsius();
    for (const request of at) await rules.put(uri, points(request));
    expect(await rules.states('hot')).toMatchObject([{ warnings }]);
    expect((await rules.events()).map(({ value }) => value)).toEqual(opened);
  });

  test('are 80 of 10,000 generated values, however these are cut into requests', async () => {
    await rules.add(HOT);
    const uri = await celsius();
    const all = points(generated(10_000));
    for (let at = 0, size = 1; at < all.length; at += size, size = (size * 7 + 3) % 901) {
      await rules.put(uri, all.slice(at, at + size), size % 2 === 0 ? archive : other);
      if (size % 10 === 3) await rules.put(uri, all.slice(at, at + size), other);
    }
    const events = await rules.events('?order=asc&limit=1000');
    expect(events).toHaveLength(80);
    expect(events[0]).toMatchObject({ value: 102.2, opened: 1204 });
    expect(events.at(-1)).toMatchObject({ value: 119.4, opened: 10_967 });
    expect(Math.max(...events.map(({ warnings }) => warnings))).toBe(7);
    expect(await rules.states('hot')).toEqual([]);
  });

  test('are one where many clients post warnings to two servers at once', async () => {
    await rules.add(HOT);
    const uri = await celsius();
    const clients = Array.from({ length: 8 }, async (_, client) => {
      for (let i = 0; i < 10; i++)
        await rules.put(uri, points([99], 1000 + client * 10 + i), client % 2 ? archive : other);
    });
    await Promise.all(clients);
    expect(await rules.events()).toMatchObject([{ state: 'open', warnings: 80 }]);
  });

  test('are not made by points that replace others, repeat, contradict, are imported or too old', async () => {
    await rules.add({
      ...HOT,
      match: { 'event-type': ['celsius', 'failures'] },
      condition: { op: 'exists' },
      warnings: 1,
    });
    const uri = await register(archive, 'celsius', 'failures');
    const counted = async (): Promise<number[]> => (await rules.states('hot')).map(({ warnings }) => warnings).sort();
    await rules.put(uri, points([1]));
    await rules.put(uri, [...points([2]), ...points([2, 2, 3], 1001), { ts: 1001, val: 2 }]);
    expect(await counted()).toEqual([4]);
    const failures = [{ ts: 5, val: [{ 'event-type': 'failures', val: { error: 'a' } }] }];
    for (const _ of [1, 2]) await rules.send(uri, failures);
    await rules.send(uri, [...failures, ...failures, { ...failures[0], ts: 6 }, { ...failures[0], ts: 6 }]);
    expect(await counted()).toEqual([2, 4]);
    await rules.replace({ ...HOT, warnings: 1, 'max-age': 60 });
    const now = Math.floor(Date.now() / 1000);
    await rules.put(uri, points([100], now - 3600));
    expect(await rules.states('hot')).toEqual([]);
    await rules.put(uri, points([100], now - 10));
    expect(await rules.states('hot')).toMatchObject([{ warnings: 1 }]);
    await importPoint(uri, 100);
    expect(await rules.states('hot')).toMatchObject([{ warnings: 1 }]);
  });

  test('of sensors know the sensor, and the labels that it has now', async () => {
    const match = { sensor: 's1', site: 'B2', 'event-type': 'temperature' };
    await rules.add({ ...HOT, match, warnings: 1, event: { type: 'HOT', text: '{{sensor}} in {{site}}' } });
    const send = (site: string, ts: number, temperature = 99) =>
      archive.http
        .post(ARCHIVE)
        .set('authorization', archive.auth)
        .send({ 'subject-type': 'sensor', sensor: 's1', site, 'event-types': [{ 'event-type': 'temperature' }] })
        .then(() =>
          archive.http
            .post('/api/v1/sensors/s1/measurements')
            .set('authorization', archive.auth)
            .send({ temperature, at: ts * 1000 })
            .expect(200),
        );
    for (const [index, site] of ['B1', 'B2', 'B1'].entries()) await send(site, 1000 + index);
    const events = [{ temperature: 99, at: '1970-01-01T00:16:41Z', type: 'HOT' }];
    const { body, headers } = await archive.http.get('/api/v1/sensors/s1/events').expect(200);
    expect([body, headers.link]).toEqual([{ sensorUuid: 's1', events }, undefined]);
    await send('B2', 1003, 20);
    await send('B2', 1003.5);
    const first = await archive.http.get('/api/v1/sensors/s1/events?limit=1&since=0').expect(200);
    expect(first.body.events).toEqual(events);
    const [, next = ''] = /^<http:\/\/[^/]*(.*)>; rel="next"$/.exec(first.headers.link ?? '') ?? [];
    const second = await archive.http.get(next).expect(200);
    expect(second.body.events).toMatchObject([{ at: '1970-01-01T00:16:43.5Z' }]);
    expect((await archive.http.get('/api/v1/sensors/none/events').expect(200)).body.events).toEqual([]);
    expect(await rules.events('?sensor=s1&until=1003')).toMatchObject([
      { sensor: 's1', opened: 1001, text: 's1 in B2' },
    ]);
  });

  test('of percentages compare the quotient', async () => {
    await rules.add({
      ...HOT,
      match: { 'event-type': 'packet-loss-rate' },
      condition: { op: '>', value: 0.5 },
      warnings: 1,
    });
    const uri = await register(archive, 'packet-loss-rate');
    const val = (numerator: number) => ({ numerator, denominator: 4 });
    await rules.send(
      uri,
      [2, 3].map((numerator, ts) => ({ ts, val: [{ 'event-type': 'packet-loss-rate', val: val(numerator) }] })),
    );
    expect(await rules.events()).toMatchObject([{ value: 0.75 }]);
  });

  async function importPoint(uri: string, val: number): Promise<void> {
    const [series] = await archive.query<{ id: number }>(
      `SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1 AND event_type = 'celsius'`,
      [uri.split('/').at(-2)],
    );
    const ref = (await archive.app.get(SeriesStore).refs([series?.id ?? 0])).get(series?.id ?? 0);
    const columns = new ColumnsBySeries();
    if (ref) columns.add(ref, Date.now() * 1000, { value: val, denominator: null, document: null });
    const by = { username: 'tester', keyId: null, address: null };
    expect(await archive.app.get(ImportStore).write({ columns: columns.columns, size: 1, by })).toBe(1);
  }
});

describe('open events', () => {
  /** A series with an open event, after five warnings. */
  async function open(): Promise<{ uri: string; id: string }> {
    await rules.add(HOT);
    const uri = await celsius();
    await rules.put(uri, points([96, 97, 98, 99, 100]));
    const [event] = await rules.events('?state=open');
    return { uri, id: event?.id ?? '' };
  }

  test('are acknowledged once; the note can be replaced, and all of it taken back', async () => {
    const { id } = await open();
    const first = (await rules.act(id, 'acknowledge', { note: 'on my way' }).expect(200)).body;
    expect(first.acknowledged).toEqual({ by: 'tester', at: expect.any(Number), note: 'on my way' });
    expect((await rules.act(id, 'acknowledge').expect(200)).body).toEqual(first);
    expect(await rules.events('?acknowledged=true')).toEqual([first]);
    const noted = (await rules.act(id, 'acknowledge', { note: 'there' }).expect(200)).body.acknowledged;
    expect(noted).toEqual({ ...first.acknowledged, note: 'there' });
    expect((await rules.act(id, 'acknowledge', { acknowledged: false }).expect(200)).body.acknowledged).toBeNull();
    const audit = await archive.query('SELECT action FROM audit WHERE target = $1 ORDER BY id', [id]);
    const actions = ['event acknowledged', 'event acknowledged', 'event unacknowledged'];
    expect(audit.map(({ action }) => action)).toEqual(actions);
  });

  test.each([
    { rearm: false, warnings: 8, opened: [98] },
    { rearm: true, warnings: 3, opened: [98, 99] },
  ])('are resolved by one of two people at once; rearm: $rearm', async ({ rearm, warnings, opened }) => {
    const { uri, id } = await open();
    const answers = await Promise.all([1, 2].map(() => rules.act(id, 'resolve', { rearm, note: 'fan replaced' })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect(await rules.events()).toMatchObject([{ 'closed-by': 'manual', warnings: 5, peak: 100 }]);
    await rules.act(id, 'acknowledge').expect(409);
    await rules.put(uri, points([99, 99, 99], 2000), other);
    expect(await rules.states('hot')).toMatchObject([{ warnings }]);
    expect((await rules.events('?order=asc')).map(({ value }) => value)).toEqual(opened);
  });

  test.each([
    ['rule disabled', () => rules.replace({ ...HOT, enabled: false })],
    ['rule changed', () => rules.replace({ ...HOT, warnings: 4 })],
    ['rule deleted', () => rules.remove('hot')],
    ['metadata deleted', (uri: string) => archive.http.delete(uri).set('authorization', rules.admin).expect(200)],
  ])('close when their rule or metadata is no more what it was: %s', async (reason, change) => {
    const { uri } = await open();
    await rules.replace({ ...HOT, event: { ...HOT.event, text: 'another text' } });
    expect(await rules.events('?state=open')).toHaveLength(1);
    await change(uri);
    expect(await rules.events()).toMatchObject([{ state: 'closed', 'closed-by': reason, warnings: 5, peak: 100 }]);
    expect(await archive.query('SELECT * FROM rule_state')).toEqual([]);
  });

  test('are found by what is known of them, in pages that others do not shift', async () => {
    const { uri, id } = await open();
    const key = uri.split('/').at(-2) ?? '';
    await rules.put(uri, points([1, 99, 99, 99, 1, 99, 99, 99], 1100));
    const times = async (query: string): Promise<number[]> => (await rules.events(query)).map(({ opened }) => opened);
    expect(await times('')).toEqual([1107, 1103, 1002]);
    expect(await times('?order=asc&site=B1&rule=hot&type=TEMPERATURE_EXCEEDED&severity=warning')).toHaveLength(3);
    expect(await times(`?metadata-key=${key}&event-type=celsius&acknowledged=false`)).toHaveLength(3);
    expect(await times('?site=B2')).toEqual([]);
    expect(await times('?sensor=s1')).toEqual([]);
    expect(await times('?state=open')).toEqual([1107]);
    expect(await times('?since=1002&until=1107')).toEqual([1103, 1002]);
    expect(await times('?overlapping=1104,1106')).toEqual([1103]);
    expect(await times('?overlapping=1004,1099.5')).toEqual([1002]);
    const shown = (await archive.http.get('/api/annotations?type=alert&from=1002000&to=1003000').expect(200)).body;
    const tags = ['rule:hot', 'type:TEMPERATURE_EXCEEDED', 'severity:warning'];
    const data = { event: id };
    expect(shown).toMatchObject([
      { kind: 'alert', time: 1_002_000, timeEnd: 1_100_000, tags, data, 'metadata-key': key },
    ]);
    const page = (await archive.http.get('/api/v1/events?limit=2').expect(200)).body;
    await rules.put(uri, points([1, 99, 99, 99], 1200));
    const next = (await archive.http.get(`/api/v1/events?limit=2&cursor=${page.next}`).expect(200)).body;
    expect(next).toMatchObject({ events: [{ id, opened: 1002 }], next: null });
    expect((await archive.http.get(`/api/v1/events/${id}`).expect(200)).body).toEqual(next.events[0]);
  });

  test('cannot be asked for with parameters that make no sense', async () => {
    for (const query of [
      'limit=0',
      'limit=1001',
      'cursor=x',
      'since=a',
      'state=foo',
      'order=up',
      'overlapping=1',
      'overlapping=2,1',
    ]) {
      const { body } = await archive.http.get(`/api/v1/events?${query}`).expect(400);
      expect(body.detail).toMatch(new RegExp(`^${query.split('=')[0]}: `));
    }
    for (const path of ['x', '00000000-0000-7000-8000-000000000000'])
      await archive.http.get(`/api/v1/events/${path}`).expect(404);
  });
});

describe('rules', () => {
  test('are added, read by id or name, listed, replaced and deleted, with a record of each', async () => {
    await celsius();
    const rule = await rules.add({ ...HOT, match: { 'event-type': 'celsius', site: ['B1', 'B2'] } });
    expect(rule).toMatchObject({
      enabled: true,
      warnings: 3,
      reset: { after: 1 },
      order: 'arrival',
      matching: 1,
      by: 'tester',
    });
    for (const name of [rule.id, 'hot'])
      expect((await archive.http.get(`/api/v1/rules/${name}`).expect(200)).body).toEqual(rule);
    const { matching: _, ...listed } = rule;
    expect((await archive.http.get('/api/v1/rules').expect(200)).body).toEqual([listed]);
    const renamed = await rules.replace({ ...HOT, name: 'hotter', match: { 'event-type': 'celsius', site: 'B3' } });
    expect(renamed).toMatchObject({ id: rule.id, name: 'hotter', matching: 0 });
    await rules.remove(rule.id);
    await archive.http.get('/api/v1/rules/hotter').expect(404);
    const audit = await archive.query(
      `SELECT action, target FROM audit WHERE action LIKE 'rule%' ORDER BY id DESC LIMIT 3`,
    );
    expect(audit.reverse()).toEqual([
      { action: 'rule added', target: 'hot' },
      { action: 'rule changed', target: 'hot' },
      { action: 'rule deleted', target: 'hotter' },
    ]);
  });

  test('have unique names, and are changed by admins only', async () => {
    await rules.add(HOT);
    await rules.post(HOT).expect(409);
    await rules.add({ ...HOT, name: 'cold' });
    await archive.http.put('/api/v1/rules/cold').set('authorization', rules.admin).send(HOT).expect(409);
    await archive.http.post('/api/v1/rules').set('authorization', archive.auth).send(HOT).expect(403);
    await archive.http.delete('/api/v1/rules/none').set('authorization', rules.admin).expect(404);
  });

  const without = (name: keyof typeof HOT): object => ({ ...HOT, [name]: undefined });
  test.each<[string, object | string]>([
    ['name', { ...HOT, name: 'two words' }],
    ['match', without('match')],
    ['match', { ...HOT, match: { 'event-type': 'celsius', site: [] } }],
    ['match.event-type', { ...HOT, match: {} }],
    ['match.event-type', { ...HOT, match: { 'event-type': 'warmth' } }],
    ['match.event-type', { ...HOT, match: { 'event-type': ['celsius', 'histogram-rtt'] } }],
    ['match.source', { ...HOT, match: { ...HOT.match, source: '10.0.0.0/8' } }],
    ['condition', without('condition')],
    ['condition, op', { ...HOT, condition: { op: '=>', value: 95 } }],
    ['condition, value', { ...HOT, condition: { op: '>', value: '95' } }],
    ['condition, value', { ...HOT, condition: { op: '>', value: null } }],
    ['condition, value', { ...HOT, condition: { op: '>' } }],
    ['condition, value', { ...HOT, condition: { op: 'inside', value: [20, 10] } }],
    ['condition, value', { ...HOT, condition: { op: 'outside', value: 20 } }],
    ['condition, value', { ...HOT, condition: { op: 'exists', value: 1 } }],
    ['condition, treshold', { ...HOT, condition: { op: '>', value: 1, treshold: 1 } }],
    ['treshold', { ...HOT, treshold: 1 }],
    ['warnings', { ...HOT, warnings: 0 }],
    ['warnings', { ...HOT, warnings: 2.5 }],
    ['warnings', { ...HOT, warnings: '3' }],
    ['reset, after', { ...HOT, reset: { after: 0 } }],
    ['reset, op', { ...HOT, reset: { value: 3 } }],
    ['reset', { ...HOT, reset: { op: '<', value: 96 } }],
    ['max-age', { ...HOT, 'max-age': -1 }],
    ['order', { ...HOT, order: 'random' }],
    ['kind', { ...HOT, kind: 'magic' }],
    ['event', without('event')],
    ['event, type', { ...HOT, event: {} }],
    ['event, type', { ...HOT, event: { type: 'hot' } }],
    ['event, severity', { ...HOT, event: { type: 'HOT', severity: 'bad' } }],
    ['event, text', { ...HOT, event: { type: 'HOT', text: 'x'.repeat(501) } }],
  ])('with a bad %s are refused', async (field, rule) => {
    const { body } = await rules.post(rule).expect(400);
    expect(body.detail).toMatch(new RegExp(`^${field.replace(', ', '\\b.*\\b')}\\b`));
  });

  test('that change while points come are never mixed: each event has the threshold of one that was', async () => {
    await rules.add(HOT);
    const uris = await Promise.all([1, 2, 3, 4].map(celsius));
    let changing = true;
    const clients = uris.map(async (uri, client) => {
      for (let ts = 1; changing; ts++) await rules.put(uri, points([99 + (ts % 2)], ts), client % 2 ? archive : other);
    });
    for (let change = 1; change <= 20; change++)
      await rules.replace({ ...HOT, condition: { op: '>=', value: 95 - change }, warnings: 1 + (change % 3) });
    changing = false;
    await Promise.all(clients);
    const events = await rules.events('?limit=1000');
    expect(events.length).toBeGreaterThan(4);
    const wanted = (value: number): number => (value === 95 ? 3 : 1 + ((95 - value) % 3));
    const ofNone = events.filter(({ warnings, threshold }) => warnings < wanted(Number(threshold.value)));
    expect(ofNone).toEqual([]);
    expect(events.filter(({ state, threshold }) => state === 'open' && threshold.value !== 75)).toEqual([]);
  });
});

describe('a rehearsal', () => {
  const rehearse = (body: object) => archive.http.post('/api/v1/rules/rehearsal').send(body);
  const { name: _, ...unnamed } = HOT;
  const WHOLE = { rule: unnamed, since: 0, until: 20_000 };

  test('finds the 80 events of 10,000 generated values, and changes nothing', async () => {
    const uri = await celsius();
    await rules.put(uri, points(generated(10_000)));
    const { body } = await rehearse(WHOLE).expect(200);
    expect(body).toMatchObject({ series: 1, points: 10_000, warnings: 2122, open: 0, truncated: false });
    expect(body.events).toHaveLength(80);
    expect(body.events[0]).toMatchObject({ opened: 1204, value: 102.2, 'event-type': 'celsius', sensor: null });
    expect(body.events[79]).toMatchObject({ opened: 10_967, value: 119.4 });
    expect(await rules.events()).toEqual([]);
    expect((await archive.http.get('/api/v1/rules').expect(200)).body).toEqual([]);
  });

  test('reads from the first bound to just before the last, of all series that match', async () => {
    const uris = await Promise.all([celsius(), celsius()]);
    for (const uri of uris) await rules.put(uri, points([100, 100, 100, 20, 100, 100, 100]));
    const { body } = await rehearse({ ...WHOLE, since: 1001, until: 1007 }).expect(200);
    expect(body).toMatchObject({ series: 2, points: 12, warnings: 10, open: 2, truncated: false });
    const keys = uris.map((uri) => uri.split('/').at(-2)).sort();
    expect(body.events).toMatchObject(
      keys.map((key) => ({ 'metadata-key': key, opened: 1006, 'first-warning': 1004, closed: null, warnings: 3 })),
    );
    const { body: limited } = await rehearse({ ...WHOLE, limit: 1 }).expect(200);
    expect(limited).toMatchObject({
      events: [{ 'metadata-key': keys[0], opened: 1002, closed: 1003 }],
      truncated: true,
    });
    const ofNone = { ...unnamed, match: { ...HOT.match, site: 'B2' } };
    expect((await rehearse({ ...WHOLE, rule: ofNone }).expect(200)).body).toMatchObject({ series: 0, events: [] });
  });

  test('lists the first 200 events of a series', async () => {
    const uri = await celsius();
    await rules.put(uri, points(Array.from({ length: 500 }, (_, index) => (index % 2 === 0 ? 100 : 20))));
    const { body } = await rehearse({ ...WHOLE, rule: { ...unnamed, warnings: 1 } }).expect(200);
    expect(body.events).toHaveLength(200);
    expect(body).toMatchObject({ warnings: 250, truncated: true });
  });

  test.each([
    ['until', { ...WHOLE, until: 0 }],
    ['since', { ...WHOLE, since: '1' }],
    ['limit', { ...WHOLE, limit: 0 }],
    ['limit', { ...WHOLE, limit: 1001 }],
    ['rule', { since: 0, until: 1 }],
    ['rule, warnings', { ...WHOLE, rule: { ...unnamed, warnings: 0 } }],
    ['match.event-type', { ...WHOLE, rule: { ...unnamed, match: {} } }],
    ['treshold', { ...WHOLE, treshold: 1 }],
  ])('with a bad %s is refused', async (field, body) => {
    const answer = await rehearse(body).expect(400);
    expect(answer.body.detail).toMatch(new RegExp(`^${field.replace(', ', '\\b.*\\b')}\\b`));
  });

  test('finds what the rule finds, if the points come one by one in the order of their times', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }),
        fc.record({ warnings: fc.integer({ min: 1, max: 3 }), after: fc.integer({ min: 1, max: 2 }) }),
        fc.constantFrom({}, { op: '<', value: 3 }),
        async (values, { warnings, after }, reset) => {
          const rule = { ...HOT, condition: { op: '>=', value: 5 }, warnings, reset: { ...reset, after } };
          await rules.add(rule);
          const uri = await celsius();
          for (const point of points(values)) await rules.put(uri, [point]);
          const live = await rules.events('?order=asc&limit=1000');
          const { body } = await rehearse({ rule, since: 0, until: 2000 }).expect(200);
          const found = (events: object[]): object[] =>
            (events as Record<string, unknown>[]).map(({ opened, closed, value, peak, warnings: count, ...event }) => {
              return { opened, closed, value, peak, count, first: event['first-warning'] };
            });
          expect(found(body.events)).toEqual(found(live));
          await rules.removeAll();
          await empty(archive);
        },
      ),
      { numRuns: 8, endOnFailure: true },
    );
  }, 60_000);
});
