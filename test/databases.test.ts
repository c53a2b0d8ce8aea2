import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { type Actor } from '../src/storage/access/audit-store.js';
import { DatabaseStore } from '../src/storage/databases/database-store.js';
import { FieldSeriesStore, type WantedSeries } from '../src/storage/databases/field-series-store.js';
import { type FieldType } from '../src/storage/databases/field-store.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint } from './support/builders.js';
import { type WireMetadata } from './support/metadata.js';
import { MARIGRAM, Program } from './support/process.js';

let archive: TestArchive;
let other: TestArchive;
let admin: string;
beforeAll(async () => {
  archive = await startArchive();
  other = await archive.another();
  admin = await archive.issueKey('admin');
});
afterAll(async () => {
  await other.close();
  await archive.close();
});

const TESTER: Actor = { username: 'tester', keyId: null, address: null };

function wanted(
  measurement: string,
  tags: Record<string, string>,
  fields: Record<string, FieldType> = { value: 'float' },
): WantedSeries {
  return { measurement, tags: Object.entries(tags), fields: new Map(Object.entries(fields)) };
}

function registerFields(
  database: string,
  series: readonly WantedSeries[],
  { server = archive, seriesLimit = 100_000, mayCreate = true } = {},
) {
  return server.app.get(FieldSeriesStore).register(database, series, TESTER, { mayCreate, seriesLimit });
}

async function auditOf(target: string) {
  return archive.query<{ action: string; details: object }>(
    'SELECT action, details FROM audit WHERE target = $1 ORDER BY id',
    [target],
  );
}

