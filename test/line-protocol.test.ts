import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { parseLimits } from '../src/auth/subject-limits.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { putPoints } from './support/builders.js';

/** The lines of the contract with InfluxDB's answers. */
const WORKED_EXAMPLE = `http_req_duration,scenario=default,status=200 value=10.5 1700000000000000000
http_req_duration,scenario=default,status=200 value=20 1700000001000000500
http_req_duration,status=200,scenario=default value=30 1700000001000000900
http_req_duration,scenario=default,status=200 value=50 1700000025000000000
http_req_duration,scenario=default,status=500 value=40 1700000012000000000
vus,scenario=default value=3i 1700000003000000000
checks,scenario=default ok=true,msg="hello \\"x\\"" 1700000004000000000
events,tags=deploy,application=shop text="Start",timeEnd=1700000009000i 1700000005000000000
`;

let archive: TestArchive;
/** A key with the scope `write`, and one with `read`. */
let key: string;
let readKey: string;
beforeAll(async () => {
  archive = await startArchive();
  key = archive.auth.slice('Token '.length);
  readKey = (await archive.issueKey('read')).slice('Token '.length);
});
afterAll(() => archive.close());

/** A key that may write to this database only. */
async function limitedKey(database: string): Promise<string> {
  const limits = parseLimits([`database=${database}`]);
  return (await archive.app.get(ApiKeyService).issue('tester', 'write', { limits })).key;
}

describe('what tells clients that there is a server', () => {
  test.each(['get', 'head', 'post'] as const)('%s /ping needs no key', async (method) => {
    const { headers } = await archive.http[method]('/ping').expect(204);
    expect(headers).toMatchObject({
      ...{ 'x-influxdb-version': '1.8.10-marigram', 'x-influxdb-build': 'OSS' },
      'request-id': expect.stringMatching(/^[\da-f-]{36}$/),
    });
  });

  test('/ping tells its version if asked', async () => {
    const { body } = await archive.http.get('/ping?verbose=true').expect(200);
    expect(body).toEqual({ version: '1.8.10-marigram' });
    await archive.http.get('/ping?verbose=false').expect(204);
  });

  test('/health', async () => {
    const { body, headers } = await archive.http.get('/health').expect(200, {
      ...{ name: 'influxdb', message: 'ready for queries and writes', status: 'pass', checks: [] },
      version: '1.8.10-marigram',
    });
    expect(body.status).toBe('pass');
    expect(headers).toMatchObject({ 'content-type': 'application/json', allow: 'GET, HEAD, OPTIONS' });
  });

  test('another method is refused as InfluxDB words it', async () => {
    const { body, headers } = await archive.http.put('/ping').expect(405);
    expect(body).toEqual({ error: 'PUT is not possible here, only GET, HEAD, OPTIONS, POST' });
    expect(headers).toMatchObject({ 'x-influxdb-error': body.error, 'x-influxdb-version': '1.8.10-marigram' });
  });
});

