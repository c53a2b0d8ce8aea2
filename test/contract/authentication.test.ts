import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiKeyService } from '../../src/auth/api-key.service.js';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata, postPoint, readAll, register } from '../support/builders.js';

const WRONG = 'f'.repeat(40);

let archive: TestArchive;
let uri: string;
/** The keys themselves, without any scheme; all belong to the user `tester`. */
let key: string;
let readKey: string;
let adminKey: string;
let revokedKey: string;
beforeAll(async () => {
  archive = await startArchive();
  uri = await register(archive, 'throughput');
  key = wordOf(archive.auth);
  readKey = wordOf(await archive.issueKey('read'));
  adminKey = wordOf(await archive.issueKey('admin'));
  const keys = archive.app.get(ApiKeyService);
  const revoked = await keys.issue('tester', 'write');
  await keys.revoke(revoked.id);
  revokedKey = revoked.key;
});
afterAll(() => archive.close());

function wordOf(authorization: string): string {
  return authorization.replace('Token ', '');
}

/** Headers of a test case, made when it runs, since the keys are not known before. */
type Headers = () => Record<string, string>;

/** Every method on a URL that has it. */
const REQUESTS = [
  ['get', () => ARCHIVE],
  ['get', () => uri],
  ['get', () => `${uri}throughput/`],
  ['get', () => `${uri}throughput/base`],
  ['head', () => `${uri}throughput/base`],
  ['post', () => ARCHIVE],
  ['put', () => ARCHIVE],
  ['put', () => uri],
  ['post', () => `${uri}throughput/base`],
  ['patch', () => uri],
  ['put', () => `${uri}throughput/base`],
] as const;
const READS = REQUESTS.slice(0, 5);
const WRITES = REQUESTS.slice(5);

/** Tries to register metadata; nothing else tells a key that may write from one that may not so well. */
function tryToWrite(headers: Headers, path = ARCHIVE) {
  return archive.http.post(path).set(headers()).send(newMetadata());
}

describe('§8.1 credentials that are accepted', () => {
  test.each<[string, Headers]>([
    ['Token KEY', () => ({ authorization: `Token ${key}` })],
    ['token KEY', () => ({ authorization: `token ${key}` })],
    ['TOKEN KEY', () => ({ authorization: `TOKEN ${key}` })],
    ['Token, blanks, KEY', () => ({ authorization: `Token   ${key}  ` })],
    ['Bearer KEY', () => ({ authorization: `Bearer ${key}` })],
    ['bearer KEY', () => ({ authorization: `bearer ${key}` })],
    ['ApiKey USER:KEY', () => ({ authorization: `ApiKey tester:${key}` })],
    ['apikey USER:KEY', () => ({ authorization: `apikey tester:${key}` })],
    ['X-API-Key: KEY', () => ({ 'x-api-key': key })],
    ['X-API-Key: KEY beside a foreign scheme', () => ({ 'x-api-key': key, authorization: 'Basic dTpw' })],
    ['an admin key', () => ({ authorization: `Token ${adminKey}` })],
  ])('§8.1 %s', async (_, headers) => {
    const { body } = await tryToWrite(headers).expect(201);
    await archive.http.get(body.uri).set(headers()).expect(200);
  });

  test('§8.1 a key is 40 lower-case hexadecimal digits, and compared exactly', async () => {
    expect(key).toMatch(/^[0-9a-f]{40}$/);
    const upper = key.replaceAll('0', 'A').toUpperCase();
    await tryToWrite(() => ({ authorization: `Token ${upper}` })).expect(401);
    await tryToWrite(() => ({ authorization: `Token ${key.slice(0, -1)}` })).expect(401);
  });

  test('§8.1 a user has many keys', async () => {
    const another = await archive.issueKey('write');
    await tryToWrite(() => ({ authorization: another })).expect(201);
    await tryToWrite(() => ({ authorization: archive.auth })).expect(201);
  });
});

