import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { IdleSessionsJob } from '../src/sessions/idle-sessions.job.js';
import { parseLimits } from '../src/auth/subject-limits.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newSession as sessionIn, SESSIONS, send, START } from './support/sessions.js';

let archive: TestArchive;
let other: TestArchive;
beforeAll(async () => {
  archive = await startArchive({ SESSION_IDLE: '1h' });
  other = await archive.another();
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

/** The path of a session that no other test has. */
const newPath = (): string => `${SESSIONS}/${randomUUID()}`;

const newSession = (body: object = {}): Promise<string> => sessionIn(archive, body);

async function auditOf(path: string): Promise<string[]> {
  const rows = await archive.query<{ action: string }>('SELECT action FROM audit WHERE target = $1 ORDER BY id', [
    path.split('/').at(-1),
  ]);
  return rows.map(({ action }) => action);
}

/** A header with a key that is limited as `--only` says. */
async function limitedKey(...only: string[]): Promise<string> {
  const { key } = await archive.app.get(ApiKeyService).issue('tester', 'write', { limits: parseLimits(only) });
  return `Token ${key}`;
}

describe('a session', () => {
  test('is created once: the same request again finds it, and changes nothing', async () => {
    const path = newPath();
    const wanted = { name: 'checkout, 5k rps', operator: 'me', 'test-start': START, meta: { component: 'checkout' } };
    const { body, headers } = await send(archive, 'put', path, wanted).expect(201);
    expect(body).toEqual({
      session: path.split('/').at(-1),
      number: expect.any(Number),
      ...wanted,
      ...{ status: 'open', 'test-end': null, duration: null, streams: 0, rows: 0, first: null, last: null },
      ...{ created: expect.any(Number), updated: expect.any(Number), url: headers.location },
    });
    expect(headers.location).toMatch(new RegExp(`^http://[^/]+${path}$`));
    const again = await send(archive, 'put', path, { name: 'another' }).expect(200);
    expect(again.body).toEqual(body);
    expect(again.headers.location).toBe(headers.location);
    expect((await archive.http.get(path).expect(200)).body).toEqual(body);
    expect(await auditOf(path)).toEqual(['session created']);
    await send(archive, 'put', path, { ...wanted, 'test-start': '2019-11-19T14:58:40.249248+03:00' }).expect(200);
  });

  test('of another start or user contradicts the one that is there', async () => {
    const path = await newSession();
    const { body } = await send(archive, 'put', path, { 'test-start': START + 1 }).expect(409);
    expect(body).toMatchObject({ code: 'state-conflict', detail: expect.stringContaining(`with test-start ${START}`) });
    const { key } = await archive.app.get(ApiKeyService).issue('somebody else', 'write');
    await send(archive, 'put', path, { 'test-start': START }).set('authorization', `Token ${key}`).expect(409);
  });

  test('that several servers create at a time exists once', async () => {
    const path = newPath();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) => send(index % 2 ? archive : other, 'put', path, { 'test-start': START })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(11).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.number)).size).toBe(1);
    expect(await auditOf(path)).toEqual(['session created']);
  });

  test('gets an id from the archive, the same one for the same Idempotency-Key', async () => {
    const { body } = await send(archive, 'post', SESSIONS, {}).expect(201);
    expect(body.session).toMatch(/^job_[\da-f-]{36}$/);
    expect(body.operator).toBe('tester');
    expect(Math.abs(body['test-start'] / 1000 - Date.now())).toBeLessThan(60_000);
    const first = await send(archive, 'post', SESSIONS, {}).set('idempotency-key', 'a').expect(201);
    const second = await send(archive, 'post', SESSIONS, {}).set('idempotency-key', 'a').expect(200);
    expect(second.body).toEqual(first.body);
    await send(archive, 'post', SESSIONS, {}).set('idempotency-key', 'b').expect(201);
  });

  test('in seconds is one of 1970, and may lie before it', async () => {
    const { body } = await send(archive, 'put', newPath(), { 'test-start': 1574164720 }).expect(201);
    expect(body['test-start']).toBe(1574164720);
    await send(archive, 'put', newPath(), { 'test-start': -1 }).expect(201);
  });

  test('shows its times as ISO 8601 texts on demand', async () => {
    const path = await newSession();
    const { body } = await archive.http.get(`${path}?time=iso`).expect(200);
    expect(body['test-start']).toBe('2019-11-19T11:58:40.249248Z');
    expect(body['test-end']).toBeNull();
    await archive.http.get(`${path}?time=seconds`).expect(400);
  });

  test('keeps the numbers of its meta as they are', async () => {
    const path = newPath();
    await send(archive, 'put', path, '{"meta": {"big": 12345678901234567890, "exact": 26.0, "a": null}}').expect(201);
    const { text } = await archive.http.get(path).expect(200);
    expect(text).toContain('"meta":{"a":null,"big":12345678901234567890,"exact":26.0}');
  });

  test('has name and meta that change, one member at a time', async () => {
    const path = await newSession({ name: 'a', meta: { kept: 1, changed: { a: 1, b: 2 }, removed: 3 } });
    const { body } = await send(archive, 'patch', path, { meta: { changed: { c: 3 }, removed: null, added: 'x' } });
    expect(body).toMatchObject({ name: 'a', meta: { kept: 1, changed: { c: 3 }, added: 'x' } });
    expect(body.meta).not.toHaveProperty('removed');
    const named = await send(archive, 'patch', path, { name: 'b' }).expect(200);
    expect(named.body).toEqual({ ...body, name: 'b', updated: expect.any(Number) });
    expect((await send(archive, 'patch', path, { name: 'b' }).expect(200)).body).toEqual(named.body);
    expect(await auditOf(path)).toEqual(['session created', 'session changed', 'session changed']);
    const { body: refused } = await send(archive, 'patch', path, { meta: { more: 'x'.repeat(65_500) } }).expect(400);
    expect(refused.detail).toContain('meta: more than 64 KiB');
    await send(archive, 'patch', newPath(), {}).expect(404);
  });
});