describe('registering series', () => {
  test('finds them in their order, registers what is missing, and records it once', async () => {
    const series = [
      wanted('http', { status: '200' }, { value: 'float', text: 'string' }),
      wanted('http', { status: '500' }),
      wanted('http', { status: '200' }, { count: 'integer' }),
    ];
    const [ok, failed, more] = await registerFields('k6', series);
    expect(ok?.metadataKey).toMatch(/^[0-9a-f]{32}$/);
    expect(more?.metadataKey).toBe(ok?.metadataKey);
    expect(failed?.metadataKey).not.toBe(ok?.metadataKey);
    const types = [...(ok?.series ?? [])].map(([name, { dataType, isStream }]) => [name, dataType, isStream]);
    expect(types.sort()).toEqual([
      ['count', 'integer', false],
      ['text', 'string', false],
      ['value', 'float', false],
    ]);
    expect(await registerFields('k6', series)).toEqual([ok, failed, more]);
    expect(await auditOf('k6')).toEqual([
      { action: 'database created', details: {} },
      { action: 'series created', details: { metadata: 2, fields: 4 } },
    ]);
    expect(
      await archive.query('SELECT subject_type, parameters FROM metadata WHERE key = $1', [ok?.metadataKey]),
    ).toEqual([{ subject_type: 'series', parameters: { database: 'k6', measurement: 'http', 'tag.status': '200' } }]);
  });

  test('is exact: case, underscores, databases and measurements make different metadata', async () => {
    const series = [
      wanted('m', { a_b: 'x' }),
      wanted('M', { a_b: 'x' }),
      wanted('m', { 'a-b': 'x' }),
      wanted('m', { a_b: 'X' }),
    ];
    const found = [...(await registerFields('exact', series)), ...(await registerFields('Exact', series))];
    expect(new Set(found.map((one) => one?.metadataKey)).size).toBe(8);
  });

  test('the first type of a field counts: in a request, for later tag sets, and whoever comes first of two servers', async () => {
    const [first, second] = await registerFields('types', [
      wanted('m', { host: 'a' }, { value: 'string' }),
      wanted('m', { host: 'b' }, { value: 'float' }),
    ]);
    expect([first, second].map((one) => one?.series.get('value')?.dataType)).toEqual(['string', 'string']);
    const [elsewhere] = await registerFields('types', [wanted('n', {}, { value: 'float' })]);
    expect(elsewhere?.series.get('value')?.dataType).toBe('float');
    const attempts = Array.from({ length: 12 }, (_, index) =>
      registerFields(
        'types',
        [wanted('race', { host: String(index % 4) }, { value: index % 2 === 0 ? 'float' : 'boolean' })],
        {
          server: index % 3 === 0 ? other : archive,
        },
      ),
    );
    const raced = (await Promise.all(attempts)).map(([one]) => one);
    expect(new Set(raced.map((one) => one?.series.get('value')?.dataType)).size).toBe(1);
    expect(new Set(raced.map((one) => one?.metadataKey)).size).toBe(4);
  });

  test('up to the limit: what is beyond it is not there, and fields of what is there still are added', async () => {
    const series = [1, 2, 3, 4].map((host) => wanted('m', { host: String(host) }));
    const found = await registerFields('limited', series, { seriesLimit: 3 });
    expect(found.map((one) => one !== undefined)).toEqual([true, true, true, false]);
    const more = [wanted('m', { host: '1' }, { other: 'float' }), wanted('n', {}, { lost: 'float' })];
    const [extended, refused] = await registerFields('limited', more, { seriesLimit: 3 });
    expect([extended?.series.size, refused]).toEqual([2, undefined]);
    expect(await archive.query(`SELECT name FROM field WHERE database = 'limited' ORDER BY 1`)).toEqual([
      { name: 'other' },
      { name: 'value' },
    ]);
  });

  test('by the thousand', async () => {
    const series = Array.from({ length: 12_001 }, (_, index) => wanted('m', { id: String(index) }));
    const found = await registerFields('many', series);
    expect(new Set(found.map((one) => one?.series.get('value')?.id)).size).toBe(12_001);
    expect(await registerFields('many', series.slice(-1))).toEqual(found.slice(-1));
  });

  test('creates a database only where it may, and none of a bad name', async () => {
    const unknown = registerFields('nope', [wanted('m', {})], { mayCreate: false });
    await expect(unknown).rejects.toThrow('there is no database "nope"');
    for (const name of ['', 'a/b', 'a"b', 'a\nb', 'x'.repeat(129)])
      await expect(registerFields(name, [wanted('m', {})])).rejects.toThrow('1 to 128 characters');
    await expect(registerFields('sessions', [wanted('m', {})])).rejects.toThrow('reserved');
    const databases = archive.app.get(DatabaseStore);
    expect(await databases.create('by hand ö', TESTER)).toBe(true);
    expect(await databases.create('by hand ö', TESTER)).toBe(false);
    expect([await databases.exists('by hand ö'), await databases.exists('nope')]).toEqual([true, false]);
    expect(await databases.names()).toEqual(expect.arrayContaining(['by hand ö', 'k6']));
    expect(await registerFields('by hand ö', [wanted('m', {})], { mayCreate: false })).toHaveLength(1);
  });
});

