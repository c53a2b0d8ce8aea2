import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ErrorCode, ERRORS } from '../../src/common/error-codes.js';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata, postPoint, register } from '../support/builders.js';

type Method = 'get' | 'head' | 'post' | 'put' | 'patch' | 'options';

const ROOT = '/esmond/perfsonar/';

let archive: TestArchive;
/** Without a prefix, and behind a trusted proxy. */
let proxied: TestArchive;
/** Under another prefix, and with a small limit for bodies. */
let small: TestArchive;
/** A metadata of `archive` with a point of `throughput` at 1. */
let uri: string;
let ts = 1;

beforeAll(async () => {
  [archive, proxied, small] = await Promise.all([
    startArchive(),
    startArchive({ PATH_PREFIX: '/', TRUST_PROXY: 'loopback' }),
    startArchive({ PATH_PREFIX: '/sites/ma-1', BODY_LIMIT: '2KiB' }),
  ]);
  uri = await register(archive, 'throughput', 'failures');
  await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
});
afterAll(() => Promise.all([archive, proxied, small].map((one) => one.close())));

/** Every path as a function, because the key is only known later; `K` stands for the path of the metadata. */
const at = (path: string): string => path.replace(/^K\//, uri);
const withSlash = (path: string): string => path.replace(/\/?$/, '/');
const withoutSlash = (path: string): string => path.replace(/\/$/, '');

function send(method: Method, path: string, body?: object | string) {
  const request = archive.http[method](path).set('authorization', archive.auth).redirects(0);
  return body === undefined ? request : request.set('content-type', 'application/json').send(body);
}

/** What every JSON answer looks like, refusals included. */
function expectJson(response: Response, status: number): void {
  expect(response.status).toBe(status);
  expect(response.headers).toMatchObject({
    'content-type': 'application/json',
    vary: 'Accept, accept-encoding',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'access-control-allow-origin': '*',
    'access-control-expose-headers':
      'Allow, ETag, Link, Location, Marigram-Cut, Marigram-Dropped, Marigram-Dropped-Reason, Marigram-Stored, ' +
      'RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id',
  });
  if (status < 400) return;
  expect(response.body.detail).toMatch(/\w/);
  expect(response.body.error).toBe(response.body.detail);
  expect(ERRORS[response.body.code as ErrorCode].status).toBe(status);
}

interface Call {
  method: Method;
  path: string;
  status: number;
  body?: () => object | string;
}

const bulk = (): object => ({ data: [{ ts: ++ts, val: [{ 'event-type': 'throughput', val: 1 }] }] });
const point = (): object => ({ ts: ++ts, val: 1 });

const ACCEPTED: Call[] = [
  { method: 'get', path: ROOT, status: 200 },
  { method: 'get', path: ARCHIVE, status: 200 },
  { method: 'get', path: 'K/', status: 200 },
  { method: 'get', path: 'K/throughput', status: 200 },
  { method: 'get', path: 'K/throughput/base', status: 200 },
  { method: 'get', path: 'K/throughput/base/0', status: 200 },
  { method: 'get', path: 'K/throughput/base/300', status: 200 },
  { method: 'options', path: ROOT, status: 200 },
  { method: 'options', path: ARCHIVE, status: 200 },
  { method: 'options', path: 'K/', status: 200 },
  { method: 'options', path: 'K/throughput', status: 200 },
  { method: 'options', path: 'K/throughput/base', status: 200 },
  { method: 'post', path: ARCHIVE, status: 201, body: newMetadata },
  { method: 'put', path: 'K/', status: 201, body: bulk },
  { method: 'post', path: 'K/throughput/base', status: 201, body: point },
  { method: 'post', path: 'K/throughput/base/0', status: 201, body: point },
];

const REFUSED: Call[] = [
  { method: 'get', path: `${ARCHIVE}?time=soon`, status: 400 },
  { method: 'get', path: 'K/throughput/base?time=soon', status: 400 },
  { method: 'post', path: ARCHIVE, status: 400, body: () => '{' },
  { method: 'put', path: 'K/', status: 400, body: () => '{' },
  { method: 'post', path: 'K/throughput/base', status: 400, body: () => '{' },
  { method: 'get', path: `${ARCHIVE}unknown/`, status: 404 },
  { method: 'get', path: '/nowhere', status: 404 },
  { method: 'get', path: `${ARCHIVE}?format=xml`, status: 404 },
  { method: 'patch', path: 'K/', status: 405 },
  { method: 'post', path: 'K/throughput/base', status: 409, body: () => ({ ts: 1, val: 2 }) },
];

test.each(ACCEPTED)('§1.2 $method $path answers $status with and without a slash at its end', async (call) => {
  for (const path of [withSlash(at(call.path)), withoutSlash(at(call.path))])
    expectJson(await send(call.method, path, call.body?.()), call.status);
});

test.each(REFUSED)('§1.3 the refusal of $method $path is JSON, $status with detail and error', async (call) => {
  expectJson(await send(call.method, at(call.path), call.body?.()), call.status);
});

test('§1.2 the root names the archive, a data write answers an empty JSON text', async () => {
  const { body } = await send('get', ROOT).set('host', 'ma.example.net:8080');
  expect(body).toEqual({ archive: `http://ma.example.net:8080${ARCHIVE}` });
  expect((await send('get', withoutSlash(ROOT)).set('host', 'ma.example.net:8080')).body).toEqual(body);
  for (const answer of [send('put', uri, bulk()), send('post', `${uri}throughput/base`, point())])
    expect((await answer).text).toBe('""');
});

test('§1.2 base/0 is the base; another window reads nothing and writes the base', async () => {
  const other = await register(archive, 'throughput');
  await send('post', `${other}throughput/base/300`, { ts: 5, val: 7 }).expect(201, '""');
  await send('get', `${other}throughput/base`).expect([{ ts: 5, val: 7 }]);
  await send('get', `${other}throughput/base/0`).expect([{ ts: 5, val: 7 }]);
  await send('get', `${other}throughput/base/300`).expect([]);
});

test.each(['get', 'head', 'post', 'put', 'patch'] as const)(
  '§1.2 %s of a URL that is not there is 404',
  async (method) => {
    const paths = ['/perfsonar/archive/', `/x${ARCHIVE}`, '/esmond/', '/esmond/perfsonar/archive.json'];
    for (const path of [...paths, `${uri}throughput/base/0/1`, '/esmond/perfsonar/archivex/']) {
      const response = await archive.http[method](path);
      expect(response.status, path).toBe(404);
      if (method !== 'head') expectJson(response, 404);
    }
  },
);

test('§1.2 a key with a suffix is an unknown key', async () => {
  expectJson(await send('get', `${withoutSlash(uri)}.json`), 404);
  expectJson(await send('get', `${withoutSlash(uri).toUpperCase().replace(/^.*\//, ARCHIVE)}/`), 404);
});

test.each(['%zz', '%00', '%ff', 'a%2Fb', 'k'.repeat(5000)])(
  '§1.3 odd text in a URL is a JSON refusal (%#)',
  async (key) => {
    for (const path of [`${ARCHIVE}${key}/`, `${ARCHIVE}${key}/throughput/base/x`]) {
      const response = await archive.http.get(path);
      expect([400, 404, 414]).toContain(response.status);
      expectJson(response, response.status);
    }
  },
);

describe('methods', () => {
  const METHODS: [path: string, methods: Method[]][] = [
    [ROOT, ['get', 'head', 'options']],
    [ARCHIVE, ['get', 'head', 'options', 'post', 'put']],
    ['K/', ['get', 'head', 'options', 'put']],
    ['K/throughput', ['get', 'head', 'options']],
    ['K/throughput/base', ['get', 'head', 'options', 'post']],
    ['K/throughput/base/0', ['get', 'head', 'options', 'post']],
  ];
  const others = (methods: Method[]): Method[] =>
    (['post', 'put', 'patch'] as const).filter((method) => !methods.includes(method));

  test.each(METHODS)('§1.2 %s has the methods %s; the others are 405, or 401 without a key', async (path, methods) => {
    for (const method of others(methods)) {
      const refused = await send(method, at(path), { any: 'body' });
      expectJson(refused, 405);
      expect(allowed(refused)).toEqual(expect.arrayContaining(methods));
      expect(allowed(refused)).not.toContain(method);
      const anonymous = await archive.http[method](at(path)).send({ any: 'body' });
      expectJson(anonymous, 401);
      expect(anonymous.headers['www-authenticate']).toBe('Token');
    }
  });

  test.each(METHODS)(
    '§1.3 OPTIONS of %s is a JSON document, open to everybody, that lists %s',
    async (path, methods) => {
      const response = await archive.http.options(at(path));
      expectJson(response, 200);
      const { methods: listed } = response.body as { methods: string[] };
      expect(listed.map((name) => name.toLowerCase())).toEqual(expect.arrayContaining(methods));
      expect(response.headers.allow).toBe(listed.join(', '));
    },
  );

  test.each(METHODS)(
    '§1.3 a preflight of %s is 204 and names the methods %s and the headers',
    async (path, methods) => {
      const response = await archive.http
        .options(at(path))
        .set('origin', 'https://graphs.example.net')
        .set('access-control-request-method', 'POST')
        .set('access-control-request-headers', 'authorization');
      expect([response.status, response.text]).toEqual([204, '']);
      expect(response.headers['access-control-allow-origin']).toBe('*');
      expect(response.headers['access-control-allow-methods']!.toLowerCase().split(', ')).toEqual(
        expect.arrayContaining(methods),
      );
      const headers = response.headers['access-control-allow-headers']!.split(', ');
      expect(headers.sort()).toEqual(['authorization', 'content-type', 'idempotency-key', 'x-api-key']);
    },
  );

  test.each(METHODS)('§1.3 HEAD of %s has the headers of GET and no body', async (path) => {
    const [get, head] = [await archive.http.get(at(path)), await archive.http.head(at(path))];
    expect(head.status).toBe(200);
    expect(head.text).toBeFalsy();
    for (const name of ['content-type', 'vary', 'allow', 'access-control-allow-origin'])
      expect(head.headers[name], name).toBe(get.headers[name]);
  });

  test('§1.2 a POST on the event type is 405 and stores nothing', async () => {
    const other = await register(archive, 'throughput');
    for (const path of [`${other}throughput`, `${other}throughput/`])
      expectJson(await send('post', path, { ts: 1, val: 1 }), 405);
    await send('get', `${other}throughput/base`).expect([]);
  });

  function allowed(response: Response): string[] {
    return response.headers.allow!.toLowerCase().split(', ');
  }
});

describe('content negotiation', () => {
  const HEADERS = ['*/*', 'application/json', 'text/html', 'application/xml', 'image/png;q=0.1', 'nonsense', ''];

  test.each(HEADERS)('§1.3 Accept: %s gets JSON', async (accept) => {
    for (const path of [ROOT, ARCHIVE, uri, `${uri}throughput/`, `${uri}throughput/base`, `${ARCHIVE}unknown/`])
      expectJson(await archive.http.get(path).set('accept', accept), path.includes('unknown') ? 404 : 200);
  });

  test.each([
    ['json', 200],
    ['api', 200],
    ['xml', 404],
    ['jsonp', 404],
    ['', 200],
  ])('§1.3 ?format=%s is %i on every URL', async (format, status) => {
    for (const path of [ROOT, ARCHIVE, uri, `${uri}throughput/`, `${uri}throughput/base`, `${uri}throughput/base/0`])
      expectJson(await archive.http.get(`${path}?format=${format}`), status);
  });

  test('§1.3 with an empty format the Accept header counts', async () => {
    const response = await archive.http.get(`${uri}throughput/base?format=`).set('accept', 'text/csv');
    expect(response.headers['content-type']).toContain('text/csv');
  });

  test('§1.3 a GET may carry a Content-Type, of whatever kind', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'x'])
      expectJson(await archive.http.get(uri).set('content-type', type), 200);
  });

  test('§1.3 JSON is compact, and in UTF-8 without escapes', async () => {
    const { text, body } = await send('post', ARCHIVE, newMetadata([], { 'input-source': 'Zürich 東京 😀' }));
    expect(text).toContain('"Zürich 東京 😀"');
    expect(text).toBe(JSON.stringify(body));
    expect((await send('get', body.uri)).text).toBe(text);
  });
});