describe('the end of a session', () => {
  test('is when it was closed, and stays so until it is opened again', async () => {
    const path = await newSession();
    const { body } = await send(archive, 'post', `${path}/close`, { 'test-end': START + 60_000_000 }).expect(200);
    expect(body).toMatchObject({ status: 'closed', 'test-end': START + 60_000_000, duration: 60_000_000, gaps: [] });
    await send(archive, 'post', `${path}/close`, { 'test-end': START + 60_000_000 }).expect(200, body);
    await send(archive, 'post', `${path}/close`).expect(200, body);
    const { body: refused } = await send(archive, 'post', `${path}/close`, { 'test-end': START }).expect(409);
    expect(refused.detail).toContain('is closed already');
    await send(archive, 'post', `${path}/interrupt`).expect(409);
    const { body: open } = await send(archive, 'post', `${path}/reopen`).expect(200);
    expect(open).toMatchObject({ status: 'open', 'test-end': null, duration: null });
    await send(archive, 'post', `${path}/reopen`).expect(200, open);
    const { body: interrupted } = await send(archive, 'post', `${path}/interrupt`).expect(200);
    expect(interrupted.status).toBe('interrupted');
    expect(Math.abs(interrupted['test-end'] / 1000 - Date.now())).toBeLessThan(60_000);
    expect(await auditOf(path)).toEqual([
      ...['session created', 'session closed', 'session reopened', 'session interrupted'],
    ]);
  });

  test('is not before its start', async () => {
    const path = await newSession();
    const { body } = await send(archive, 'post', `${path}/close`, { 'test-end': START - 1 }).expect(400);
    expect(body.detail).toContain('test-end');
    const future = await newSession({ 'test-start': 4_000_000_000_000_000 });
    const { body: closed } = await send(archive, 'post', `${future}/close`).expect(200);
    expect(closed.duration).toBe(0);
    await send(archive, 'post', `${newPath()}/close`).expect(404);
  });
});

test('a session to which nobody writes any more is closed at its last point', async () => {
  const idle = (path: string) =>
    archive.query(`UPDATE session SET updated = updated - interval '2 hours' WHERE id = $1`, [path.split('/').at(-1)]);
  const [old, written, young] = [await newSession(), await newSession(), await newSession()];
  for (const path of [old, written]) {
    await send(archive, 'put', `${path}/streams/T`, { type: 'metric' }).expect(201);
    await send(archive, 'put', `${path}/streams/T/points/0`, [[START + 5, 1]]).expect(200);
    await idle(path);
  }
  await archive.query(
    `UPDATE series SET time_updated = time_updated - interval '2 hours'
     WHERE id IN (SELECT series FROM session_stream WHERE session = $1)`,
    [old.split('/').at(-1)],
  );
  await archive.app.get(IdleSessionsJob).run();
  const statusOf = async (path: string) => (await archive.http.get(path).expect(200)).body.status as string;
  expect(await Promise.all([old, written, young].map(statusOf))).toEqual(['closed', 'open', 'open']);
  expect((await archive.http.get(old)).body.duration).toBe(5);
  expect((await auditOf(old)).at(-1)).toBe('session closed');
});

