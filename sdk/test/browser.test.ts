import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE } from '../../test/support/archive.js';
import { ROOT } from '../../test/support/process.js';
import { startClient, type TestClient } from './support/client.js';
import { TinyServer } from './support/server.js';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where the tests count there must be a browser; elsewhere they say that there is none. */
const missing = !existsSync(CHROMIUM) && process.env.CI !== 'true';
if (missing) console.warn(`The tests in a browser are left out: there is no ${CHROMIUM} (apt-get install chromium).`);

describe.skipIf(missing)('in Chromium, from a page of another origin', () => {
  let client: TestClient;
  let pages: TinyServer;
  let browser: BrowserContext;
  const profile = mkdtempSync(join(tmpdir(), 'marigram-chromium-'));

  beforeAll(async () => {
    client = await startClient();
    // The ES modules of the SDK as they are built, and an empty page.
    pages = await TinyServer.start((request, response) => {
      const path = normalize(new URL(request.url!, 'http://page').pathname);
      if (path === '/') response.setHeader('content-type', 'text/html').end('<!doctype html><title>A page</title>');
      else if (!path.endsWith('.js')) response.writeHead(404).end();
      else response.setHeader('content-type', 'text/javascript').end(readFileSync(join(ROOT, 'sdk/dist/esm', path)));
    });
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: CHROMIUM,
      args: ARGUMENTS,
      headless: true,
    });
  });
  afterAll(async () => {
    await browser.close();
    await pages.close();
    await client.close();
    rmSync(profile, { recursive: true, force: true });
  });

  /** Runs the body of an async function in a page, with the SDK, the archive's URL and a key; its result. */
  async function inPage(body: string): Promise<unknown> {
    const page = await browser.newPage();
    await page.goto(pages.url);
    const names = JSON.stringify({ url: client.url, auth: client.auth });
    const result: unknown = await page.evaluate(
      `(async () => {
        const sdk = await import('/index.js');
        const { url, auth } = ${names};
        ${body}
      })()`,
    );
    await page.close();
    return result;
  }

  test('metadata and points are posted with a key, searched, read and streamed', async () => {
    const result = await inPage(`
      const mp = new sdk.MetadataPost(url, { ...auth, subjectType: 'point-to-point', source: '10.10.0.1',
        destination: '10.10.0.2', measurementAgent: '10.10.0.2', inputSource: 'browser' });
      const { metadataKey } = await mp.addEventType('throughput').addEventType('histogram-rtt').postMetadata();
      const bulk = new sdk.EventTypeBulkPost(url, { ...auth, metadataKey });
      await bulk.addDataPoint('throughput', 1.25, 7).addDataPoint('histogram-rtt', 2, { '1.0': 3 }).postData();
      const seen = [];
      for await (const m of new sdk.ApiConnect(url, { inputSource: 'browser' }, auth).getMetadata()) {
        seen.push((await m.getEventType('throughput').getData()).data.map((p) => [p.tsMicros, p.val]));
        for await (const p of m.getEventType('histogram-rtt').points()) seen.push([p.ts.toISOString(), p.count]);
      }
      const conflict = await bulk.addDataPoint('throughput', 1.25, 8).postData().catch((error) => error);
      return { origin: location.origin, seen, conflict: [conflict.name, conflict.stored, conflict.conflicts] };
    `);
    expect(pages.url).not.toBe(client.url);
    expect(result).toEqual({
      origin: pages.url,
      seen: [[[1_250_000, 7]], ['1970-01-01T00:00:02.000Z', 3]],
      conflict: ['ConflictError', 0, [{ eventType: 'throughput', ts: 1.25 }]],
    });
  });

  test('the formulas need nothing of Node', async () => {
    const result = await inPage(`
      const exact = await import('/exact/index.js');
      return [exact.quantilesOf(exact.multisetOf([0.1, 0.2])), exact.labelOf('é'.repeat(600), () => '0123456789abcdef').length];
    `);
    expect(result).toEqual([[0.1, 0.11, 0.125, 0.15, 0.175, 0.18, 0.185, 0.19, 0.195, 0.198, 0.199, 0.2], 517]);
  });

  test('a logger writes lines and annotations', async () => {
    const result = await inPage(`
      const { ArchiveWriter, DataLogger, Field, Measurement, Tag } = await import('/logger/index.js');
      const duration = new Field('duration'), page = new Tag('page');
      const rendering = new Measurement('rendering', duration, page);
      const writer = new ArchiveWriter({ url, apiKey: auth.apiKey, database: 'browser' });
      const logger = new DataLogger({ writers: [writer], continuousWrite: true });
      const options = { measurement: rendering, field: duration, tags: { page: 'home' }, eventTags: { page: 'home' } };
      const returned = await logger.measure(async () => 7, options);
      const times = Array.from({ length: 100 }, () => logger.log(rendering, { duration: 1 }, { page: 'home' }).time);
      await logger.close();
      const bad = await new DataLogger({ writers: [new ArchiveWriter({ url, apiKey: 'wrong', database: 'browser' })] });
      bad.logEvent(rendering, 1, 2);
      const refused = await bad.writeData().catch((error) => error);
      return [returned, new Set(times).size, logger.dataset.length, refused.name];
    `);
    expect(result).toEqual([7, 100, 0, 'LoggerWriteError']);
    const { http } = client.archive;
    const { body } = await http.get(ARCHIVE).query({ database: 'browser' }).expect(200);
    const [{ uri }] = body as [{ uri: string }];
    const { body: points } = await http.get(`${uri}duration/base`).expect(200);
    expect(points).toHaveLength(101);
    expect((await http.get('/api/annotations?tags=page:home').expect(200)).body).toMatchObject([{ text: 'rendering' }]);
  });

  test('refusals are errors with the sentence of the archive, and no answer is one, too', async () => {
    const result = await inPage(`
      const post = new sdk.EventTypePost(url, { apiKey: 'wrong', metadataKey: 'k', eventType: 'throughput' });
      const refused = await post.addDataPoint(1, 1).postData().catch((error) => error);
      const search = new sdk.ApiConnect('http://127.0.0.1:9', {}, { retries: 1, backoffMs: 1 }).getMetadata();
      const away = await search.next().catch((error) => error);
      const aborted = await new sdk.ApiConnect(url).getMetadata({ signal: AbortSignal.abort('enough') }).next()
        .catch((error) => error);
      return [refused.name, refused.status, typeof refused.detail, away.name, aborted];
    `);
    expect(result).toEqual(['ApiError', 401, 'string', 'ConnectionError', 'enough']);
  });

  test('a stream ends when its loop does', async () => {
    const md = await client.register('ntp-offset');
    await client.store(
      md,
      'ntp-offset',
      Array.from({ length: 20_000 }, (_, i) => [i, i]),
    );
    const result = await inPage(`
      let sum = 0, count = 0;
      for await (const m of new sdk.ApiConnect(url, { metadataKey: '${md.metadataKey}' }).getMetadata()) {
        for await (const { val } of m.getEventType('ntp-offset').points()) sum += val;
        for await (const _ of m.getEventType('ntp-offset').points()) if (++count === 3) break;
      }
      return [sum, count];
    `);
    expect(result).toEqual([199_990_000, 3]);
  });
});