describe('§8.1 credentials that are refused', () => {
  const refused: readonly (readonly [string, Headers])[] = [
    ['Token without a key', () => ({ authorization: 'Token' })],
    ['Token with a blank', () => ({ authorization: 'Token ' })],
    ['Token with a blank inside the key', () => ({ authorization: `Token ${key.slice(0, 20)} ${key.slice(20)}` })],
    ['Token with more behind the key', () => ({ authorization: `Token ${key} x` })],
    ['Token with an unknown key', () => ({ authorization: `Token ${WRONG}` })],
    ['token with an unknown key', () => ({ authorization: `token ${WRONG}` })],
    ['Token with a revoked key', () => ({ authorization: `Token ${revokedKey}` })],
    ['Bearer without a key', () => ({ authorization: 'Bearer' })],
    ['Bearer with an unknown key', () => ({ authorization: `Bearer ${WRONG}` })],
    ['Bearer with a revoked key', () => ({ authorization: `Bearer ${revokedKey}` })],
    ['X-API-Key with an unknown key', () => ({ 'x-api-key': WRONG })],
    ['X-API-Key with a revoked key', () => ({ 'x-api-key': revokedKey })],
    ['X-API-Key without a key', () => ({ 'x-api-key': '' })],
  ];

  test.each(refused)('§8.1 %s is 401 on every method', async (_, headers) => {
    for (const [method, path] of REQUESTS) {
      const answer = await archive.http[method](path()).set(headers());
      expect(answer.status, `${method} ${path()}`).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Token');
      expect(answer.headers['content-type']).toBe('application/json');
      if (method !== 'head')
        expect(answer.body).toEqual({
          detail: expect.stringMatching(/./),
          error: answer.body.detail,
          code: 'unauthorized',
        });
    }
  });
});

describe('§8.1 credentials that are ignored', () => {
  test.each<[string, Headers]>([
    ['none at all', () => ({})],
    ['Basic', () => ({ authorization: `Basic ${Buffer.from(`tester:${key}`).toString('base64')}` })],
    ['Digest', () => ({ authorization: 'Digest username="tester"' })],
    ['a key without a scheme', () => ({ authorization: key })],
    ['an empty header', () => ({ authorization: '' })],
    ['a scheme that begins like Token', () => ({ authorization: `Tokens ${key}` })],
    ['ApiKey with another user', () => ({ authorization: `ApiKey other:${key}` })],
    ['ApiKey with an unknown key', () => ({ authorization: `ApiKey tester:${WRONG}` })],
    ['ApiKey with a revoked key', () => ({ authorization: `ApiKey tester:${revokedKey}` })],
    ['ApiKey without a user', () => ({ authorization: `ApiKey ${key}` })],
    ['ApiKey with nothing', () => ({ authorization: 'ApiKey' })],
    ['a cookie', () => ({ cookie: `sessionid=${key}; token=${key}` })],
  ])('§8.1 %s: reads go on, writes are 401', async (_, headers) => {
    for (const [method, path] of READS) await archive.http[method](path()).set(headers()).expect(200);
    for (const [method, path] of WRITES) {
      const answer = await archive.http[method](path()).set(headers()).send({ data: [] });
      expect(answer.status, `${method} ${path()}`).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Token');
    }
  });

  test.each(['username=tester&api_key=KEY', 'api_key=KEY', 'token=KEY', 'access_token=KEY', 'x-api-key=KEY'])(
    '§8.1 the query ?%s holds no credentials, but filters',
    async (query) => {
      const search = `${ARCHIVE}?${query.replace('KEY', key)}`;
      await tryToWrite(() => ({}), search).expect(401);
      await archive.http.get(search).expect(200, []);
    },
  );
});

describe('§8.1 before the body is read', () => {
  /** Sends the head of a request that promises a body, but no byte of that. */
  function sendHeadOnly(authorization: string | undefined): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const url = new URL(archive.http.get(`${uri}throughput/base`).url);
      const request = httpRequest(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': '1000000000',
          ...(authorization !== undefined && { authorization }),
        },
      });
      request.on('response', (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      request.flushHeaders();
    });
  }

  test('§8.1 401 and 403 are answered, whatever its size', async () => {
    expect(await sendHeadOnly(undefined)).toBe(401);
    expect(await sendHeadOnly(`Token ${WRONG}`)).toBe(401);
    expect(await sendHeadOnly(`Token ${readKey}`)).toBe(403);
    // With a key that may write, the size is looked at.
    expect(await sendHeadOnly(archive.auth)).toBe(413);
  });
});