describe('queries that writers send', () => {
  const ask = (q: string, auth = `Token ${key}`) =>
    archive.http.post('/query').set('authorization', auth).type('form').send({ q, db: 'of-request' });
  const databases = async (): Promise<string[]> => {
    const { body } = await ask('show databases').expect(200);
    const { results } = body as { results: { series: { values?: string[][] }[] }[] };
    return results[0]?.series[0]?.values?.flat() ?? [];
  };

  test('a database is created, once, and shown', async () => {
    expect((await ask('SHOW DATABASES').expect(200)).body).toEqual({
      results: [{ statement_id: 0, series: [{ name: 'databases', columns: ['name'] }] }],
    });
    for (let repeat = 0; repeat < 2; repeat++) {
      const { body, headers } = await ask('CREATE DATABASE "k6"').expect(200);
      expect(body).toEqual({ results: [{ statement_id: 0 }] });
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-influxdb-version': '1.8.10-marigram' });
    }
    const { text } = await archive.http
      .get('/query?pretty=true&q=SHOW%20DATABASES')
      .set('authorization', `Token ${key}`)
      .expect(200);
    const series = [{ name: 'databases', columns: ['name'], values: [['k6']] }];
    expect(text).toBe(JSON.stringify({ results: [{ statement_id: 0, series }] }, null, 4));
  });

  test('by GET, which is not meant to change anything, it is created with a warning', async () => {
    const { body } = await archive.http.get(`/query?q=create+database+by_get&u=x&p=${key}`).expect(200);
    const text = "deprecated use of 'CREATE DATABASE by_get' in a read only context, please use a POST request instead";
    expect(body).toEqual({ results: [{ statement_id: 0, messages: [{ level: 'warning', text }] }] });
    expect(await databases()).toContain('by_get');
  });

  const REFUSED = (database: string): object => ({
    error: `not allowed here: use DELETE /api/v1/databases/${database}`,
  });
  test.each<[string, object[]]>([
    [' ; ', []],
    ['CREATE DATABASE x WITH DURATION 3d; create database "a b";', [{}, {}]],
    ['CREATE RETENTION POLICY "one" ON "k6" DURATION 1h REPLICATION 1 DEFAULT', [{}]],
    ['-- comment\nALTER RETENTION POLICY one ON k6 DURATION 1h;', [{}]],
    ['DROP DATABASE "a b"', [REFUSED('a%20b')]],
    ["DROP MEASUREMENT m; DELETE FROM m WHERE t = 'a;b'", [REFUSED('of-request'), REFUSED('of-request')]],
    ['CREATE DATABASE ""', [{ error: expect.stringContaining('1 to 128 characters') }]],
  ])('%s', async (q, answers) => {
    const { body } = await ask(q).expect(200);
    expect(body).toEqual({ results: answers.map((answer, statement_id) => ({ statement_id, ...answer })) });
  });

  test.each([
    ['', 'missing required parameter "q"'],
    ['FOO', 'error parsing query: found FOO, expected ALTER, CREATE, DELETE, DROP, SHOW at line 1, char 1'],
    ['SHOW DATABASES;\n CREATE X', 'error parsing query: found X, expected DATABASE, RETENTION at line 2, char 9'],
    ['CREATE DATABASE', 'error parsing query: found EOF, expected identifier at line 1, char 16'],
    ["CREATE DATABASE 'k'", 'error parsing query: found k, expected identifier at line 1, char 17'],
    ['CREATE DATABASE k6 k7', 'error parsing query: found k7, expected ; at line 1, char 20'],
    ['CREATE DATABASE "x', 'error parsing query: found "x, expected the closing " at line 1, char 17'],
    ['('.repeat(1e6), expect.stringContaining('found (, expected ALTER')],
    ['SHOW DATABASES;'.repeat(10_000), 'a query has at most 100 statements'],
  ])('what is not understood is refused: %#', async (q, error) => {
    expect((await ask(q).expect(400)).body).toEqual({ error });
  });

  test('a statement that creates something needs the scope to write, the others to read', async () => {
    const reader = `Bearer ${readKey}`;
    await ask('SHOW DATABASES', reader).expect(200);
    const { body } = await ask('SHOW DATABASES; CREATE DATABASE forbidden', reader).expect(403);
    expect(body).toEqual({ error: 'the API key of tester lacks the scope write' });
    const { body: anonymous, headers } = await archive.http
      .post('/query?q=create+database+forbidden')
      .expect(401, { error: 'authorization failed' });
    expect(headers['www-authenticate']).toBe('Basic realm="InfluxDB"');
    expect(anonymous).toEqual({ error: 'authorization failed' });
    const limited = `Token anybody:${await limitedKey('k6')}`;
    await ask('CREATE DATABASE k6', limited).expect(200);
    await ask('CREATE DATABASE forbidden', limited).expect(403);
    expect(await databases()).not.toContain('forbidden');
  });
});

/** The points of a database by field, of each measurement with its tags: time (seconds) and value. */
async function stored(database: string): Promise<Record<string, Record<string, [ts: number, value: unknown][]>>> {
  const { body: found } = await archive.http.get(ARCHIVE).query({ database, limit: 1000 }).expect(200);
  const all: Record<string, Record<string, [number, unknown][]>> = {};
  for (const metadata of found as Record<string, unknown>[]) {
    const tags = Object.keys(metadata)
      .filter((name) => name.startsWith('tag.'))
      .sort();
    const head = [metadata['measurement'], ...tags.map((name) => `${name.slice(4)}=${String(metadata[name])}`)].join();
    const fields: Record<string, [number, unknown][]> = (all[head] = {});
    for (const { 'event-type': field, 'base-uri': uri } of metadata['event-types'] as Record<string, string>[]) {
      const { body: points } = await archive.http.get(uri!).query({ limit: 1000, 'time-start': -1000 }).expect(200);
      if (points.length > 0)
        fields[field!] = (points as { ts: number; val: unknown }[]).map(({ ts, val }) => [ts, val]);
    }
  }
  return all;
}