describe('absolute URLs', () => {
  const FORWARDED = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'ma.example.net' };

  async function absolute(server: TestArchive, headers: object): Promise<Response> {
    const root = server === proxied ? '/perfsonar/archive/' : ARCHIVE;
    await server.http.post(root).set('authorization', server.auth).send(newMetadata()).expect(201);
    const metadata = newMetadata();
    const { body, headers: answered } = await server.http
      .post(root)
      .set({ authorization: server.auth, ...headers })
      .send(metadata)
      .expect(201);
    expect(answered.location).toBe(body.url);
    return server.http.get(`${root}?limit=1`).set({ ...headers });
  }

  test('§1.1 begin with the Host of the request; X-Forwarded-* of just anybody is not believed', async () => {
    const { body, headers } = await absolute(archive, { host: 'archive.example.net:8080', ...FORWARDED });
    const root = `http://archive.example.net:8080${ARCHIVE}`;
    expect(body[0]).toMatchObject({ url: `${root}${body[0]['metadata-key']}/` });
    expect(headers.link).toBe(`<${root}?limit=1&offset=1>; rel="next"`);
  });

  test('§1.1 begin with what a trusted proxy says', async () => {
    const { body, headers } = await absolute(proxied, FORWARDED);
    const root = 'https://ma.example.net/perfsonar/archive/';
    expect(body[0]).toMatchObject({
      url: `${root}${body[0]['metadata-key']}/`,
      uri: `/perfsonar/archive/${body[0]['metadata-key']}/`,
      'metadata-next-page': `${root}?limit=1&offset=1`,
    });
    expect(headers.link).toBe(`<${root}?limit=1&offset=1>; rel="next"`);
    const answer = await proxied.http.get('/perfsonar/').set(FORWARDED);
    expect(answer.body).toEqual({ archive: root });
  });
});

