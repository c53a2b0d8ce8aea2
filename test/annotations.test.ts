import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { parseLimits } from '../src/auth/subject-limits.js';
import { parsePolicies } from '../src/retention/policy-file.js';
import { RetentionService } from '../src/retention/retention.service.js';
import { startArchive, type TestArchive } from './support/archive.js';
import { register } from './support/builders.js';
import { newSession, send } from './support/sessions.js';

const ANNOTATIONS = '/api/annotations';

/** The event that the contract gives as an example, as its writer sends it. */
const EVENT = { time: 1700000000123, timeEnd: 1700000001999, tags: ['hostname:web1'], text: 'time-taken' };

let archive: TestArchive;
let admin: string;
beforeAll(async () => {
  archive = await startArchive();
  admin = await archive.issueKey('admin');
});
afterAll(() => archive.close());

/** Stores an annotation and returns its path. */
async function add(body: object, query = ''): Promise<string> {
  const { body: answer } = await send(archive, 'post', `${ANNOTATIONS}${query}`, body).expect(200);
  expect(answer).toEqual({ message: 'Annotation added', id: expect.any(Number) });
  return `${ANNOTATIONS}/${answer.id}`;
}

async function read(path: string): Promise<Record<string, unknown>> {
  return (await archive.http.get(path).expect(200)).body;
}

/** The texts of the annotations that a query finds. */
async function find(query: string): Promise<string[]> {
  const { body } = await archive.http.get(`${ANNOTATIONS}?${query}`).expect(200);
  return (body as { text: string }[]).map(({ text }) => text);
}

const remove = (path: string) => archive.http.delete(path).set('authorization', admin);

describe('an annotation', () => {
  test('has the members of Grafana', async () => {
    const path = await add(EVENT);
    const now = expect.any(Number);
    expect(await read(path)).toEqual({
      ...{
        id: Number(path.split('/').at(-1)),
        alertId: 0,
        alertName: '',
        dashboardId: 0,
        dashboardUID: '',
        panelId: 0,
      },
      ...{ userId: 0, userName: '', newState: '', prevState: '', created: now, updated: now },
      ...{ login: 'tester', email: '', avatarUrl: '', data: {}, ...EVENT },
      ...{ kind: 'annotation', session: null, 'metadata-key': null },
    });
    const { created } = await read(path);
    expect(Math.abs(Number(created) - Date.now())).toBeLessThan(60_000);
  });

  test('without times is a mark of now', async () => {
    const { time, timeEnd } = await read(await add({ text: 'now' }));
    expect(timeEnd).toBe(time);
    expect(Math.abs(Number(time) - Date.now())).toBeLessThan(60_000);
  });

  test('with timeEnd null is running until it is given an end', async () => {
    const path = await add({ time: 1700000000000, timeEnd: null, text: 'running', data: { a: 1 } });
    const running = await read(path);
    expect(running['data']).toEqual({ a: 1, open: true });
    expect(Math.abs(Number(running['timeEnd']) - Date.now())).toBeLessThan(60_000);
    expect(await find('from=9999999999999')).toContain('running');
    // As a client does that changes what it has read.
    await send(archive, 'patch', path, { timeEnd: 1700000005000, data: running['data'] }).expect(200);
    expect(await read(path)).toMatchObject({ timeEnd: 1700000005000, data: { a: 1 } });
    expect(await find('from=9999999999999')).not.toContain('running');
    await send(archive, 'patch', path, { timeEnd: null }).expect(200);
    expect(await read(path)).toMatchObject({ data: { a: 1, open: true } });
  });

  test('keeps microseconds, and the numbers of its data', async () => {
    const body = '{"time": 1700000000123456, "timeEnd": 1700000000123457, "text": "us", "data": {"exact": 26.0}}';
    const { body: added } = await send(archive, 'post', `${ANNOTATIONS}?epoch=us`, body).expect(200);
    const path = `${ANNOTATIONS}/${added.id}`;
    const { text } = await archive.http.get(`${path}?epoch=us`).expect(200);
    expect(JSON.parse(text)).toMatchObject({ time: 1700000000123456, timeEnd: 1700000000123457 });
    expect(text).toContain('"data":{"exact":26.0}');
    expect(await read(path)).toMatchObject({ time: 1700000000123, timeEnd: 1700000000123 });
    expect(await find('epoch=us&from=1700000000123457&to=1700000000123457')).toContain('us');
    expect(await find('epoch=us&to=1700000000123455')).not.toContain('us');
    expect(await find('to=1700000000123')).toContain('us');
    expect(await find('to=1700000000122')).not.toContain('us');
  });

  test.each([
    ['PUT', 'put', { text: 'other' }, 'Annotation updated', { text: 'other' }],
    ['PUT of all', 'put', { ...EVENT, text: 'b', tags: ['b'] }, 'Annotation updated', { text: 'b', tags: ['b'] }],
    ['PATCH of nothing', 'patch', {}, 'Annotation patched', {}],
    ['PATCH of tags', 'patch', { tags: ['b', 'b'] }, 'Annotation patched', { tags: ['b'] }],
    ['PATCH of the end', 'patch', { timeEnd: EVENT.time }, 'Annotation patched', { timeEnd: EVENT.time }],
    ['PATCH of data', 'patch', { data: { a: null, b: 2 } }, 'Annotation patched', { data: { b: 2 } }],
    ['PATCH of a panel', 'patch', { panelId: 7 }, 'Annotation patched', { panelId: 7, data: { a: 1, panelId: 7 } }],
  ] as const)('%s changes what is given', async (_, method, body, message, changes) => {
    const path = await add({ ...EVENT, data: { a: 1 } });
    const before = await read(path);
    expect((await send(archive, method, path, body).expect(200)).body).toEqual({ message });
    expect(await read(path)).toEqual({ ...before, ...changes, updated: expect.any(Number) });
  });

  test('that is a mark stays one when it moves', async () => {
    const path = await add({ time: 1700000000000, text: 'mark' });
    await send(archive, 'patch', path, { time: 1700000001000 }).expect(200);
    expect(await read(path)).toMatchObject({ time: 1700000001000, timeEnd: 1700000001000 });
  });

  test('is deleted by admins, and every change is on record', async () => {
    const path = await add(EVENT);
    await send(archive, 'patch', path, { text: 'b' }).expect(200);
    await send(archive, 'delete', path).expect(403);
    await remove(`${path}?all=true`).expect(400);
    expect((await remove(path).expect(200)).body).toEqual({ message: 'Annotation deleted' });
    for (const method of ['put', 'patch'] as const) await send(archive, method, path, EVENT).expect(404);
    await remove(path).expect(404);
    await archive.http.get(path).expect(404);
    const audit = await archive.query<{ action: string; details: unknown }>(
      "SELECT action, details FROM audit WHERE target = $1 AND action LIKE 'annotation%' ORDER BY id",
      [path.split('/').at(-1)],
    );
    const details = { time: '2023-11-14T22:13:20.123000Z' };
    expect(audit).toEqual(['added', 'changed', 'deleted'].map((what) => ({ action: `annotation ${what}`, details })));
  });

  test('of a request that is sent again exists once', async () => {
    const once = (body: object, key: string) => send(archive, 'post', ANNOTATIONS, body).set('idempotency-key', key);
    const key = `${randomUUID()}-0`;
    const answers = await Promise.all([once(EVENT, key), once(EVENT, key)]);
    answers.push(await once(EVENT, key));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    await once({ ...EVENT, text: 'b' }, key).expect(422);
    await once(EVENT, key).query({ epoch: 'us' }).expect(422);
    const another = await once(EVENT, `${key}-1`).expect(200);
    expect(another.body.id).not.toBe(answers[0].body.id);
  });
});