function write(lines: string | Buffer, database: string, query = '') {
  return archive.http
    .post(`/write?db=${encodeURIComponent(database)}${query}`)
    .set({ authorization: `Token ${key}`, 'content-type': 'text/plain; charset=utf-8' })
    .send(lines);
}

function writeV2(lines: string | Buffer, bucket: string) {
  return archive.http.post(`/api/v2/write?bucket=${bucket}`).set('authorization', `Token ${key}`).send(lines);
}

describe('lines become points', () => {
  test('the worked example', async () => {
    const { text, headers } = await write(WORKED_EXAMPLE, 'jm').expect(204);
    expect(text).toBe('');
    expect(headers).toMatchObject({ 'x-influxdb-version': '1.8.10-marigram' });
    const expected = {
      'http_req_duration,scenario=default,status=200': {
        value: [
          [1700000000, 10.5],
          [1700000001, 20],
          [1700000001, 30],
          [1700000025, 50],
        ],
      },
      'http_req_duration,scenario=default,status=500': { value: [[1700000012, 40]] },
      'vus,scenario=default': { value: [[1700000003, 3]] },
      'checks,scenario=default': { ok: [[1700000004, true]], msg: [[1700000004, 'hello "x"']] },
      'events,application=shop,tags=deploy': { text: [[1700000005, 'Start']], timeEnd: [[1700000005, 1700000009000]] },
    };
    expect(await stored('jm')).toEqual(expected);
    // Sent again, with gzip and by InfluxDB 2: nothing changes.
    await archive.http
      .post('/api/v2/write?org=any&bucket=jm%2Fautogen&precision=ns')
      .set({ authorization: `Token ${key}`, 'content-encoding': 'gzip' })
      .send(gzipSync(WORKED_EXAMPLE))
      .expect(204);
    expect(await stored('jm')).toEqual(expected);
  });

  test('names are exact, whatever characters they have', async () => {
    await write(String.raw`m\ x,a\,b=c\=d f\ g="a\"b\\c",h=1e-3 1`, 'names').expect(204);
    await write('M,_t=Ü v=1 0\nm,_t=ü v=2 0', 'names').expect(204);
    expect(await stored('names')).toEqual({
      'm x,a,b=c=d': { 'f g': [[0, String.raw`a"b\c`]], h: [[0, 0.001]] },
      'M,_t=Ü': { v: [[0, 1]] },
      'm,_t=ü': { v: [[0, 2]] },
    });
  });

  test.each([
    ['', '1700000000123456789', 1700000000.123456],
    ['n', '1700000000123456789', 1700000000.123456],
    ['us', '1700000000123456', 1700000000.123456],
    ['u', '-1', -0.000001],
    ['ms', '1700000000123', 1700000000.123],
    ['s', '1700000000', 1700000000],
    ['m', '28333333', 1699999980],
    ['h', '472222', 1699999200],
  ])('times in %j', async (precision, time, ts) => {
    const database = `times-${precision}`;
    await write(`m v=1 ${time}`, database, `&precision=${precision}`).expect(204);
    expect(await stored(database)).toEqual({ m: { v: [[ts, 1]] } });
  });

  test('lines without a time have the time of the database, the same one for all', async () => {
    await write('m,a=1 v=1\nm,a=2 v=2\nm,a=1 v=3', 'now').expect(204);
    const { 'm,a=1': one, 'm,a=2': two } = await stored('now');
    const [{ now }] = (await archive.query<{ now: number }>('SELECT extract(epoch FROM now())::float8 AS now')) as [
      { now: number },
    ];
    expect(one?.['v']).toEqual([[expect.closeTo(now, -2), 3]]);
    expect(two?.['v']?.[0]?.[0]).toBe(one?.['v']?.[0]?.[0]);
  });

  test('fields of one time that come one after the other are one point', async () => {
    await write('m a=1 5', 'fields').expect(204);
    await write('m b="x",a=1 5\nm c=t 5', 'fields').expect(204);
    expect(await stored('fields')).toEqual({ m: { a: [[0, 1]], b: [[0, 'x']], c: [[0, true]] } });
  });

  test.each([
    ['none', '', 204],
    ['an empty one', '\n \r\n', 204],
    ['comments', '# a\n# b', 204],
  ])('a body that has no lines: %s', async (_, body, status) => {
    await write(body, 'nothing').expect(status);
    expect(await archive.query("SELECT FROM database WHERE name = 'nothing'")).toEqual([]);
  });
});

