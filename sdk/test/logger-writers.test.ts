import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE } from '../../test/support/archive.js';
import {
  ArchiveWriter,
  type DatabaseWriter,
  DataLogger,
  Field,
  GrafanaAnnotationWriter,
  LineProtocolWriter,
  LoggerWriteError,
  Measurement,
  Tag,
} from '../src/logger/index.js';
import { failureOf, startClient, type TestClient } from './support/client.js';
import { TinyServer } from './support/server.js';

let client: TestClient;
const directory = mkdtempSync(join(tmpdir(), 'marigram-spool-'));
beforeAll(async () => {
  client = await startClient();
});
afterAll(async () => {
  await client.close();
  rmSync(directory, { recursive: true });
});

const value = new Field('value');
const place = new Tag('place');
const plain = new Measurement('plain', value, { optionalTags: [place] });
const TIME = 1_700_000_000_000_123;

/** The series of a database: tags, field, and the points in seconds. */
async function stored(database: string): Promise<unknown[]> {
  const { body } = await client.archive.http.get(ARCHIVE).query({ database }).expect(200);
  const series: unknown[] = [];
  for (const metadata of body as Record<string, unknown>[]) {
    const { measurement, 'event-types': types } = metadata;
    const tags = Object.fromEntries(Object.entries(metadata).filter(([name]) => name.startsWith('tag.')));
    for (const { 'event-type': field, 'base-uri': uri } of types as Record<string, string>[]) {
      const { body: points } = await client.archive.http.get(uri!).query({ limit: 20_000, 'time-start': 0 });
      series.push({ measurement, tags, field, points });
    }
  }
  return series;
}

/** What the annotations of a tag are. */
async function annotations(tag: string): Promise<Record<string, unknown>[]> {
  const { body } = await client.archive.http.get('/api/annotations').query({ tags: tag, limit: 1000 }).expect(200);
  return body as Record<string, unknown>[];
}

function lines(options: object = {}): LineProtocolWriter {
  return new LineProtocolWriter({ url: client.url, database: 'plain', token: client.auth.apiKey, ...options });
}

/** Stands before the archive, and answers itself as long as it has answers. Closed when it is disposed of. */
async function before(answers: [status: number, body: string][], port = 0) {
  const seen: string[] = [];
  const target = new URL(client.url);
  const server = await TinyServer.start((incoming, outgoing) => {
    seen.push(`${incoming.method} ${incoming.url} ${String(incoming.headers['idempotency-key'] ?? '')}`.trim());
    const answer = answers.shift();
    if (answer) {
      incoming.resume();
      outgoing.writeHead(answer[0], { 'content-type': 'application/json', 'retry-after': '0' }).end(answer[1]);
      return;
    }
    const { url: path, method, headers } = incoming;
    const onward = request({ host: target.hostname, port: target.port, path, method, headers }, (answered) => {
      outgoing.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(outgoing);
    });
    incoming.pipe(onward);
  }, port);
  return { server, seen, url: server.url };
}

function log(writer: DatabaseWriter): DataLogger {
  return new DataLogger({ writers: [writer] });
}