describe('the list of sessions', () => {
  test('is filtered, and has the newest first', async () => {
    const name = randomUUID();
    const of = (start: number, more: object) => newSession({ name, 'test-start': start, ...more });
    const paths = [
      await of(3_000_000, { operator: 'a', meta: { component: 'x', n: 1 } }),
      await of(1_000_000, { operator: 'b', meta: { component: 'x', n: 2 } }),
      await of(2_000_000, { operator: 'a' }),
    ];
    const [first = '', second = '', third = ''] = paths;
    await send(archive, 'post', `${second}/close`).expect(200);
    const list = async (query: string): Promise<string[]> => {
      const { body } = await archive.http.get(`${SESSIONS}?name=${name}&${query}`).expect(200);
      return (body as { session: string }[]).map(({ session }) => `${SESSIONS}/${session}`);
    };
    expect(await list('')).toEqual([first, third, second]);
    expect(await list('operator=a')).toEqual([first, third]);
    expect(await list('status=closed')).toEqual([second]);
    expect(await list('meta.component=x&meta.n=1')).toEqual([first]);
    expect(await list('from=2000000&to=2000000')).toEqual([third]);
    expect(await list('from=1970-01-01T00:00:02Z')).toEqual([first, third]);
    const { body, headers } = await archive.http.get(`${SESSIONS}?name=${name}&limit=2`).expect(200);
    expect(body).toHaveLength(2);
    expect(headers.link).toContain('offset=2');
    expect(await list('limit=2&offset=2')).toEqual([second]);
    for (const query of ['status=running', 'from=yesterday', 'to=1.5'])
      await archive.http.get(`${SESSIONS}?${query}`).expect(400);
  });
});

describe('what is wrong with a session', () => {
  test.each([
    ['a word for a start', { 'test-start': 'yesterday' }, 'test-start: expected microseconds'],
    ['a start with a fraction', { 'test-start': 1.5 }, 'test-start: expected microseconds'],
    ['no start', { 'test-start': null }, 'got null'],
    ['a start without an offset', { 'test-start': '2019-11-19T11:58:40' }, 'with offset'],
    ['a start that no double holds', { 'test-start': 2 ** 53 }, 'test-start'],
    ['a meta that is no object', { meta: [] }, 'meta: expected an object, got array'],
    ['a large meta', { meta: { text: 'x'.repeat(65 * 1024) } }, 'meta: more than 64 KiB'],
    ['a deep meta', '{"meta": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}}}, "name": 1}', 'name'],
    [
      'a deeper meta',
      '{"meta": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {"a": {}}}}}}}}}}',
      'meta: nested deeper than 8',
    ],
    ['a name that is no Unicode', '{"name": "\\ud800"}', 'name: a lone surrogate'],
    ['a meta that is no Unicode', '{"meta": {"a": "\\ud800"}}', 'lone surrogate'],
    ['a number that PostgreSQL lacks', '{"meta": {"a": [1e-99999]}}', 'meta: a number out of range'],
    ['a number of too many digits', `{"meta": {"a": 0.${'1'.repeat(20_000)}}}`, 'meta: a number out of range'],
    ['a long name', { name: 'x'.repeat(1025) }, 'name'],
    ['an unknown field', { teststart: 1 }, 'teststart: there is no such field here'],
    ['no object', '[]', 'expected a JSON object'],
  ])('%s is refused', async (_, body, detail) => {
    const path = newPath();
    const answer = await send(archive, 'put', path, body).expect(400);
    expect(answer.body.detail).toContain(detail);
    await archive.http.get(path).expect(404);
  });

  test('its id is checked', async () => {
    await send(archive, 'put', `${SESSIONS}/${'x'.repeat(128)}`, {}).expect(201);
    const { body } = await send(archive, 'put', `${SESSIONS}/${'x'.repeat(129)}`, {}).expect(400);
    expect(body.detail).toContain('session: expected 1 to 128');
    await send(archive, 'put', `${SESSIONS}/a%2Fb`, {}).expect(404);
    await send(archive, 'put', `${SESSIONS}/a%20b`, {}).expect(404);
  });

  test('its key may lack the right to it', async () => {
    const reader = await archive.issueKey('read');
    await archive.http.put(newPath()).send({}).expect(401);
    await send(archive, 'put', newPath(), {}).set('authorization', reader).expect(403);
    await archive.http.put(newPath()).set('authorization', archive.auth).set('content-type', 'text/plain').expect(415);
  });
});