describe('what the line protocol wrote', () => {
  const FIELDS = ['value', 'f g', 'a/b%2F?#ü', 'base', '"'.repeat(1024)];
  let uri: string;
  beforeAll(async () => {
    const fields: Record<string, FieldType> = { up: 'boolean', said: 'string' };
    for (const field of FIELDS) fields[field] = 'float';
    const [one] = await registerFields('read', [
      wanted('http', { a_b: 'x y', status: '200' }, fields),
      wanted('http', { 'a-b': 'x y', status: '200' }),
    ]);
    uri = `${ARCHIVE}${one?.metadataKey}/`;
  });

  const found = async (query: string): Promise<string[]> => {
    const { body } = await archive.http.get(`${ARCHIVE}${query}`).expect(200);
    return (body as WireMetadata[]).map((one) => one.uri);
  };

  test('is found by database, measurement and tags, whose keys are exact', async () => {
    expect(await found('?database=read&measurement=http&tag.status=200')).toHaveLength(2);
    expect(await found('?database=read&tag.a_b=x%20y')).toEqual([uri]);
    expect(await found('?subject-type=series&tag.a_b=x%20y')).toEqual([uri]);
    expect(await found('?database=Read')).toEqual([]);
    expect(await found('?measurement=http')).toEqual([]);
    expect(await found('')).toEqual([]);
  });

  test('has fields of any name, under the URLs that the metadata lists', async () => {
    const { body } = await archive.http.get(uri).expect(200);
    expect(body).toMatchObject({ 'subject-type': 'series', database: 'read', 'tag.a_b': 'x y', 'tag.status': '200' });
    const eventTypes = (body as WireMetadata)['event-types'];
    expect(eventTypes.map((one) => one['event-type']).sort()).toEqual([...FIELDS, 'up', 'said'].sort());
    for (const one of eventTypes) {
      const [value, ts] = [one['event-type'] === 'up' ? true : one['event-type'] === 'said' ? 'hello' : 1.5, 5];
      await archive.http.post(one['base-uri']).set('authorization', archive.auth).send({ ts, val: value }).expect(201);
      await archive.http.get(`${one['base-uri']}?time=5`).expect(200, [{ ts, val: value }]);
      const entry = await archive.http.get(one['base-uri'].replace(/\/base$/, '/')).expect(200);
      expect(entry.body[0]).toMatchObject({ 'event-type': one['event-type'], 'base-uri': one['base-uri'] });
    }
  });

  test('loses points of a field as any event type does', async () => {
    const base = `${uri}f%20g/base`;
    for (const ts of [7, 8]) await postPoint(archive, uri, 'f%20g', { ts, val: ts }).expect(201);
    const { body } = await archive.http
      .delete(`${base}?time-start=7&time-end=7`)
      .set('authorization', admin)
      .expect(200);
    expect(body).toEqual({ deleted: { metadata: 0, points: 1 } });
    await archive.http.get(`${base}?time-start=6&time-end=9`).expect(200, [{ ts: 8, val: 8 }]);
    const unknown = await archive.http.delete(`${uri}no/base`).set('authorization', admin).expect(400);
    expect(unknown.body.code).toBe('unknown-event-type');
  });

  test('is no use of an event type of the same name', async () => {
    const declared = { name: 'rack-temperature', 'data-type': 'integer' };
    await archive.http.post('/api/v1/event-types').set('authorization', admin).send(declared).expect(201);
    await registerFields('read', [wanted('rack', {}, { 'rack-temperature': 'float' })]);
    await archive.http.delete('/api/v1/event-types/rack-temperature').set('authorization', admin).expect(200);
  });

  test('has no other fields', async () => {
    const { body } = await archive.http.get(`${uri}no%20such/base`).expect(400);
    expect(body.code).toBe('unknown-event-type');
    await archive.http.get(`${uri}a%00b/base`).expect(404);
    await postPoint(archive, uri, 'no%20such', { ts: 5, val: 1 }).expect(400);
  });
});

const DATABASES = '/api/v1/databases';

function send(method: 'get' | 'put' | 'patch' | 'delete', path: string, body?: object) {
  const request = archive.http[method](`${DATABASES}${path}`).set('authorization', admin);
  return body === undefined ? request : request.send(body);
}

/** Writes lines, whose times are seconds. */
async function write(database: string, ...lines: string[]): Promise<void> {
  await archive.http
    .post(`/write?db=${encodeURIComponent(database)}&precision=s`)
    .set('authorization', archive.auth)
    .send(lines.join('\n'))
    .expect(204);
}

/** The path of the only metadata that a search for `series` finds. */
async function uriOf(query: string): Promise<string> {
  const { body } = await archive.http.get(`${ARCHIVE}?subject-type=series&${query}`).expect(200);
  expect(body).toHaveLength(1);
  return (body as WireMetadata[])[0]?.uri ?? '';
}

