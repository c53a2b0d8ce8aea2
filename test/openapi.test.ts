import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Methods } from '../src/http/allowed-methods.js';
import { defaultDocument } from '../src/openapi.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, postPoint, putPoints } from './support/builders.js';
import { postMetadata, summarized } from './support/metadata.js';
import { COMMITTED, documentedAnswer, expectDocumented, OPERATIONS, problemsOf, resolve } from './support/openapi.js';

let archive: TestArchive;
beforeAll(async () => {
  // The routes of InfluxDB are described by it.
  archive = await startArchive({ INFLUX: 'off' });
});
afterAll(() => archive.close());

describe('the document', () => {
  test('is made without a database, and the committed one is what the code says', async () => {
    expect(JSON.parse(JSON.stringify(await defaultDocument()))).toEqual(COMMITTED);
  });

  test('is served', async () => {
    const { body, headers } = await archive.http.get('/openapi.json').expect(200);
    expect(headers['content-type']).toBe('application/json');
    expect(body).toEqual(COMMITTED);
  });

  test('has the routes of the router, and no others', () => {
    // Every URL has OPTIONS, and HEAD where it has GET; the pages are no part of the API.
    const routed = [...archive.app.get(Methods).routes()]
      .filter(([url]) => !/^\/docs(\/|$)/.test(url))
      .flatMap(([url, methods]) =>
        [...methods]
          .filter((method) => method !== 'OPTIONS' && method !== 'HEAD')
          .map((method) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`),
      );
    const documented = OPERATIONS.map(({ method, path }) => `${method.toUpperCase()} ${path.replace(/(?<=.)\/$/, '')}`);
    expect(documented.sort()).toEqual(routed.sort());
  });

  test('every operation has a name of its own, and says what it does', () => {
    const ids = OPERATIONS.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { summary, description } of OPERATIONS) {
      expect(summary).toMatch(/^[A-Z].*[^.]$/);
      expect(description).toMatch(/\.$/);
    }
  });

  test('every reference leads somewhere', () => {
    const references = [...JSON.stringify(COMMITTED).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, reference = '']) => reference,
    );
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((reference) => resolve(reference) === undefined)).toEqual([]);
  });

  test.each(OPERATIONS)('the examples of $operationId are what their schemas say', (operation) => {
    const answers = Object.keys(operation.responses).map((status) => documentedAnswer(operation, status));
    const bodies = [operation.requestBody, ...answers].flatMap((one) => Object.values(one?.content ?? {}));
    for (const { schema, example, examples } of bodies) {
      const values = [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples ?? {}).map(({ value }) => value),
      ];
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) expect(problemsOf(schema, value), JSON.stringify(value)).toEqual([]);
    }
  });

  test.each(OPERATIONS)('$operationId takes a key where the document says so', async ({ method, path, security }) => {
    const needsKey = security !== undefined && !security.some((one) => Object.keys(one).length === 0);
    const url = path
      .replace('{metadataKey}', 'none')
      .replace('{eventType}', 'failures')
      .replace(/\{\w+\}/g, '0');
    const { status } = await archive.http[method as 'get'](url);
    expect(status === 401).toBe(needsKey);
    const [scope] = Object.values(security?.at(-1) ?? {}) as [string[]?];
    const { status: reader } = await archive.http[method as 'get'](url).set(
      'authorization',
      await archive.issueKey('read'),
    );
    expect(reader === 403).toBe(scope !== undefined && scope[0] !== 'read');
  });
});

test('an answer that the document does not have would be noticed', () => {
  const metadata = { $ref: '#/components/schemas/Metadata' };
  expect(problemsOf(metadata, {})).toContain(" must have required property 'url'");
  expect(
    problemsOf({ $ref: '#/components/schemas/Deletion' }, { deleted: { metadata: 0, points: 0, more: 1 } }),
  ).toEqual(['/deleted must NOT have additional properties']);
});

describe('the answers of the server are as the document has them', () => {
  let uri: string;
  let admin: string;
  beforeAll(async () => {
    admin = await archive.issueKey('admin');
    const posted = await postMetadata(
      archive,
      newMetadata([
        summarized('throughput', ['average', 86400], ['statistics', 3600]),
        summarized('histogram-rtt', ['aggregation', 3600], ['statistics', 3600]),
        'packet-loss-rate',
        'throughput-subintervals',
        'failures',
      ]),
    );
    expectDocumented('createMetadata', posted);
    uri = posted.body.uri;
    const points = [
      ['throughput', { ts: 1, val: 9.4e9 }],
      ['throughput', { ts: 2.5, val: '3' }],
      ['histogram-rtt', { ts: '1', val: { '1.0': 2, '2.0': '1' } }],
      ['histogram-rtt', { ts: 7200, val: { fast: 1 } }],
      ['packet-loss-rate', { ts: 1, val: { numerator: 1, denominator: 25 } }],
      ['throughput-subintervals', { ts: 1, val: [{ start: 0, duration: '1', val: 9.4e9, omitted: true }] }],
      ['failures', { ts: 1, val: { error: 'connection refused' } }],
      ['failures', { ts: 2, val: null }],
    ] as const;
    for (const [eventType, point] of points) {
      const stored = await postPoint(archive, uri, eventType, point);
      expect(stored.status, stored.text).toBe(201);
      expectDocumented('addPoint', stored);
    }
  });

  test.each([
    ['getService', '/esmond/perfsonar/'],
    ['searchMetadata', ARCHIVE],
    ['searchMetadata', `${ARCHIVE}?limit=1&offset=0&source=192.0.2.1`],
    ['searchMetadata', `${ARCHIVE}?time-start=never`],
    ['searchMetadata', `${ARCHIVE}?format=xml`],
    ['getMetadata', `${ARCHIVE}none/`],
    ['getLiveness', '/health/live'],
    ['getReadiness', '/health/ready'],
    ['getMetrics', '/metrics'],
    ['getOpenApi', '/openapi.json'],
  ])('%s of %s', async (operationId, path) => {
    expectDocumented(operationId, await archive.http.get(path));
  });

  test.each([
    ['getMetadata', ''],
    ['getEventType', 'throughput/'],
    ['getEventType', 'nothing/'],
    ['listSummaries', 'throughput/averages/'],
    ['listSummaries', 'failures/averages/'],
    ['getPoints', 'throughput/base'],
    ['getPoints', 'throughput/base?limit=1'],
    ['getPoints', 'throughput/base?format=csv'],
    ['getPoints', 'throughput/base?format=ndjson'],
    ['getPoints', 'histogram-rtt/base'],
    ['getPoints', 'packet-loss-rate/base'],
    ['getPoints', 'throughput-subintervals/base'],
    ['getPoints', 'failures/base'],
    ['getPoints', 'nothing/base'],
    ['getPointsInWindow', 'throughput/base/0'],
    ['getPointsInWindow', 'throughput/base/300'],
    ['getSummary', 'throughput/averages/86400'],
    ['getSummary', 'throughput/statistics/3600?limit=1'],
    ['getSummary', 'histogram-rtt/aggregations/3600'],
    ['getSummary', 'histogram-rtt/statistics/3600'],
    ['getSummary', 'histogram-rtt/statistics/3600?format=csv'],
    ['getSummary', 'throughput/sums/3600'],
  ])('%s of %s', async (operationId, path) => {
    expectDocumented(operationId, await archive.http.get(`${uri}${path}`));
  });

  test('writes and their refusals', async () => {
    expectDocumented('addPoints', await putPoints(archive, uri, 'failures', [{ ts: 3, val: {} }]));
    const conflict = await putPoints(archive, uri, 'throughput', [
      { ts: 1, val: 1 },
      { ts: 4, val: 1 },
    ]);
    expect(conflict.status).toBe(409);
    expectDocumented('addPoints', conflict);
    const data = [{ 'metadata-key': 'none', ts: 1, val: [] }];
    expectDocumented(
      'addPointsOfMany',
      await archive.http.put(ARCHIVE).set('authorization', archive.auth).send({ data }),
    );
    expectDocumented('addPoint', await archive.http.post(`${uri}throughput/base`).send({}));
    expectDocumented('addPoint', await postPoint(archive, uri, 'throughput', '{'));
    expectDocumented(
      'createMetadata',
      await archive.http.post(ARCHIVE).set('authorization', archive.auth).type('form').send('a=b'),
    );
    const reader = await archive.issueKey('read');
    expectDocumented('createMetadata', await archive.http.post(ARCHIVE).set('authorization', reader).send({}));
  });

  test('deletions', async () => {
    const remove = (path: string) => archive.http.delete(`${uri}${path}`).set('authorization', admin);
    expectDocumented('deletePoints', await remove('failures/base?time-start=1&time-end=2'));
    expectDocumented('deletePoints', await remove('failures/base?time-range=1'));
    expectDocumented('deleteEventType', await remove('failures/'));
    expectDocumented('deleteMetadata', await remove(''));
    expectDocumented('deleteMetadata', await remove(''));
  });
});

describe('the pages', () => {
  test.each([
    ['/docs', 'text/html'],
    ['/docs/', 'text/html'],
    ['/docs/swagger-ui.css', 'text/css'],
    ['/docs/swagger-ui-bundle.js', 'application/javascript'],
    ['/docs/swagger-ui-init.js', 'application/javascript'],
    ['/docs/favicon-32x32.png', 'image/png'],
  ])('%s is %s', async (path, type) => {
    const { headers } = await archive.http.get(path).expect(200);
    expect(headers['content-type']?.split(';')[0]).toBe(type);
    expect(headers.allow).toBe('GET, HEAD, OPTIONS');
  });

  test('load nothing from other servers', async () => {
    const { text } = await archive.http.get('/docs').expect(200);
    expect(
      [...text.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url).filter((url) => /^(\w+:)?\/\//.test(url!)),
    ).toEqual([]);
    const script = await archive.http.get('/docs/swagger-ui-init.js').expect(200);
    expect(script.text).toContain('"validatorUrl": null');
  });

  test.each(['/docs', '/docs/swagger-ui.css', '/docs/nothing'])('%s stands in a frame of nobody', async (path) => {
    const { headers } = await archive.http.get(path);
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'");
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers['x-frame-options']).toBe('DENY');
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('need no script but those in files of their own, which is all that their policy allows', async () => {
    const { text } = await archive.http.get('/docs').expect(200);
    for (const [, attributes = '', content = ''] of text.matchAll(/<script([^>]*)>([^]*?)<\/script>/g)) {
      expect(attributes).toContain('src=');
      expect(content.trim()).toBe('');
    }
    expect(text).not.toMatch(/\son\w+=/);
  });

  test.each(['/docs', '/docs/swagger-ui.css', '/openapi.json'])('%s has no other methods', async (path) => {
    const refused = await archive.http.post(path).expect(405);
    expect(refused.body.error).toBe(refused.body.detail);
    await archive.http.options(path).expect(200);
  });

  test.each(['/docs/nothing', '/docs/..%2f..%2fpackage.json', '/docs/a/b'])('%s is 404', async (path) => {
    const { body, headers } = await archive.http.get(path).expect(404);
    expect(headers['content-type']).toBe('application/json');
    expect(body.error).toBe(body.detail);
  });
});

test('the served document has the paths and rules of the configuration', async () => {
  const other = await startArchive({ PATH_PREFIX: '/', READ_ACCESS: 'key' });
  try {
    const { body } = await other.http.get('/openapi.json').expect(200);
    const operation = body.paths['/perfsonar/archive/{metadataKey}/'].get;
    expect(operation.operationId).toBe('getMetadata');
    expect(operation.security).not.toContainEqual({});
  } finally {
    await other.close();
  }
});