describe('a refusal names the field:', () => {
  const long = 'x'.repeat(64 * 1024 + 1);
  const expected: [body: object | string, status: number, detail: string | RegExp][] = [
    [{}, 400, 'text: the text must not be empty'],
    [{ text: '' }, 400, 'text: the text must not be empty'],
    [{ text: 7 }, 400, 'text: expected a text of at most 64 KiB'],
    [{ text: long }, 400, 'text: expected a text of at most 64 KiB'],
    ['{"text": "\\ud800"}', 400, /lone surrogate/],
    ['{"text": "\\u0000"}', 400, /NUL/],
    ['{"text": "a", "tags": ["\\ud800"]}', 400, /^tags: |lone surrogate/],
    [{ text: 'a', time: 'now' }, 400, /^time: expected a whole number/],
    [{ text: 'a', time: 1.5 }, 400, /^time: expected a whole number/],
    [{ text: 'a', time: 9e15 }, 400, 'time: out of range'],
    [{ text: 'a', timeEnd: '1' }, 400, /^timeEnd: expected a whole number/],
    [{ text: 'a', time: 2, timeEnd: 1 }, 400, 'timeEnd: it is before time'],
    [{ text: 'a', timeEnd: 1 }, 400, 'timeEnd: it is before time'],
    [{ text: 'a', tags: 'b' }, 400, /^tags: expected an array/],
    [{ text: 'a', tags: [1] }, 400, /^tags: expected an array/],
    [{ text: 'a', tags: [''] }, 400, /^tags: expected an array/],
    [{ text: 'a', tags: ['x'.repeat(257)] }, 400, /^tags: expected an array/],
    [{ text: 'a', tags: Array.from({ length: 65 }, String) }, 400, /^tags: expected an array/],
    [{ text: 'a', panelId: 'b' }, 400, /^panelId: /],
    [{ text: 'a', data: [] }, 400, 'data: expected an object, got array'],
    [{ text: 'a', data: { long } }, 400, 'data: more than 64 KiB of JSON'],
    [{ text: 'a', timend: 1 }, 400, 'timend: there is no such field here'],
    [{ text: 'a', session: 'none' }, 404, 'session: there is no session none'],
    [{ text: 'a', 'metadata-key': 'none' }, 404, 'metadata-key: there is no metadata none'],
    ['{', 400, /JSON/],
  ];
  test.each(expected)('case %#', async (body, status, detail) => {
    const path = await add(EVENT);
    for (const [method, url] of [
      ['post', ANNOTATIONS],
      ['put', path],
    ] as const) {
      const { body: answer } = await send(archive, method, url, body).expect(status);
      expect(answer.detail).toMatch(detail);
    }
  });

  test.each([
    ['from=yesterday', /^from: expected a whole number/],
    ['type=alarm', /^type: expected annotation, session, alert/],
    ['epoch=ns', /^epoch: expected ms or us/],
    ['limit=10001', /^limit: expected at most 10000/],
  ])('?%s', async (query, detail) => {
    const { body } = await archive.http.get(`${ANNOTATIONS}?${query}`).expect(400);
    expect(body.detail).toMatch(detail);
  });

  test.each(['0', '2147483648', 'abc', '1.5'])('the id %s is none', async (id) => {
    await archive.http.get(`${ANNOTATIONS}/${id}`).expect(404);
  });

  test('a write needs a key, and one that is declared as JSON', async () => {
    await archive.http.post(ANNOTATIONS).send(EVENT).expect(401);
    await send(archive, 'post', ANNOTATIONS, JSON.stringify(EVENT)).set('content-type', 'text/plain').expect(415);
    await send(archive, 'post', ANNOTATIONS, EVENT)
      .set('authorization', await archive.issueKey('read'))
      .expect(403);
  });
});

