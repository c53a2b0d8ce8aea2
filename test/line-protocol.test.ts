import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../src/auth/api-key.service.js';
import { parseLimits } from '../src/auth/subject-limits.js';
import { startArchive, type TestArchive } from './support/archive.js';

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