test.each([
  [{ 'x-forwarded-proto': 'javascript' }, 'http://ma.example.net'],
  [{ 'x-forwarded-proto': 'https, javascript' }, 'http://ma.example.net'],
  [{ 'x-forwarded-proto': 'javascript, HTTPS' }, 'https://ma.example.net'],
  [{ 'x-forwarded-host': 'evil.example/path' }, 'http://ma.example.net'],
  [{ 'x-forwarded-host': '"><script>' }, 'http://ma.example.net'],
  [{ 'x-forwarded-host': '[2001:db8::1]:8443' }, 'http://[2001:db8::1]:8443'],
])('§1.1 of what a trusted proxy says, %j, URLs repeat only schemes and hosts', async (headers, origin) => {
  const { body } = await proxied.http.get('/perfsonar/').set({ host: 'ma.example.net', ...headers });
  expect(body).toEqual({ archive: `${origin}/perfsonar/archive/` });
});

describe('requests of an odd form', () => {
  /** Sends a request as it is, and returns the whole answer. */
  async function exchange(request: string): Promise<string> {
    const { hostname, port } = new URL(await archive.app.getUrl());
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(`${request}\r\n\r\n`);
    return text(socket);
  }

  beforeAll(() => register(archive, 'throughput'));

  test('§1.1 a host in the request line is not repeated in absolute URLs', async () => {
    const line = `GET http://evil.example${ARCHIVE}?limit=1 HTTP/1.1`;
    const answer = await exchange(`${line}\r\nHost: ma.example.net\r\nConnection: close`);
    expect(answer).toContain('HTTP/1.1 200');
    expect(answer).not.toContain('evil');
    expect(answer).toContain(`<http://ma.example.net${ARCHIVE}?limit=1&offset=1>; rel="next"`);
  });

  test.each([
    'Host: a\r\nHost: b',
    'Host: a\r\nhost: a',
    'Host:\r\nHOST: a',
    'Host: a b',
    'Host: a/b',
    'Host: user@a',
    'Host: a:b',
    'Host: <a>',
  ])('§1.1 two hosts, or one that can be none, are 400 (%j)', async (hosts) => {
    const answer = await exchange(`GET ${ROOT} HTTP/1.1\r\n${hosts}\r\nConnection: close`);
    expect(answer).toContain('HTTP/1.1 400');
    expect(answer).toContain('{"detail":"Host: ');
  });

  test.each([
    'ma.example.net',
    'MA_1.example.net.:8080',
    '192.0.2.1',
    '[2001:db8::1]:80',
    'm%C3%BCnchen.example',
    'a:',
  ])('§1.1 the host %s is fine', async (host) => {
    const answer = await exchange(`GET ${ROOT} HTTP/1.1\r\nHost: ${host}\r\nConnection: close`);
    expect(answer).toContain(`{"archive":"http://${host}${ARCHIVE}"}`);
  });

  test('§1.3 a request has a time limit to arrive in', () => {
    expect(archive.app.getHttpServer().requestTimeout).toBe(120_000);
  });

  test.each(['HTTP/1.0', 'HTTP/1.1\r\nHost:\r\nConnection: close'])(
    '§1.1 without a Host (%j) absolute URLs begin with the address that was asked',
    async (version) => {
      const answer = await exchange(`GET ${ROOT} ${version}`);
      expect(answer).toContain(`{"archive":"${await archive.app.getUrl()}${ARCHIVE}"}`);
    },
  );
});