describe('a database', () => {
  test('is created, listed and read with what is stored in it', async () => {
    const created = await send('put', '/a%20b', {}).expect(201, { name: 'a b', summaries: [] });
    expect(created.headers.location).toMatch(/\/api\/v1\/databases\/a%20b$/);
    await send('put', '/a%20b', {}).expect(200);
    await send('get', '/a%20b').expect(200, {
      name: 'a b',
      summaries: [],
      series: 0,
      points: 0,
      first: null,
      last: null,
    });
    await write('a b', 'm,host=a v=1 10', 'm,host=b v=1 10', 'm,host=a v=2 20', 'm,host=b v=2 20');
    const content = { series: 2, points: 4, first: 10, last: 20 };
    await send('get', '/a%20b').expect(200, { name: 'a b', summaries: [], ...content });
    const { body, headers } = await send('get', '?limit=1').expect(200);
    expect(body).toEqual([{ name: expect.any(String), summaries: [] }]);
    expect(headers.link).toContain('rel="next"');
  });

  test('keeps summaries of its numbers: of fields that are there, and of those that come', async () => {
    await write('kept', 'm,host=old value=1,text="a" 60', 'm,host=old value=2 61', 'm,host=old value=5 120');
    const summaries = [
      { 'summary-type': 'average', 'summary-window': 60 },
      { 'summary-type': 'categories', 'summary-window': 60 },
    ];
    for (let time = 0; time < 2; time++)
      await send('put', '/kept', { summaries }).expect(200, { name: 'kept', summaries });
    await write('kept', 'm,host=new value=3 60', 'm,host=new value=4 61', 'm,host=old value=7,text="a" 121');
    const old = await uriOf('database=kept&tag.host=old');
    const fresh = await uriOf('database=kept&tag.host=new');
    const bins = async (path: string) => (await archive.http.get(path).expect(200)).body as unknown;
    expect(await bins(`${fresh}value/averages/60`)).toEqual([{ ts: 60, val: 3.5 }]);
    const filled = [
      { ts: 60, val: 1.5 },
      { ts: 120, val: 6 },
    ];
    await expect.poll(() => bins(`${old}value/averages/60`)).toEqual(filled);
    const counted = [
      { ts: 60, val: { a: 1 } },
      { ts: 120, val: { a: 1 } },
    ];
    await expect.poll(() => bins(`${old}text/categories/60`)).toEqual(counted);
    expect(await bins(`${old}value/categories/60`)).toEqual([]);
    const actions = (await auditOf('kept')).map(({ action }) => action);
    expect(actions.filter((action) => action === 'database changed')).toHaveLength(1);
  });

  test.each([
    [{ summaries: 1 }, 'summaries: '],
    [
      { summaries: [{ 'summary-type': 'mean', 'summary-window': 60 }] },
      'summary 1, summary-type: "mean" is not possible',
    ],
    [{ summaries: [{ 'summary-type': 'average', 'summary-window': -1 }] }, 'summary 1, summary-window: '],
    [{ retention: '7d' }, 'retention'],
    [
      {
        summaries: Array.from({ length: 101 }, (_, window) => ({
          'summary-type': 'average',
          'summary-window': window,
        })),
      },
      'summaries: more than 100 windows',
    ],
  ])('is not created with settings that are wrong (%#)', async (body, detail) => {
    expect((await send('put', '/bad', body).expect(400)).body.detail).toContain(detail);
    await send('get', '/bad').expect(404);
  });

  test('has a name that is none of the reserved ones, and belongs to keys that may write to it', async () => {
    await send('put', '/archive', {}).expect(403);
    await send('put', '/a%22b', {}).expect(400);
    await archive.http.put(`${DATABASES}/anyone`).send({}).expect(401);
    const limited = await archive.app.get(ApiKeyService).issue('ci', 'write', { limits: { database: ['mine'] } });
    const put = (name: string) =>
      archive.http.put(`${DATABASES}/${name}`).set('authorization', `Token ${limited.key}`).send({});
    await put('mine').expect(201);
    await put('yours').expect(403);
    await archive.http.delete(`${DATABASES}/mine`).set('authorization', archive.auth).expect(403);
  });

  test('is deleted with all its data, however many metadata it has, and no other is', async () => {
    await write('gone', 'm a=1,b=1i 5');
    const many = Array.from({ length: 1001 }, (_, host) => wanted('n', { host: String(host) }));
    await registerFields('gone', many);
    await write('Gone', 'm value=1 5');
    await send('delete', '/gone?limit=1').expect(400);
    await send('delete', '/gone').expect(200, { deleted: { metadata: 1002, points: 2 } });
    await send('get', '/gone').expect(404);
    await send('delete', '/gone').expect(404);
    expect(await archive.query(`SELECT FROM field WHERE database = 'gone'`)).toEqual([]);
    await archive.http.get(`${ARCHIVE}?database=gone`).expect(200, []);
    const kept = await uriOf('database=Gone');
    await archive.http.get(`${kept}value/base?time=5`).expect(200, [{ ts: 5, val: 1 }]);
    expect((await auditOf('gone')).at(-1)).toEqual({
      action: 'database deleted',
      details: { metadata: 1002, points: 2 },
    });
    await write('gone', 'm a="now a text" 5');
    await send('get', '/gone/measurements/m/fields/a').expect(200, {
      measurement: 'm',
      name: 'a',
      type: 'string',
      unit: null,
    });
  });
});

