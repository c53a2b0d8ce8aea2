import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { deleteFound, type DeleteOptions } from '../src/cli/delete.command.js';
import { runImport } from '../src/cli/import.command.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint, putPoints, register } from './support/builders.js';
import { type WireMetadata } from './support/metadata.js';
import { MARIGRAM, Program } from './support/process.js';
import { newStream, seconds, write } from './support/streams.js';

const LATEST = '/api/v1/latest';

let archive: TestArchive;
let directory: string;
/** The paths of a pair of hosts, of a single host, and of a stream; all have a point. */
let pair: string;
let host: string;
let stream: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'marigram-streams-'));
  archive = await startArchive();
  pair = await register(archive, 'throughput');
  const element = { 'subject-type': 'network-element', source: 'web01', 'measurement-agent': '192.0.2.1' };
  const { body } = await archive.http
    .post(ARCHIVE)
    .set('authorization', archive.auth)
    .send({ ...element, 'event-types': [{ 'event-type': 'metric' }] })
    .expect(201);
  host = (body as WireMetadata).uri;
  await postPoint(archive, pair, 'throughput', { ts: 1, val: 1 }).expect(201);
  await postPoint(archive, host, 'metric', { ts: 1, val: 1 }).expect(201);
  const registered = await newStream(archive, { session: 'job_1' });
  await write(archive, [{ stream: registered, points: [[seconds(1), 2.5]] }]);
  stream = `${ARCHIVE}${registered.key}/`;
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await archive.close();
});

function keyOf(uri: string): string {
  return uri.slice(ARCHIVE.length, -1);
}

describe('a search', () => {
  const found = async (query: string): Promise<string[]> => {
    const { body } = await archive.http.get(`${ARCHIVE}${query}`).expect(200);
    return (body as WireMetadata[]).map(({ uri }) => uri).sort();
  };
  const latest = async (query: string): Promise<string[]> => {
    const { body } = await archive.http.get(`${LATEST}${query}`).expect(200);
    return (body as { 'metadata-key': string }[]).map((one) => `${ARCHIVE}${one['metadata-key']}/`).sort();
  };

  test.each(['', '?limit=10', '?event-type=metric', '?name=', '?type=metric'])(
    'for %j finds no stream',
    async (query) => {
      expect(await found(query)).not.toContain(stream);
      expect(await latest(query)).not.toContain(stream);
    },
  );

  test('finds all that are not streams, and counts no others', async () => {
    expect(await found('')).toEqual([pair, host].sort());
    const { body } = await archive.http.get(ARCHIVE).expect(200);
    expect(body[0]['metadata-count-total']).toBe(2);
    expect(await latest('')).toEqual([pair, host].sort());
  });

  test.each(['subject-type=stream', 'session=job_1', 'session=job_1&type=metric'])(
    'for %s finds the stream only',
    async (query) => {
      expect(await found(`?${query}`)).toEqual([stream]);
      expect(await latest(`?${query}`)).toEqual([stream]);
    },
  );

  test('by the key finds any metadata', async () => {
    for (const uri of [pair, host, stream]) {
      expect(await found(`?metadata-key=${keyOf(uri)}`)).toEqual([uri]);
      expect(await latest(`?metadata-key=${keyOf(uri)}`)).toEqual([uri]);
    }
  });
});

test('a stream has neither a source nor a tool, and is read like any other metadata', async () => {
  const { body } = await archive.http.get(stream).expect(200);
  expect(Object.keys(body as object)).toEqual([
    ...['url', 'metadata-key', 'subject-type', 'event-types', 'name', 'type', 'stream', 'session', 'uri'],
  ]);
  expect(body).toMatchObject({ 'subject-type': 'stream', session: 'job_1', stream: keyOf(stream) });
  await archive.http.get(`${stream}metric/base?time=1`).expect(200, [{ ts: 1, val: 2.5 }]);
  const { body: newest } = await archive.http.get(`${LATEST}?session=job_1`).expect(200);
  expect(newest).toEqual([
    {
      'metadata-key': keyOf(stream),
      'event-type': 'metric',
      'base-uri': `${stream}metric/base`,
      ...{ age: expect.any(Number), cadence: null, ts: 1, val: 2.5 },
    },
  ]);
});