describe('lines', () => {
  test.each([
    ['version 1', {}],
    ['version 2', { database: undefined, bucket: 'plain', org: 'mine' }],
    ['a name and a password', { token: undefined, username: 'mé', password: 'KEY' }],
    ['without gzip', { gzip: false }],
    ['microseconds', { precision: 'us' }],
    ['many requests', { maxLines: 1 }],
  ])('are stored with %s', async (name, options) => {
    const database = name.replaceAll(' ', '-');
    const password = 'password' in options && { password: client.auth.apiKey };
    const named = 'bucket' in options ? { bucket: database } : { database };
    const logger = log(lines({ ...options, ...named, ...password }));
    logger.log(plain, { value: 1.5 }, { place: 'a' }, { time: TIME });
    logger.log(plain, { value: 2 }, { place: 'a' }, { time: TIME + 1 });
    await logger.writeData();
    expect(await stored(database)).toEqual([
      {
        ...{ measurement: 'plain', tags: { 'tag.place': 'a' }, field: 'value' },
        points: [
          { ts: TIME / 1e6, val: 1.5 },
          { ts: (TIME + 1) / 1e6, val: 2 },
        ],
      },
    ]);
  });

  test('keep all characters of names and texts, and the types of values', async () => {
    const names = ['a,b=c d', 'ü "x"', 'back\\slash'];
    const fields = [
      ...names.map((name) => new Field(name, { type: 'string' })),
      new Field('i', { type: 'integer' }),
      ...['big', 'yes', 'float'].map((name) => new Field(name)),
    ];
    const tags = [...names.map((name) => new Tag(name)), new Tag('empty')];
    const logger = log(lines({ database: 'odd' }));
    const texts = ['say "hi"\\ no', 'line\nfeed', ''];
    logger.log(
      new Measurement('m, n=o', ...fields, ...tags),
      {
        ...Object.fromEntries(names.map((name, index) => [name, texts[index]!])),
        ...{ i: 3, big: 12n, yes: true, float: 1e-7 },
      },
      { ...Object.fromEntries(names.map((name) => [name, `${name}!`])), empty: '' },
      { time: TIME },
    );
    logger.log(new Measurement('ends', value, place), { value: 1 }, { place: 'C:\\' }, { time: TIME });
    logger.log(new Measurement('feeds', value, place), { value: 1 }, { place: 'two\nlines' }, { time: TIME });
    await logger.writeData();
    const ts = TIME / 1e6;
    const odd = (field: string, val: unknown): object => ({
      measurement: 'm, n=o',
      tags: Object.fromEntries(names.map((name) => [`tag.${name}`, `${name}!`])),
      field,
      points: [{ ts, val }],
    });
    const points = [{ ts, val: 1 }];
    expect(await stored('odd')).toEqual(
      expect.arrayContaining([
        ...names.map((name, index) => odd(name, texts[index])),
        ...[odd('i', 3), odd('big', 12), odd('yes', true), odd('float', 1e-7)],
        // Before a comma the backslash would escape it.
        { measurement: 'ends', tags: { 'tag.place': 'C:\\ ' }, field: 'value', points },
        { measurement: 'feeds', tags: { 'tag.place': 'two lines' }, field: 'value', points },
      ]),
    );
  });

  test('that are refused one by one are reported, and not sent again', async () => {
    const logger = log(lines({ database: 'typed' }));
    logger.log(plain, { value: 1 }, {}, { time: TIME });
    logger.log(plain, { value: 'text' }, {}, { time: TIME + 1 });
    const { writers } = await logger.writeData();
    expect(writers).toEqual([
      {
        ...{ name: 'LineProtocolWriter', written: 2 },
        problems: [expect.stringMatching(/^partial write: field type conflict: .* dropped=1$/)],
      },
    ]);
    expect(logger.dataset).toEqual([]);
  });

  test('stay where the key is wrong', async () => {
    const logger = log(lines({ token: 'wrong' }));
    logger.log(plain, { value: 1 });
    const error = (await failureOf(logger.writeData())) as LoggerWriteError;
    expect(error).toBeInstanceOf(LoggerWriteError);
    expect(error.message).toMatch(/LineProtocolWriter: POST .*: 401, authorization failed$/);
    expect(logger.dataset).toHaveLength(1);
  });

  test('are sent again where the server is busy, or away', async () => {
    const { server, seen, url } = await before([
      [503, '{"error":"busy"}'],
      [429, '{"error":"slow down"}'],
    ]);
    const logger = log(lines({ url, database: 'again', backoffMs: 1 }));
    logger.log(plain, { value: 1 }, {}, { time: TIME });
    await logger.writeData();
    expect(seen).toEqual(Array<string>(3).fill('POST /write?db=again&precision=ns'));
    await server.close();
    logger.log(plain, { value: 2 }, {}, { time: TIME + 1 });
    expect(await failureOf(logger.writeData())).toBeInstanceOf(LoggerWriteError);
    const { server: back } = await before([], server.port);
    await logger.writeData();
    expect(await stored('again')).toMatchObject([{ points: [{ val: 1 }, { val: 2 }] }]);
    await back.close();
  });

  test('need a database, and a URL of HTTP', () => {
    expect(() => new LineProtocolWriter({ url: client.url })).toThrow('name the database, or the bucket');
    expect(() => lines({ url: 'ftp://x' })).toThrow('expected a URL with http: or https:, got ftp:');
  });
});

describe('annotations', () => {
  test('are those of Grafana, and each is acknowledged by itself', async () => {
    const { server, seen, url } = await before([
      [200, '{"id":1,"message":"Annotation added"}'],
      [500, '{"message":"broken"}'],
    ]);
    const logger = log(new GrafanaAnnotationWriter({ url, apiKey: client.auth.apiKey, dashboardUID: 'd', panelId: 3 }));
    logger.log(plain, { value: 1 });
    for (const job of ['lost', 'nightly']) logger.logEvent(plain, 1700000000.1239, 1700000001.9999, { job });
    expect(await failureOf(logger.writeData())).toBeInstanceOf(LoggerWriteError);
    expect([logger.dataset.length, logger.events.map(({ tags }) => tags.job)]).toEqual([0, ['nightly']]);
    await logger.writeData();
    expect(seen).toEqual(Array<string>(3).fill('POST /api/annotations'));
    expect(await annotations('job:nightly')).toMatchObject([
      { time: 1700000000123, timeEnd: 1700000001999, text: 'plain', dashboardUID: 'd', panelId: 3 },
    ]);
    expect(await annotations('job:lost')).toEqual([]);
    await server.close();
  });
});