describe('a key that is limited', () => {
  test('to a session writes to no other', async () => {
    const path = newPath();
    const key = await limitedKey(`session=${path.split('/').at(-1)}`);
    await send(archive, 'put', path, {}).set('authorization', key).expect(201);
    await send(archive, 'patch', path, { name: 'a' }).set('authorization', key).expect(200);
    const { body } = await send(archive, 'put', newPath(), {}).set('authorization', key).expect(403);
    expect(body.detail).toContain('limited to session');
    await send(archive, 'put', path.toUpperCase().replace(SESSIONS.toUpperCase(), SESSIONS), {})
      .set('authorization', key)
      .expect(403);
    await send(archive, 'post', SESSIONS, {}).set('authorization', key).expect(403);
  });

  test('to a field that streams lack writes to none', async () => {
    const key = await limitedKey('source=192.0.2.0/24');
    const { body } = await send(archive, 'put', newPath(), {}).set('authorization', key).expect(403);
    expect(body.detail).toContain('no source');
    await send(archive, 'put', newPath(), {})
      .set('authorization', await limitedKey('subject-type=stream'))
      .expect(201);
  });
});

describe('a stream', () => {
  test('is registered once: the same request again finds it, and changes nothing', async () => {
    const session = await newSession();
    await send(archive, 'put', `${session}/streams/parent`, { type: 'event', name: 'codes' }).expect(201);
    const meta = { name: 'latency', host_name: 'b1', n: 1.5 };
    const wanted = { type: 'metric', case: 'GET /cart', parent: 'parent', meta };
    const { body, headers } = await send(archive, 'put', `${session}/streams/T`, wanted).expect(201);
    expect(body).toEqual({
      ...{
        stream: 'T',
        session: session.split('/').at(-1),
        number: expect.any(Number),
        type: 'metric',
        name: 'latency',
      },
      ...{ case: 'GET /cart', parent: 'parent', raw: true, aggregate: false, summaries: [], meta },
      ...{ 'metadata-key': expect.stringMatching(/^[\da-f]{32}$/), rows: 0, 'next-row': 0, received: [], gaps: [] },
      ...{ first: null, last: null },
    });
    expect(headers.location).toMatch(new RegExp(`${session}/streams/T$`));
    await send(archive, 'put', `${session}/streams/T`, { ...wanted, name: 'another', meta: {} }).expect(200, body);
    expect((await archive.http.get(`${session}/streams/T`).expect(200)).body).toEqual(body);
    expect(await auditOf(session)).toEqual(['session created', 'stream registered', 'stream registered']);
    const { body: metadata } = await archive.http.get(`${ARCHIVE}${body['metadata-key']}/`).expect(200);
    expect(metadata).toMatchObject({
      ...{ 'subject-type': 'stream', session: session.split('/').at(-1), stream: 'T', type: 'metric', name: 'latency' },
      ...{ case: 'GET /cart', parent: 'parent', 'meta.name': 'latency', 'meta.host-name': 'b1', 'meta.n': '1.5' },
    });
    expect(metadata['event-types']).toMatchObject([{ 'event-type': 'metric' }]);
  });

  test.each([
    ['type', { type: 'event' }],
    ['raw', { type: 'metric', raw: false, aggregate: true }],
    ['parent', { type: 'metric', parent: 'other' }],
    ['case', { type: 'metric', case: 'idle' }],
  ])('keeps its %s', async (name, change) => {
    const session = await newSession();
    await send(archive, 'put', `${session}/streams/other`, { type: 'metric' }).expect(201);
    await send(archive, 'put', `${session}/streams/T`, { type: 'metric' }).expect(201);
    const { body } = await send(archive, 'put', `${session}/streams/T`, change).expect(409);
    expect(body.detail).toContain(`${name}: stream T of session`);
  });

  test('that several servers register at a time exists once', async () => {
    const session = await newSession();
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        send(index % 2 ? archive : other, 'put', `${session}/streams/T`, { type: 'metric' }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array<number>(11).fill(200), 201]);
    expect(new Set(answers.map(({ body }) => body.number)).size).toBe(1);
    const rows = await archive.query('SELECT FROM metadata WHERE parameters @> $1', [
      { session: session.split('/').at(-1), stream: 'T' },
    ]);
    expect(rows).toHaveLength(1);
  });

  test('has an id of its own in each session', async () => {
    const [one, two] = [await newSession(), await newSession()];
    for (const path of [one, two]) await send(archive, 'put', `${path}/streams/T`, { type: 'metric' }).expect(201);
    await send(archive, 'put', `${one}/streams/t`, { type: 'metric' }).expect(201);
    await send(archive, 'put', `${one}/streams/U`, { type: 'metric' }).expect(201);
    const { body } = await send(archive, 'put', `${two}/streams/V`, { type: 'metric', parent: 'U' }).expect(404);
    expect(body.detail).toContain('there is no stream U in session');
  });

  test('has name and meta that change, and its metadata with them', async () => {
    const session = await newSession();
    const path = `${session}/streams/T`;
    await send(archive, 'put', path, { type: 'metric', name: 'a', meta: { kept: 'x', removed: 1 } }).expect(201);
    const change = { name: 'b', meta: { removed: null, unit: 'mA', big: { a: [1] } } };
    const { body } = await send(archive, 'patch', path, change).expect(200);
    expect(body).toMatchObject({ name: 'b', meta: { kept: 'x', unit: 'mA', big: { a: [1] } } });
    await send(archive, 'patch', path, change).expect(200, body);
    const { body: metadata } = await archive.http.get(`${ARCHIVE}${body['metadata-key']}/`).expect(200);
    expect(metadata).toMatchObject({ name: 'b', 'meta.kept': 'x', 'meta.unit': 'mA', 'meta.big': '{"a":[1]}' });
    expect(Object.keys(metadata as object)).not.toContain('meta.removed');
    expect((await auditOf(session)).filter((action) => action === 'stream changed')).toHaveLength(1);
    await send(archive, 'patch', `${session}/streams/none`, {}).expect(404);
  });

  test('is listed in the order of registration, by its fields', async () => {
    const session = await newSession();
    const add = (id: string, body: object) => send(archive, 'put', `${session}/streams/${id}`, body).expect(201);
    await add('b', { type: 'metric', name: 'latency', case: 'x', meta: { host: 'h1' } });
    await add('a', { type: 'event', name: 'codes', case: 'x' });
    await add('c', { type: 'metric', name: 'latency', case: 'y', meta: { host: 'h2' } });
    const list = async (query: string): Promise<string[]> => {
      const { body } = await archive.http.get(`${session}/streams?${query}`).expect(200);
      return (body as { stream: string }[]).map(({ stream }) => stream);
    };
    expect(await list('')).toEqual(['b', 'a', 'c']);
    expect(await list('type=event')).toEqual(['a']);
    expect(await list('name=latency&case=y')).toEqual(['c']);
    expect(await list('meta.host=h1')).toEqual(['b']);
    expect(await list('limit=2&offset=1')).toEqual(['a', 'c']);
    await archive.http.get(`${session}/streams?type=gauge`).expect(400);
    await archive.http.get(`${newPath()}/streams`).expect(404);
  });

  test.each([
    ['no type', {}, 'type: expected metric or event'],
    ['another type', { type: 'gauge' }, 'type: expected metric or event'],
    ['nothing kept', { type: 'metric', raw: false }, 'raw, aggregate: at least one must be true'],
    ['a raw that is no boolean', { type: 'metric', raw: 1 }, 'raw'],
    ['a meta that is no object', { type: 'metric', meta: 'x' }, 'meta: expected an object, got string'],
    ['summaries without aggregate', { type: 'metric', summaries: [] }, 'summaries: they need "aggregate": true'],
    ['an unknown field', { type: 'metric', unit: 'ms' }, 'unit: there is no such field here'],
  ])('with %s is refused', async (_, body, detail) => {
    const path = `${await newSession()}/streams/T`;
    const answer = await send(archive, 'put', path, body).expect(400);
    expect(answer.body.detail).toContain(detail);
    await archive.http.get(path).expect(404);
  });

  test('needs a session that is there, and an id', async () => {
    const { body } = await send(archive, 'put', `${newPath()}/streams/T`, { type: 'metric' }).expect(404);
    expect(body.detail).toContain('there is no session');
    await send(archive, 'put', `${await newSession()}/streams/${'x'.repeat(129)}`, { type: 'metric' }).expect(400);
  });
});