test('a taken place gets the last value, and the same value changes nothing', async () => {
  const overwritten = async (): Promise<number> => {
    const { text } = await archive.http.get('/metrics').set('authorization', archive.auth).expect(200);
    return Number(/^marigram_points_overwritten_total (\d+)$/m.exec(text)?.[1]);
  };
  const before = await overwritten();
  await write('m v=1 5000\nm v=2 5000\nm v=3 5001\nm s="a" 5000', 'taken').expect(204);
  expect(await overwritten()).toBe(before);
  await archive.query(`UPDATE series SET time_updated = '2001-01-01' WHERE metadata IN
                       (SELECT id FROM metadata WHERE parameters ->> 'database' = 'taken')`);
  for (let repeat = 0; repeat < 2; repeat++) await write('m v=2 5000\nm v=3 5001\nm s="a" 5000', 'taken').expect(204);
  const { body } = await archive.http.get(ARCHIVE).query({ database: 'taken' }).expect(200);
  const unchanged = { 'time-updated': 978307200 };
  expect(body).toMatchObject([{ 'event-types': [unchanged, unchanged] }]);
  expect(await overwritten()).toBe(before);
  await write('m v=2 5000\nm v=4 5001\nm s="b" 5000', 'taken').expect(204);
  expect(await overwritten()).toBe(before + 2);
  expect(await stored('taken')).toEqual({
    m: {
      v: [
        [0.000005, 2],
        [0.000005, 4],
      ],
      s: [[0.000005, 'b']],
    },
  });
});

test('a point of a database is replaced by whatever is written to its place', async () => {
  await write('m v=1 1000000000', 'mixed').expect(204);
  const [{ uri }] = (await archive.http.get(ARCHIVE).query({ database: 'mixed' }).expect(200)).body as [
    { uri: string },
  ];
  // In one batch or in several: each of them replaces what came before.
  for (let round = 1; round <= 10; round++) {
    const put = putPoints(archive, uri, 'v', [{ ts: 1, val: -round }]).expect(201);
    await Promise.all([put, write(`m v=${round} 1000000000`, 'mixed').expect(204)]);
  }
  const { body } = await archive.http.get(`${uri}v/base?time-start=0`).expect(200);
  expect([10, -10]).toContain((body as { val: number }[])[0]!.val);
  expect(body).toHaveLength(1);
});