describe('§8.2 scopes', () => {
  test('§8.2 a key that may only read is 403 on every write, and nothing is stored', async () => {
    const headers = { authorization: `Token ${readKey}` };
    for (const [method, path] of READS) await archive.http[method](path()).set(headers).expect(200);
    for (const [method, path] of WRITES) {
      const answer = await archive.http[method](path()).set(headers).send({ ts: 1, val: 1 });
      expect(answer.status, `${method} ${path()}`).toBe(403);
      expect(answer.headers['www-authenticate']).toBeUndefined();
      expect(answer.body.error).toBe(answer.body.detail);
    }
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
  });

  test('§8.2 any key that may write adds points to any metadata', async () => {
    const own = await register(archive, 'throughput');
    const { key: other } = await archive.app.get(ApiKeyService).issue('somebody-else', 'write');
    await postPoint(archive, own, 'throughput', { ts: 1, val: 1 }).set('authorization', `Token ${other}`).expect(201);
    expect(await readAll(archive, own, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
  });

  test('§8.2 methods that a URL lacks are 405 with a key, 401 without', async () => {
    for (const [method, path] of WRITES.slice(-2)) {
      const answer = await archive.http[method](path()).set('authorization', archive.auth).send({}).expect(405);
      expect(answer.body.detail).toContain(method.toUpperCase());
      await archive.http[method](path()).send({}).expect(401);
    }
  });
});

describe('§8.2 an archive with READ_ACCESS=key', () => {
  let closed: TestArchive;
  beforeAll(async () => {
    closed = await startArchive({ READ_ACCESS: 'key' });
  });
  afterAll(() => closed.close());

  test('§8.2 nothing is read without a key, and any key reads', async () => {
    const own = await register(closed, 'throughput');
    const scopes = ['read', 'write', 'admin'] as const;
    const keys = await Promise.all(scopes.map((scope) => closed.issueKey(scope)));
    for (const path of [ARCHIVE, own, `${own}throughput/`, `${own}throughput/base`, `${own}throughput/averages`]) {
      const { headers } = await closed.http.get(path).expect(401);
      expect(headers['www-authenticate']).toBe('Token');
      await closed.http.head(path).expect(401);
      await closed.http
        .get(path)
        .set('authorization', `ApiKey other:${wordOf(keys[0] ?? '')}`)
        .expect(401);
      await closed.http.get(path).set('authorization', 'Basic dTpw').expect(401);
      const status = path.endsWith('averages') ? 404 : 200;
      for (const authorization of keys) await closed.http.get(path).set({ authorization }).expect(status);
    }
  });

  test('§8.2 every route that reads the archive is closed, and the metrics are; health and documents are open', async () => {
    const readers: string[] = [];
    const table = closed.app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false, includeHooks: false });
    for (const path of ['/health/live', '/health/ready']) await closed.http.get(path).expect(200);
    await closed.http.get('/metrics').expect(401);
    await closed.http
      .get('/metrics')
      .set('authorization', await closed.issueKey('read'))
      .expect(200);
    // As the router has them, so that none is forgotten here.
    const stack: string[] = [];
    for (const line of table.split('\n')) {
      const [, indent = '', part = '', methods = ''] = /^([│ ]*)[├└]── (\S*)(?: \((.*)\))?/.exec(line) ?? [];
      if (line === '') continue;
      stack.length = indent.length / 4;
      stack.push(part);
      if (methods.includes('GET')) readers.push(stack.join(''));
    }
    const inArchive = readers.filter((path) => path.startsWith('/esmond'));
    expect(inArchive.length).toBeGreaterThan(5);
    for (const path of inArchive) {
      const url = path.replace(':metadataKey', 'none').replace(':eventType', 'throughput').replace(/:\w+/, 'averages');
      expect([path, (await closed.http.get(url.replace(/:\w+/, '60'))).status]).toEqual([path, 401]);
    }
  });

  test('§8.2 a preflight, which can not carry a key, is answered', async () => {
    const preflight = closed.http.options(ARCHIVE).set({ origin: 'https://graphs.example.net' });
    await preflight.set('access-control-request-method', 'GET').expect(204);
  });
});

describe('stored keys', () => {
  test('§8.1 of a key its SHA-256 is stored, and the key itself nowhere', async () => {
    const rows = await archive.query<{ row: Record<string, unknown>; digest: Buffer }>(
      'SELECT to_jsonb(api_key) AS row, digest FROM api_key',
    );
    const digests = rows.map(({ digest }) => digest.toString('hex'));
    for (const one of [key, readKey, adminKey, revokedKey]) {
      expect(digests).toContain(createHash('sha256').update(one).digest('hex'));
      expect(JSON.stringify(rows.map(({ row }) => row))).not.toContain(one);
    }
    expect(new Set(digests).size).toBe(rows.length);
  });

  test('§8.1 a key that was used is refused soon after it is revoked', async () => {
    const keys = archive.app.get(ApiKeyService);
    const { id, key: brief } = await keys.issue('tester', 'write');
    const headers = { authorization: `Token ${brief}` };
    await tryToWrite(() => headers).expect(201);
    expect(await keys.revoke(id)).toBeDefined();
    await expect.poll(async () => (await archive.http.get(ARCHIVE).set(headers)).status).toBe(401);
    await tryToWrite(() => headers).expect(401);
  });
});