describe("points are written through their stream's session", () => {
  const refusal = (): string =>
    `metadata ${keyOf(stream)} belongs to session job_1: write to /api/v1/sessions/job_1/streams/${keyOf(stream)}/points`;

  test.each(['metric', 'event', 'throughput'])('a POST of a point of %s is refused', async (eventType) => {
    const { body } = await postPoint(archive, stream, eventType, { ts: 5, val: 1 }).expect(400);
    expect(body.detail).toBe(refusal());
  });

  test('a PUT of points is refused, whole', async () => {
    const { body } = await putPoints(archive, stream, 'metric', [{ ts: 5, val: 1 }]).expect(400);
    expect(body.detail).toBe(refusal());
    const val = [{ 'event-type': 'metric', val: 1 }];
    const data = [host, stream].map((uri) => ({ 'metadata-key': keyOf(uri), ts: 5, val }));
    const many = await archive.http.put(ARCHIVE).set('authorization', archive.auth).send({ data }).expect(400);
    expect(many.body.detail).toBe(refusal());
    for (const uri of [host, stream]) await archive.http.get(`${uri}metric/base?time=5`).expect(200, []);
  });

  test('a file with its key is refused, line by line', async () => {
    const file = join(directory, 'points.csv');
    writeFileSync(file, `metadata-key,event-type,ts,val\n${keyOf(stream)},metric,5,1\n${keyOf(host)},metric,5,1\n`);
    const printed: string[] = [];
    for (const output of ['log', 'error'] as const)
      vi.spyOn(console, output).mockImplementation((line: string) => void printed.push(line));
    onTestFinished(() => void vi.restoreAllMocks());
    await runImport({ DATABASE_URL: archive.databaseUrl }, file, [], {});
    expect(printed.join('\n')).toContain(refusal());
    await archive.http.get(`${stream}metric/base?time=5`).expect(200, []);
    await archive.http.get(`${host}metric/base?time=5`).expect(200, [{ ts: 5, val: 1 }]);
  });

  test('nobody registers a stream as esmond would', async () => {
    const body = {
      'subject-type': 'stream',
      session: 'job_1',
      stream: 'x',
      'event-types': [{ 'event-type': 'metric' }],
    };
    await archive.http.post(ARCHIVE).set('authorization', archive.auth).send(body).expect(400);
  });
});

describe('the command line', () => {
  const listed = async (words: readonly string[], options: DeleteOptions): Promise<string[]> => {
    const printed: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
    onTestFinished(() => void vi.restoreAllMocks());
    await deleteFound({ DATABASE_URL: archive.databaseUrl }, words, { ...options, dryRun: true });
    return printed;
  };

  test('deletes a stream that is asked for, and none by the way', async () => {
    expect(await listed(['session=job_1'], {})).toEqual([
      `${keyOf(stream)}  stream ${keyOf(stream)} of session job_1  metric`,
      'Found 1 metadata; nothing was deleted.',
    ]);
    expect((await listed([], { all: true })).join('\n')).not.toContain(keyOf(stream));
  });

  test('prints the points of a stream under its name', async () => {
    const { stdout } = await new Program([...MARIGRAM, 'get', 'points', 'session=job_1', '-o', 'table'], {
      MARIGRAM_URL: await archive.app.getUrl(),
    }).ended;
    expect(stdout).toMatch(new RegExp(`^metric: stream ${keyOf(stream)} of session job_1\n`));
    expect(stdout).toMatch(/ 2\.50?\n/);
    const listed = await new Program([...MARIGRAM, 'get', 'metadata', 'session=job_1', '-o', 'table'], {
      MARIGRAM_URL: await archive.app.getUrl(),
    }).ended;
    expect(listed.stdout).toContain(`stream ${keyOf(stream)} of session job_1`);
  });
});