describe('what tools send', () => {
  test('Telegraf, to both APIs, with gzip', async () => {
    const lines = [
      'cpu,cpu=cpu-total,host=web1 usage_idle=97.5,usage_user=1.25,usage_system=0.9999999999990905 1732700000000000000',
      'mem,host=web1 used_percent=41.5,total=16777216000i,available=9815052288u 1732700000000000000',
      'disk,device=sda1,fstype=ext4,host=web1,mode=rw,path=/ free=1099511627776i 1732700000000000000',
      'system,host=web1 uptime_format="3 days,  1:02" 1732700000000000000',
    ].join('\n');
    const body = gzipSync(`${lines}\n`);
    const user = { 'user-agent': 'Telegraf/1.32.3 Go/1.23.3', 'content-type': 'text/plain; charset=utf-8' };
    const send = (path: string) =>
      archive.http
        .post(path)
        .set({ ...user, authorization: `Token ${key}`, 'content-encoding': 'gzip' })
        .send(body)
        .expect(204);
    await send('/write?consistency=any&db=telegraf&rp=autogen');
    await send('/api/v2/write?bucket=telegraf-v2&org=mine&precision=ns');
    const at = (value: unknown): [number, unknown][] => [[1732700000, value]];
    const expected = {
      'cpu,cpu=cpu-total,host=web1': {
        ...{ usage_idle: at(97.5), usage_user: at(1.25), usage_system: at(0.9999999999990905) },
      },
      'mem,host=web1': { used_percent: at(41.5), total: at(16777216000), available: at(9815052288) },
      'disk,device=sda1,fstype=ext4,host=web1,mode=rw,path=/': { free: at(1099511627776) },
      'system,host=web1': { uptime_format: at('3 days,  1:02') },
    };
    expect(await stored('telegraf')).toEqual(expected);
    expect(await stored('telegraf-v2')).toEqual(expected);
  });

  test('k6: a database of its own, then thousands of points in each second', async () => {
    await archive.http.post('/query').query({ q: 'CREATE DATABASE "k6db"', p: key }).expect(200);
    const lines = Array.from({ length: 3000 }, (_, index) => {
      const tags = 'expected_response=true,method=GET,name=http://shop.example/,scenario=default,status=200';
      const head = `http_req_duration,${tags}`;
      return `${head} value=${index / 8} ${1732700000000000000n + BigInt(index) * 300n}`;
    });
    const auth = { authorization: `Basic ${Buffer.from(`k6:${key}`).toString('base64')}` };
    const url = '/write?consistency=&db=k6db&precision=ns&rp=';
    await archive.http.post(url).set(auth).send(lines.join('\n')).expect(204);
    const [series] = Object.values(await stored('k6db')) as [{ value: [number, number][] }];
    // No two of them are one, though several lie in each microsecond.
    expect(series.value).toHaveLength(1000);
    const [{ uri }] = (await archive.http.get(ARCHIVE).query({ database: 'k6db' })).body as [{ uri: string }];
    const { body } = await archive.http.get(`${uri}value/base`).query({ limit: 10_000 }).expect(200);
    expect((body as { val: number }[]).map(({ val }) => val)).toEqual(lines.map((_, index) => index / 8));
  });

  test('the backend listener of JMeter', async () => {
    const lines = [
      'jmeter,application=a,transaction=all,statut=all count=5,countError=0,avg=10.5,min=1.0,max=20.0,hit=5,sb=1000,rb=2000,pct95.0=19.5 1700000000000000000',
      'jmeter,application=a,transaction=internal minAT=0,maxAT=2,meanAT=1,startedT=2,endedT=2 1700000000000000000',
      'events,application=a,title=ApacheJMeter text="Test started" 1700000000000000000',
    ];
    await write(`${lines.join('\n')}\n`, 'jmeter').expect(204);
    expect(await stored('jmeter')).toMatchObject({
      'jmeter,application=a,statut=all,transaction=all': {
        ...{ count: [[1700000000, 5]], avg: [[1700000000, 10.5]], 'pct95.0': [[1700000000, 19.5]] },
      },
      'jmeter,application=a,transaction=internal': { maxAT: [[1700000000, 2]] },
      'events,application=a,title=ApacheJMeter': { text: [[1700000000, 'Test started']] },
    });
  });
});