describe('a search', () => {
  /** A tag that only the annotations of these tests have. */
  const own = randomUUID();
  beforeAll(async () => {
    await add({ ...EVENT, tags: [own, 'a'], text: 'first' });
    await add({ time: 1700000001000, tags: [own, 'a', 'b'], text: 'mark', dashboardUID: 'uid', panelId: 2 });
    await add({ time: 1700000002000, timeEnd: 1700000003000, tags: [own, 'b'], text: 'last' });
  });

  test.each([
    ['', ['last', 'mark', 'first']],
    ['&limit=2', ['last', 'mark']],
    ['&from=1700000001999', ['last', 'first']],
    ['&from=1700000002000', ['last']],
    ['&from=1700000003001', []],
    ['&to=1700000000123', ['first']],
    ['&to=1700000000122', []],
    ['&from=1700000000500&to=1700000000600', ['first']],
    ['&from=-99999999999999999999&to=99999999999999999999', ['last', 'mark', 'first']],
    ['&tags=a', ['mark', 'first']],
    ['&tags=a&tags=b', ['mark']],
    ['&tags=a&tags=', ['mark', 'first']],
    ['&tags=none', []],
    ['&type=annotation', ['last', 'mark', 'first']],
    ['&type=alert', []],
    ['&type=session', []],
    ['&dashboardUID=uid', ['mark']],
    ['&dashboardUID=uid&panelId=2', ['mark']],
    ['&panelId=3', []],
    ['&dashboardUID=', ['last', 'mark', 'first']],
  ])('%s', async (query, texts) => {
    expect(await find(`tags=${own}${query}`)).toEqual(texts);
  });

  test('for any of some tags', async () => {
    expect(await find(`tags=${own}&tags=none&matchAny=true`)).toEqual(['last', 'mark', 'first']);
  });

  test('for tags counts their annotations', async () => {
    const { body } = await archive.http.get(`${ANNOTATIONS}/tags?tag=${own.slice(1).toUpperCase()}`).expect(200);
    expect(body).toEqual({ result: { tags: [{ tag: own, count: 3 }] } });
    const all = await archive.http.get(`${ANNOTATIONS}/tags?limit=2`).expect(200);
    expect(all.body.result.tags).toHaveLength(2);
  });
});