describe('an archive', () => {
  const writerOf = (options: object = {}): ArchiveWriter =>
    new ArchiveWriter({ url: client.url, apiKey: client.auth.apiKey, database: 'ci', backoffMs: 10, ...options });

  test('gets records and events, in microseconds, tied to a session', async () => {
    await client.archive.http
      .put('/api/v1/sessions/tied')
      .set('authorization', client.archive.auth)
      .send({ 'test-start': TIME })
      .expect(201);
    const logger = log(writerOf({ database: 'tied', session: 'tied' }));
    logger.log(plain, { value: 1 }, { place: 'a' }, { time: TIME });
    logger.logEvent(plain, TIME / 1e6, TIME / 1e6 + 1, { job: 'tied' });
    await logger.writeData();
    expect(await stored('tied')).toMatchObject([{ tags: { 'tag.place': 'a', 'tag.session': 'tied' } }]);
    const { body } = await client.archive.http.get('/api/annotations?session=tied&epoch=us&type=annotation');
    expect(body).toMatchObject([{ time: TIME, timeEnd: TIME + 1_000_000, session: 'tied', tags: ['job:tied'] }]);
  });

  test('an event whose answer was lost is not there twice', async () => {
    const { server, seen, url } = await before([]);
    const lossy = { isLost: true };
    const logger = log(
      writerOf({
        url,
        retries: 0,
        fetch: async (sent: Request) => {
          const answer = await fetch(sent);
          if (!lossy.isLost) return answer;
          lossy.isLost = false;
          throw new TypeError('the connection broke');
        },
      }),
    );
    logger.logEvent(plain, 1, 2, { job: 'once' });
    expect(await failureOf(logger.writeData())).toBeInstanceOf(LoggerWriteError);
    await logger.writeData();
    expect(seen).toHaveLength(2);
    expect(seen[1]).toBe(seen[0]);
    expect(seen[0]).toMatch(/^POST \/api\/annotations\?epoch=us [\da-f-]{36}-0$/);
    expect(await annotations('job:once')).toHaveLength(1);
    await server.close();
  });

  test('(f) that was away for a while has all in the end, once', async () => {
    const { server, url } = await before([]);
    await server.close();
    const errors: Error[] = [];
    const logger = new DataLogger({
      writers: [writerOf({ url, database: 'away', retries: 0 })],
      continuousWrite: true,
      onError: (error) => errors.push(error),
    });
    for (let index = 0; index < 10_000; index++) logger.log(plain, { value: index }, {}, { time: TIME + index });
    logger.logEvent(plain, 1, 2, { job: 'away' });
    await expect.poll(() => errors.length, { timeout: 10_000 }).toBeGreaterThan(0);
    const { server: back } = await before([], server.port);
    await logger.close();
    expect(logger.dataset).toEqual([]);
    const [{ points }] = (await stored('away')) as [{ points: { val: number }[] }];
    expect(points.map(({ val }) => val)).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
    expect(await annotations('job:away')).toHaveLength(1);
    await back.close();
  });

  test('with a spool, what one process has logged is sent by the next one', async () => {
    const { server, url } = await before([]);
    await server.close();
    const options = { url, database: 'spool', spoolDir: join(directory, 'a') };
    const first = writerOf(options);
    const logger = log(first);
    logger.log(plain, { value: 1 }, {}, { time: TIME });
    logger.log(plain, { value: 2 }, {}, { time: TIME + 1 });
    logger.logEvent(plain, 1, 2, { job: 'spool' });
    await logger.writeData();
    expect([logger.dataset.length, await first.pending()]).toEqual([0, 3]);
    await logger.close();
    expect(await stored('spool')).toEqual([]);
    const { server: back, seen } = await before([[200, '<html>a captive portal</html>']], server.port);
    const second = writerOf(options);
    await expect.poll(() => second.pending(), { timeout: 10_000 }).toBe(0);
    await second.close();
    expect(await stored('spool')).toMatchObject([{ points: [{ val: 1 }, { val: 2 }] }]);
    expect(await annotations('job:spool')).toHaveLength(1);
    expect(seen).toHaveLength(3);
    const third = writerOf(options);
    expect(await third.pending()).toBe(0);
    await third.close();
    await back.close();
  }, 30_000);

  test('a record that a spool was refused does not keep the others', async () => {
    const options = { database: 'bad/name', spoolDir: join(directory, 'b') };
    const writer = writerOf(options);
    const logger = log(writer);
    logger.log(plain, { value: 1 });
    logger.logEvent(plain, 1, 2, { job: 'others' });
    await logger.close();
    expect(await writer.pending()).toBe(0);
    expect(await annotations('job:others')).toHaveLength(1);
  });
});
