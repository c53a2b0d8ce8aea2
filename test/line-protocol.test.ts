import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

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