test.each([
  ['/', (): TestArchive => proxied, '/perfsonar/archive/'],
  ['/sites/ma-1', (): TestArchive => small, '/sites/ma-1/perfsonar/archive/'],
])('§1.1 under the prefix %s all paths in answers carry it, and other prefixes are 404', async (_, server, root) => {
  const { http, auth } = server();
  const summaries = [{ 'summary-type': 'average', 'summary-window': 60 }];
  const body = newMetadata([{ 'event-type': 'throughput', summaries }]);
  const { body: posted } = await http.post(root).set('authorization', auth).send(body).expect(201);
  const own = `${root}${posted['metadata-key']}/`;
  expect(posted.uri).toBe(own);
  expect(posted['event-types'][0]['base-uri']).toBe(`${own}throughput/base`);
  expect(posted['event-types'][0].summaries[0].uri).toBe(`${own}throughput/averages/60`);
  await http.post(`${own}throughput/base`).set('authorization', auth).send({ ts: 1, val: 1 }).expect(201);
  await http.get(posted['event-types'][0]['base-uri']).expect(200, [{ ts: 1, val: 1 }]);
  expectJson(await http.get(ARCHIVE), 404);
});

describe('bodies', () => {
  const TARGETS: [name: string, method: 'POST' | 'PUT', path: string, typeRefusal: number][] = [
    ['metadata', 'POST', ARCHIVE, 415],
    ['a bulk', 'PUT', 'K/', 400],
    ['a point', 'POST', 'K/failures/base', 400],
  ];

  /** Sends bytes as they are: supertest would make JSON of them. */
  async function sendBytes(method: string, path: string, body: string | Buffer, headers = JSON_HEADERS) {
    const url = new URL(path, await archive.app.getUrl());
    const response = await fetch(url, { method, body, headers: { authorization: archive.auth, ...headers } });
    const text = await response.text();
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: JSON.parse(text),
    } as Response;
  }
  const JSON_HEADERS: Record<string, string> = { 'content-type': 'application/json' };

  test.each(TARGETS)('§1.3 %s: NUL, bad UTF-8, bad JSON and no object are 400', async (_name, method, path) => {
    const bodies = ['', ' ', '{', '{"ts":1,}', '[]', 'null', '5', '"x"', 'true', '{} {}', '{"ts":1,"val":"a\\u0000b"}'];
    for (const body of [...bodies, '{"a\\u0000":1}', '{"ts":1,"val":"a\0"}', '{"ts":1,"val":NaN}'])
      expectJson(await sendBytes(method, at(path), body), 400);
    for (const bytes of [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80]]) {
      const body = Buffer.concat([Buffer.from('{"ts":1,"val":"'), Buffer.from(bytes), Buffer.from('"}')]);
      expectJson(await sendBytes(method, at(path), body), 400);
    }
  });

  test.each(TARGETS)('§1.3 %s: nesting deeper than 128 is 400', async (_name, method, path) => {
    for (const depth of [129, 100_000]) {
      const val = '['.repeat(depth - 1) + ']'.repeat(depth - 1);
      expectJson(await sendBytes(method, at(path), `{"ts":1,"val":${val}}`), 400);
    }
  });

  test('§1.3 nesting of 128 is fine', async () => {
    const val = '['.repeat(127) + ']'.repeat(127);
    expectJson(await sendBytes('POST', `${uri}failures/base`, `{"ts":77,"val":${val}}`), 201);
  });

  test.each(TARGETS)('§1.3 %s: another content type is refused (%s %s: %i)', async (_name, method, path, status) => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/jsonx', 'application/ld+json'])
      expectJson(await sendBytes(method, at(path), '{}', { 'content-type': type }), status);
    expectJson(await sendBytes(method, at(path), Buffer.from('{}'), {}), status);
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    '§1.3 the content type %s is JSON',
    async (type) => {
      const body = JSON.stringify(newMetadata());
      expectJson(await sendBytes('POST', ARCHIVE, body, { 'content-type': type }), 201);
      expectJson(await sendBytes('PUT', uri, JSON.stringify(bulk()), { 'content-type': type }), 201);
    },
  );

  test('§1.3 a body of 3 MB is taken, one over BODY_LIMIT is 413', async () => {
    await send('post', `${uri}failures/base`, { ts: 5, val: 'x'.repeat(3_000_000) }).expect(201);
    const root = '/sites/ma-1/perfsonar/archive/';
    const headers = { authorization: small.auth, 'content-type': 'application/json' };
    const padding = 'x'.repeat(2048);
    const requests = [
      small.http.post(root).send(newMetadata([], { padding })),
      small.http.put(`${root}key/`).send({ data: [], padding }),
      small.http.post(`${root}key/throughput/base`).send({ ts: 1, val: 1, padding }),
    ];
    for (const request of requests) expectJson(await request.set(headers), 413);
    await small.http.get(root).query({ padding }).expect(200, []);
  });

  test.each(TARGETS)('§1.3 %s: far over the limit the client still gets the 413', async (_name, method, path) => {
    const refused = await sendBytes(method, at(path), Buffer.alloc(17 * 2 ** 20, ' '));
    expectJson(refused, 413);
    // Else the server ends the connection while the client still sends.
    expect(refused.headers.connection).not.toBe('close');
  });

  test.each(['?tool-name=%00', '?%00=x', '?no-such=a%00b', '?limit=%00'])(
    '§1.3 NUL in the query %s is 400',
    async (query) => {
      for (const path of [ROOT, ARCHIVE, uri, `${uri}throughput/`, `${uri}throughput/base`])
        expectJson(await archive.http.get(`${path}${query}`), 400);
      expectJson(await send('post', `${ARCHIVE}${query}`, newMetadata()), 400);
    },
  );
});