describe('the type of a field', () => {
  const conflict = (type: string, of: string): string =>
    `partial write: field type conflict: input field "v" on measurement "m" is type ${type}, already exists as type ${of} dropped=1`;
  /** First and second value, and what is stored of the second one or why it is not. */
  test.each<[string, string, unknown, string?]>([
    ['1', '2i', 2],
    ['1', '9007199254740992i', 2 ** 53],
    ['1', '9007199254740994i', undefined, conflict('integer', 'float')],
    ['1', '"x"', undefined, conflict('string', 'float')],
    ['1', 't', undefined, conflict('boolean', 'float')],
    ['1i', '2', 2],
    ['1i', '-0', 0],
    ['1i', '4u', 4],
    ['1i', '1e16', undefined, conflict('float', 'integer')],
    ['1i', '1.5', undefined, conflict('float', 'integer')],
    ['1i', '9223372036854775807i', 2 ** 63],
    ['1i', '"2"', undefined, conflict('string', 'integer')],
    ['"a"', '"b"', 'b'],
    ['"a"', '1', undefined, conflict('float', 'string')],
    ['"a"', 'f', undefined, conflict('boolean', 'string')],
    ['t', 'F', false],
    ['t', '1i', undefined, conflict('integer', 'boolean')],
    ['t', '"t"', undefined, conflict('string', 'boolean')],
  ])('after %s, %s is %j', async (first, second, value, error) => {
    const database = `types-${first}-${second}`.replace(/"/g, "'");
    await write(`m v=${first} 0`, database).expect(204);
    // Of other tags, too: the type is the field's.
    const response = await write(`m,t=x v=${second} 1000`, database);
    expect([response.status, response.body?.error]).toEqual(error === undefined ? [204, undefined] : [400, error]);
    expect((await stored(database))['m,t=x']?.['v']?.[0]?.[1]).toBe(value);
  });

  test('in one request, the first value decides', async () => {
    const { body } = await write('m,a=1 v="x" 0\nm,a=2 v=1 0\nm,a=3 v="y",w=1 0', 'first').expect(400);
    expect(body).toEqual({ error: conflict('float', 'string') });
    expect(await stored('first')).toEqual({
      'm,a=1': { v: [[0, 'x']] },
      'm,a=2': {},
      'm,a=3': { v: [[0, 'y']], w: [[0, 1]] },
    });
  });
});

describe('lines that are not stored', () => {
  /** Lines, what is told about them, and the values that are stored of `v`. */
  test.each<[string, string, number[]]>([
    ['bad', "unable to parse 'bad': missing fields", []],
    [
      'bad line here\nm v=1 0\nm,t=a v=',
      "partial write: unable to parse 'bad line here': invalid field format\n" +
        "unable to parse 'm,t=a v=': missing field value dropped=2",
      [1],
    ],
    ['m v=1 0\nm v="\0" 1', `partial write: unable to parse 'm v="\0" 1': invalid character dropped=1`, [1]],
    ['m v=1 0\nm v=2 abc', "partial write: unable to parse 'm v=2 abc': bad timestamp dropped=1", [1]],
    [
      'm v=1 0\nm time=2 1000',
      'partial write: invalid field name: input field "time" on measurement "m" is invalid dropped=1',
      [1],
    ],
    [
      'm v=1 0\nm,time=x v=2 1000',
      'partial write: invalid tag key: input tag "time" on measurement "m" is invalid dropped=1',
      [1],
    ],
    ['m,time=x v=2', 'partial write: invalid tag key: input tag "time" on measurement "m" is invalid dropped=1', []],
  ])('%j', async (lines, error, values) => {
    const database = `bad-${randomUUID()}`;
    const { body, headers } = await write(lines, database).expect(400);
    expect(body).toEqual({ error });
    expect(headers['x-influxdb-error']).toBe(error.replace(/\n/g, ' ').replace('\0', '?'));
    expect(((await stored(database))['m']?.['v'] ?? []).map(([, value]) => value)).toEqual(values);
    const { body: v2 } = await writeV2(lines, `${database}-v2`).expect(400);
    expect(v2).toEqual({ code: 'invalid', message: error });
  });

  test('a field "time" beside others is ignored, as by InfluxDB', async () => {
    await write('m v=1,time=3 0', 'time').expect(204);
    expect(await stored('time')).toEqual({ m: { v: [[0, 1]] } });
  });

  test('only for their types: 422 from InfluxDB 2', async () => {
    await writeV2('m v=1 0', 'v2-types').expect(204);
    const { body } = await writeV2('m v="x" 0\nm v=2 1000\nm v=t 0', 'v2-types').expect(422);
    const clash = (type: string): string =>
      `field type conflict: input field "v" on measurement "m" is type ${type}, already exists as type float`;
    expect(body).toEqual({
      code: 'unprocessable entity',
      message: `partial write: ${clash('string')}\n${clash('boolean')} dropped=2`,
    });
    await writeV2('m v="x" 0\nbad', 'v2-types').expect(400);
  });

  test('the first 100 are named, and the same reason once', async () => {
    await write('m v=1 0', 'many').expect(204);
    const { body, headers } = await write(`${'é\n'.repeat(150)}m v=1 0`, 'many').expect(400);
    const lines = (body.error as string).split('\n');
    expect(lines).toHaveLength(100);
    expect(lines[99]).toBe("unable to parse 'é': missing fields dropped=150");
    expect(headers['x-influxdb-error']).toHaveLength(1024);
    const { body: clash } = await write('m v="x" 0\n'.repeat(3), 'many').expect(400);
    expect(clash.error).toMatch(/^partial write: field type conflict: [^\n]* dropped=3$/);
  });

  test('what is older than retention keeps', async () => {
    await write('m v=1 1700000000\nn v=1 1700000000', 'old', '&precision=s').expect(204);
    await archive.query(
      `UPDATE series SET base_cut_off = to_timestamp(1700000000), version = version + 1
       WHERE metadata = (SELECT id FROM metadata WHERE parameters @> '{"database": "old", "measurement": "m"}')`,
    );
    // What was known of the series is stale now.
    const { body } = await write('m v=2 1699999999\nm v=3 1700000001\nn v=4 1', 'old', '&precision=s').expect(400);
    expect(body).toEqual({ error: 'partial write: points beyond retention policy dropped=1' });
    expect(await stored('old')).toEqual({
      m: {
        v: [
          [1700000000, 1],
          [1700000001, 3],
        ],
      },
      n: {
        v: [
          [1, 4],
          [1700000000, 1],
        ],
      },
    });
    const { text } = await archive.http.get('/metrics').set('authorization', archive.auth).expect(200);
    expect(text).toMatch(/^marigram_lines_dropped_total\{reason="older than retention keeps"\} 1$/m);
    expect(Number(/^marigram_points_before_1990_total (\d+)$/m.exec(text)?.[1])).toBeGreaterThan(0);
  });
});

describe('keys', () => {
  test.each<[string, (key: string) => { url?: string; authorization?: string }]>([
    ['Token KEY', (key) => ({ authorization: `Token ${key}` })],
    ['token USER:KEY', (key) => ({ authorization: `token some:user:${key}` })],
    ['Bearer KEY', (key) => ({ authorization: `Bearer ${key}` })],
    ['Basic USER:KEY', (key) => ({ authorization: `Basic ${Buffer.from(`me:${key}`).toString('base64')}` })],
    ['Basic without a user', (key) => ({ authorization: `Basic ${Buffer.from(`:${key}`).toString('base64')}` })],
    ['u and p', (key) => ({ url: `&u=me&p=${key}` })],
    ['p', (key) => ({ url: `&p=${key}` })],
  ])('%s', async (_, credentialOf) => {
    const send = (path: string, of: string) => {
      const { url = '', authorization } = credentialOf(of);
      const request = archive.http.post(`${path}${url}`);
      return (authorization === undefined ? request : request.set('authorization', authorization)).send('m v=1 0');
    };
    await send('/write?db=keys', key).expect(204);
    await send('/api/v2/write?bucket=keys', key).expect(204);
    const { headers } = await send('/write?db=keys', 'f'.repeat(40)).expect(401, { error: 'authorization failed' });
    expect(headers).toMatchObject({
      ...{ 'www-authenticate': 'Basic realm="InfluxDB"', 'x-influxdb-error': 'authorization failed' },
      'x-influxdb-version': '1.8.10-marigram',
    });
    await send('/api/v2/write?bucket=keys', 'f'.repeat(40)).expect(401, {
      code: 'unauthorized',
      message: 'unauthorized access',
    });
    await send('/write?db=keys', readKey).expect(403, {
      error: 'user "tester" is not authorized to write to database "keys"',
    });
    await send('/api/v2/write?bucket=keys', readKey).expect(403, {
      code: 'forbidden',
      message: 'the API key of tester lacks the scope write',
    });
  });

  test('none', async () => {
    await archive.http.post('/write?db=keys').send('m v=1').expect(401, { error: 'authorization failed' });
  });

  test('one that is limited to a database', async () => {
    const limited = `Token ${await limitedKey('mine')}`;
    const send = (path: string) => archive.http.post(path).set('authorization', limited).send('m v=1 0');
    await send('/write?db=mine').expect(204);
    await send('/write?db=Mine').expect(403, {
      error: 'user "tester" is not authorized to write to database "Mine"',
    });
    await send('/api/v2/write?bucket=other').expect(403, {
      code: 'forbidden',
      message:
        'the API key of tester may not write here: it is limited to database mine, and this metadata has database other',
    });
    expect(await archive.query("SELECT FROM database WHERE name IN ('Mine', 'other')")).toEqual([]);
  });
});

describe('requests that are refused', () => {
  test.each<[string, string, string, string?]>([
    ['a missing database', '/write', 'database is required', 'bucket is required'],
    ['another unit', '/write?db=x&precision=xx', 'invalid precision "xx"', 'invalid precision "xx"'],
    ['a bad name', '/write?db=a%22b', `a database can't be called "a\\"b": 1 to 128 characters`],
    ['gzip that is none', '/write?db=x', 'Content-Encoding: the body is not gzip'],
  ])('%s', async (what, path, error, message = error) => {
    const headers: Record<string, string> = { authorization: `Token ${key}` };
    if (what.startsWith('gzip')) headers['content-encoding'] = 'gzip';
    const { body } = await archive.http.post(path).set(headers).send('m v=1 0').expect(400);
    expect(body).toEqual({ error: expect.stringContaining(error) });
    const { body: v2 } = await archive.http
      .post(path.replace('/write', '/api/v2/write').replace('db=', 'bucket='))
      .set(headers)
      .send('m v=1 0')
      .expect(400);
    expect(v2).toEqual({ code: 'invalid', message: expect.stringContaining(message) });
  });

  test.each(['archive', 'sessions'])('%s is a reserved name', async (name) => {
    await write('m v=1 0', name).expect(403);
  });

  test('another encoding than gzip', async () => {
    const { body } = await archive.http
      .post('/write?db=x')
      .set({ authorization: `Token ${key}`, 'content-encoding': 'br' })
      .send('m v=1')
      .expect(415);
    expect(body).toEqual({ error: 'Content-Encoding: expected gzip, got "br"' });
  });
});

describe('a strict server', () => {
  let strict: TestArchive;
  beforeAll(async () => {
    strict = await startArchive({ INFLUX_CREATE: 'explicit', SERIES_LIMIT: '3', BODY_LIMIT: '2KiB', RATE_LIMIT: '40' });
  });
  afterAll(() => strict.close());
  const send = (path: string, body: string | Buffer, headers: object = {}) =>
    strict.http
      .post(path)
      .set({ authorization: strict.auth, ...headers })
      .send(body);

  test('does not create a database by a write', async () => {
    await send('/write?db=nope', 'm v=1 0').expect(404, { error: 'database not found: "nope"' });
    await send('/api/v2/write?bucket=nope', 'm v=1 0').expect(404, {
      code: 'not found',
      message: 'bucket "nope" not found',
    });
    await send('/query?q=CREATE+DATABASE+made', '').expect(200);
    await send('/write?db=made', 'm v=1 0').expect(204);
  });

  test('takes so many series and no more, and goes on to fill them', async () => {
    await send('/query?q=CREATE+DATABASE+full', '').expect(200);
    const lines = [1, 2, 3, 4, 5].map((tag) => `m,t=${tag} v=1 0`).join('\n');
    for (let repeat = 0; repeat < 2; repeat++)
      await send('/write?db=full', lines).expect(400, {
        error: 'partial write: max-series-per-database limit exceeded: (3) dropped=2',
      });
    await send('/write?db=full', 'm,t=3 v=2,w=2 1').expect(204);
  });

  test('refuses a large body, also one that is large when it is unpacked', async () => {
    const large = `m v="${'x'.repeat(5000)}" 0`;
    const gzip = { 'content-encoding': 'gzip' };
    await send('/write?db=made', large).expect(413, { error: 'Request Entity Too Large' });
    await send('/write?db=made', gzipSync(large), gzip).expect(413, { error: 'Request Entity Too Large' });
    const { body } = await send('/api/v2/write?bucket=made', gzipSync(large), gzip).expect(413);
    expect(body).toEqual({ code: 'request too large', message: expect.stringContaining('BODY_LIMIT') });
  });

  test('refuses too many requests so that clients send theirs again', async () => {
    for (let count = 0; count < 40; count++) {
      const { status } = await send('/write?db=made', 'm v=1 0');
      if (status === 503) break;
    }
    const { headers, body } = await send('/write?db=made', 'm v=1 0').expect(503);
    expect(body).toEqual({ error: 'more than 40 requests in a minute with this API key (RATE_LIMIT)' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    const { headers: v2, body: told } = await send('/api/v2/write?bucket=made', 'm v=1 0').expect(429);
    expect(told).toEqual({ code: 'too many requests', message: body.error });
    expect(Number(v2['retry-after'])).toBeGreaterThan(0);
  });
});

test('INFLUX=off takes the routes away', async () => {
  const without = await startArchive({ INFLUX: 'off' });
  try {
    await without.http.get('/ping').expect(404);
    await without.http.get('/health').expect(404);
    await without.http.get('/health/live').expect(200);
  } finally {
    await without.close();
  }
});