describe('deleting a session', () => {
  test('removes its streams, points, bins and metadata, and nothing of others', async () => {
    const admin = await archive.issueKey('admin');
    const remove = (path: string) => send(archive, 'delete', path).set('authorization', admin);
    const [path, kept] = [await newSession(), await newSession()];
    const summaries = [{ 'summary-type': 'average', 'summary-window': 1 }];
    const points = { ts: [START, START], value: [1, 2] };
    for (const session of [path, kept])
      for (const stream of [`${session}/streams/T`, `${session}/streams/U`]) {
        await send(archive, 'put', stream, { type: 'metric', aggregate: true, summaries }).expect(201);
        await send(archive, 'put', `${stream}/points/0`, points).expect(200);
      }
    const counts = async () => {
      const [row] = await archive.query<Record<'points' | 'bins' | 'metadata' | 'streams', number>>(
        `SELECT (SELECT count(*) FROM points)::int AS points, (SELECT count(*) FROM rollup)::int AS bins,
                (SELECT count(*) FROM metadata)::int AS metadata, (SELECT count(*) FROM session_stream)::int AS streams`,
      );
      return row;
    };
    const before = await counts();
    await send(archive, 'delete', path).expect(403);
    const { body } = await remove(`${path}?from=0`).expect(400);
    expect(body.detail).toContain('nothing was deleted');
    await remove(path).expect(200, { deleted: { streams: 2, points: 4 } });
    const lost = { points: 4, bins: 2, metadata: 2, streams: 2 };
    const after = await counts();
    for (const [name, number] of Object.entries(lost))
      expect([name, after?.[name as keyof typeof lost]]).toEqual([
        name,
        Number(before?.[name as keyof typeof lost]) - number,
      ]);
    await archive.http.get(path).expect(404);
    await send(archive, 'put', `${path}/streams/T/points/2`, points).expect(404);
    await remove(path).expect(404);
    expect((await archive.http.get(`${kept}/streams/T/points`).expect(200)).body).toHaveLength(2);
    expect((await auditOf(path)).at(-1)).toBe('session deleted');
    // A new one of the same id has nothing of it.
    await send(archive, 'put', path, { 'test-start': START + 1 }).expect(201);
    await send(archive, 'put', `${path}/streams/T`, { type: 'metric' }).expect(201);
    expect((await send(archive, 'put', `${path}/streams/T/points/0`, points).expect(200)).body.stored).toBe(2);
  });
});

test('those who write, register, close and delete at a time don’t fail each other', async () => {
  const admin = await archive.issueKey('admin');
  const path = newPath();
  const points = { ts: [START], value: [1] };
  const aggregated = { type: 'metric', aggregate: true };
  const work = async (worker: number): Promise<number[]> => {
    const server = worker % 2 ? archive : other;
    const stream = `${path}/streams/T${worker % 3}`;
    const statuses: number[] = [];
    for (let round = 0; round < 6; round++) {
      statuses.push((await send(server, 'put', path, {})).status);
      statuses.push((await send(server, 'put', stream, aggregated)).status);
      statuses.push((await send(server, 'put', `${stream}/points/${round}`, points)).status);
      if (worker === 0) statuses.push((await send(server, 'post', `${path}/${round % 2 ? 'reopen' : 'close'}`)).status);
      if (worker === 1) statuses.push((await send(server, 'delete', path).set('authorization', admin)).status);
    }
    return statuses;
  };
  const statuses = (await Promise.all([0, 1, 2, 3, 4, 5].map(work))).flat();
  // 503 tells that what was registered is gone already.
  expect([...new Set(statuses)].filter((status) => ![200, 201, 404, 409, 503].includes(status))).toEqual([]);
});