describe('a field', () => {
  const FIELD = '/fields/measurements/a%2Fb%20c/fields/v%201';

  beforeAll(async () => {
    await write('fields', 'a/b\\ c,host=a v\\ 1=1,w=1i 5', 'a/b\\ c,host=b v\\ 1=1 5', 'm v\\ 1=true 5');
  });

  test('is listed, read, and has a unit', async () => {
    const field = { measurement: 'a/b c', name: 'v 1', type: 'float', unit: null };
    await send('get', FIELD).expect(200, field);
    await send('patch', FIELD, { unit: 'ms' }).expect(200, { ...field, unit: 'ms' });
    const { body } = await send('get', '/fields/fields').expect(200);
    const listed = body as (typeof field)[];
    expect(listed.map(({ measurement, name, unit }) => [measurement, name, unit])).toEqual([
      ['a/b c', 'v 1', 'ms'],
      ['a/b c', 'w', null],
      ['m', 'v 1', null],
    ]);
    const { body: ofMeasurement } = await send('get', '/fields/fields?measurement=m').expect(200);
    expect(ofMeasurement).toHaveLength(1);
    await send('get', '/nope/fields').expect(404);
    const { body: refused } = await send('patch', FIELD, {}).expect(400);
    expect(refused.detail).toContain('unit');
    await send('patch', FIELD, { type: 'integer' }).expect(400);
    await send('patch', '/fields/measurements/m/fields/no', { unit: 's' }).expect(404);
  });

  test('is deleted for all tags, and then takes another type', async () => {
    const { body } = await send('delete', FIELD).expect(200);
    expect(body).toEqual({ deleted: { metadata: 1, points: 2 } });
    await send('get', FIELD).expect(404);
    await send('delete', FIELD).expect(404);
    await write('fields', 'a/b\\ c,host=a v\\ 1="text" 5');
    const { body: types } = await send('get', '/fields/fields?measurement=a%2Fb%20c').expect(200);
    expect(types).toMatchObject([{ type: 'string' }, { type: 'integer' }]);
    await send('get', '/fields/measurements/m/fields/v%201').expect(200);
  });
});

test('the command line names the series of a database, and takes their names back from a shell', async () => {
  await write('cli', `m,host=a it's\\ =1.5,b=2i 5`);
  const env = { MARIGRAM_URL: await archive.app.getUrl() };
  const { stderr } = await new Program([...MARIGRAM, 'get', 'points', 'database=cli'], env).ended;
  expect(stderr).toMatch(/ b {2}# m,host=a of database cli$/m);
  const [, rest = ''] = /^ {2}marigram (get points .*event-type.*)$/m.exec(stderr) ?? [];
  const { stdout } = await new Program(['sh', '-c', `${MARIGRAM.join(' ')} ${rest}`], env).ended;
  expect(stdout).toBe('{"ts":5,"val":1.5}\n');
});