describe('a session', () => {
  const start = 1600000000000;

  test('is an annotation as long as it is open, and has others', async () => {
    const path = await newSession(archive, { name: 'load test', 'test-start': start * 1000 });
    const session = path.split('/').at(-1);
    await add({ time: start + 1000, text: 'ramp-up', session });
    await add({ time: start - 1000, text: 'setup', session });
    expect(await find(`session=${session}`)).toEqual(['ramp-up', 'load test', 'setup']);
    expect(await find(`session=${session}&limit=2`)).toEqual(['ramp-up', 'load test']);
    expect(await find(`session=${session}&type=annotation`)).toEqual(['ramp-up', 'setup']);
    const query = `${ANNOTATIONS}?type=session&tags=session:${session}`;
    const { body: open } = await archive.http.get(`${query}&tags=status:open`).expect(200);
    expect(open).toEqual([
      expect.objectContaining({
        ...{ id: 0, kind: 'session', time: start, text: 'load test', session, 'metadata-key': null },
        ...{ tags: [`session:${session}`, 'status:open'], data: { session, open: true }, login: 'tester' },
      }),
    ]);
    await send(archive, 'post', `${path}/close`, { 'test-end': (start + 5000) * 1000 }).expect(200);
    const { body: closed } = await archive.http.get(query).expect(200);
    expect(closed).toEqual([expect.objectContaining({ timeEnd: start + 5000, data: { session } })]);
    expect(await find(`from=${start + 5001}&type=session&session=${session}`)).toEqual([]);
    await remove(path).expect(200);
    expect(await find(`session=${session}`)).toEqual([]);
  });

  test('without a name is called by its id', async () => {
    const session = (await newSession(archive)).split('/').at(-1);
    expect(await find(`session=${session}`)).toEqual([session]);
  });
});

test('what belongs to a metadata goes with it, unless it was untied', async () => {
  const uri = await register(archive, 'throughput');
  const key = uri.split('/').at(-2);
  const untied = await add({ ...EVENT, 'metadata-key': key });
  const path = await add({ ...EVENT, 'metadata-key': key });
  expect(await find(`metadata-key=${key}`)).toHaveLength(2);
  await send(archive, 'patch', untied, { 'metadata-key': null }).expect(200);
  expect(await find(`metadata-key=${key}`)).toHaveLength(1);
  await remove(uri).expect(200);
  await archive.http.get(path).expect(404);
  await archive.http.get(untied).expect(200);
});

test('a key that is limited to a session writes only what belongs to it', async () => {
  const session = (await newSession(archive)).split('/').at(-1) ?? '';
  const limits = parseLimits([`session=${session}`]);
  const { key } = await archive.app.get(ApiKeyService).issue('tester', 'write', { limits });
  const limited = (method: 'post' | 'patch', path: string, body: object) =>
    send(archive, method, path, body).set('authorization', `Token ${key}`);
  const { body } = await limited('post', ANNOTATIONS, { ...EVENT, session }).expect(200);
  await limited('patch', `${ANNOTATIONS}/${body.id}`, { text: 'mine' }).expect(200);
  await limited('patch', `${ANNOTATIONS}/${body.id}`, { session: null }).expect(403);
  await limited('post', ANNOTATIONS, EVENT).expect(403);
  await limited('post', ANNOTATIONS, { ...EVENT, session: 'another' }).expect(403);
  await limited('patch', await add(EVENT), { session }).expect(403);
  const [uri, others] = [await register(archive, 'throughput'), await add({ ...EVENT, session })];
  await limited('patch', others, { 'metadata-key': uri.split('/').at(-2) }).expect(403);
});

describe('retention', () => {
  const day = 86_400_000;
  const policy = (event_type: string, expire: string | number) =>
    parsePolicies(
      JSON.stringify({ policies: [{ event_type, summary_type: '*', summary_window: '*', expire }] }),
      'test',
    );

  test('deletes annotations so many days after their end, where a policy names them', async () => {
    const retention = archive.app.get(RetentionService);
    const own = randomUUID();
    const spans: [text: string, begin: number, end: number | null][] = [
      ['ended', 12, 11],
      ['kept', 12, 9],
      ['running', 12, null],
    ];
    for (const [text, begin, end] of spans) {
      const [time, timeEnd] = [Date.now() - begin * day, end && Date.now() - end * day];
      await add({ time, timeEnd, text, tags: [own] });
    }
    for (const others of [policy('*', 1), policy('annotation', 'never')]) await retention.run(others);
    const planned = await retention.plan(policy('annotation', 10));
    expect(await find(`tags=${own}`)).toHaveLength(3);
    const report = await retention.run(policy('annotation', 10));
    expect((await find(`tags=${own}`)).sort()).toEqual(['kept', 'running']);
    // Those of the other tests are years old.
    expect(report?.annotations).toBe(planned.annotations);
    expect(report?.annotations).toBeGreaterThan(1);
    const [run] = await archive.query<{ details: object }>(
      "SELECT details FROM audit WHERE action = 'retention run' ORDER BY id DESC LIMIT 1",
    );
    expect(run?.details).toMatchObject({ annotations: report?.annotations });
  });
});
