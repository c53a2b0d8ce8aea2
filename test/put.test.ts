import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiConnect, EVENT_TYPES } from 'marigram-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { readAll, register } from './support/builders.js';
import { type Ending, freePort, MARIGRAM, Program } from './support/process.js';

let archive: TestArchive;
let origin: string;
let directory: string;
let keyFile: string;
beforeAll(async () => {
  archive = await startArchive();
  origin = await archive.app.getUrl();
  directory = await mkdtemp(join(tmpdir(), 'marigram-put-'));
  keyFile = join(directory, 'key');
  await writeFile(keyFile, `${keyOfArchive()}\n`);
});
afterAll(async () => {
  await archive.close();
  await rm(directory, { recursive: true });
});

function keyOfArchive(): string {
  return archive.auth.replace('Token ', '');
}

/** Runs the command line; it knows nothing of the database. */
function marigram(env: Record<string, string>, ...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, ...args], { MARIGRAM_URL: origin, ...env }).ended;
}

const PAIR = ['source=2001:db8::1', 'destination=2001:db8::2', 'measurement-agent=2001:db8::1', 'tool-name=ping'];

test('put stores a point of a metadata, with a key from a file or the environment; a repeat is no failure', async () => {
  const uri = await register(archive, 'throughput', 'failures');
  const key = uri.split('/').at(-2) ?? '';
  const first = await marigram({}, 'put', key, 'throughput', '9400000000', '--ts', '1714557600', '--key-file', keyFile);
  expect(first).toEqual({
    ...{ code: 0, stderr: '' },
    stdout: `Sent 1 points of 1 metadata to ${origin}: 1 stored, 0 there already.\n`,
  });
  const environment = { MARIGRAM_KEY: keyOfArchive() };
  const again = await marigram(environment, 'put', key, 'throughput', '9400000000', '--ts', '2024-05-01T10:00');
  expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('0 stored, 1 there already.')]);
  await marigram(environment, 'put', key, 'failures', '{"error": "refused"}');
  expect(await readAll(archive, uri, 'throughput')).toEqual([{ ts: 1_714_557_600, val: 9_400_000_000 }]);
  expect(await readAll(archive, uri, 'failures')).toEqual([{ ts: expect.any(Number), val: { error: 'refused' } }]);
});

test('put and import --url count points that the archive drops as skipped, not as stored', async () => {
  const uri = await register(archive, 'throughput');
  const key = uri.split('/').at(-2) ?? '';
  const environment = { MARIGRAM_KEY: keyOfArchive() };
  await marigram(environment, 'put', key, 'throughput', '1', '--ts', '1714557600');
  await archive.query(
    `UPDATE series SET base_cut_off = to_timestamp(1714557600), version = version + 1
     WHERE event_type = 'throughput' AND metadata = (SELECT id FROM metadata WHERE key = $1)`,
    [key],
  );
  const old = await marigram(environment, 'put', key, 'throughput', '1', '--ts', '1714557599');
  expect(old.stdout).toBe(
    `Sent 1 points of 1 metadata to ${origin}: 0 stored, 0 there already.\nSkipped:\n  1 × points older than the retention here\n`,
  );
  const file = join(directory, 'mixed.ndjson');
  const line = { 'metadata-key': key, 'event-type': 'throughput', val: 2 };
  const times = [1_714_557_599, 1_714_557_600, 1_714_557_601];
  await writeFile(file, times.map((ts) => JSON.stringify({ ...line, ts })).join('\n'));
  const mixed = await marigram(environment, 'import', file, '--url', origin);
  expect(mixed.stdout).toContain('1 stored, 1 there already.\nSkipped:\n  1 × points older than the retention here');
});

test('put, import --url and get know the event types that the archive has declared', async () => {
  const declaration = { name: 'room-climate', 'data-type': 'float', unit: '°C' };
  await archive.http
    .post('/api/v1/event-types')
    .set('Authorization', await archive.issueKey('admin'))
    .send(declaration)
    .expect(201);
  const environment = { MARIGRAM_KEY: keyOfArchive() };
  const subject = ['source=192.0.2.44', 'measurement-agent=192.0.2.44'];
  const first = await marigram(environment, 'put', ...subject, 'room-climate', '21.5', '--ts', '1714557600');
  expect([first.code, first.stderr]).toEqual([0, '']);
  const file = join(directory, 'climate.ndjson');
  const line = { source: '192.0.2.44', 'measurement-agent': '192.0.2.44', 'event-type': 'room-climate' };
  await writeFile(file, JSON.stringify({ ...line, ts: 1_714_557_660, val: 22.25 }));
  const second = await marigram(environment, 'import', file, '--url', origin);
  expect([second.code, second.stdout]).toEqual([0, expect.stringContaining('1 stored')]);
  const points = await marigram({}, 'get', 'points', 'room-climate', 'source=192.0.2.44', '-o', 'table');
  expect(points.stdout).toMatch(/21\.5 °C[^]*22\.3 °C/);
  expect((await marigram({}, 'get', 'latest', 'source=192.0.2.44', '-o', 'table')).stdout).toContain('22.3 °C');
  const found = [];
  for await (const one of new ApiConnect(origin, {}, { pageSize: 20 }).getEventTypes()) found.push(one);
  expect(found.map(({ name }) => name)).toEqual([...EVENT_TYPES, 'room-climate'].sort());
  expect(found.find(({ name }) => name === 'room-climate')).toEqual({
    ...{ name: 'room-climate', dataType: 'float', unit: '°C', description: '', isBuiltIn: false },
  });
});

test('put registers a metadata by its fields', async () => {
  const share = '{"numerator": 1, "denominator": 4}';
  const { code, stderr } = await marigram({}, 'put', ...PAIR, 'packet-loss-rate', share, '--key-file', keyFile);
  expect([code, stderr]).toEqual([0, '']);
  const { body } = await archive.http.get('/esmond/perfsonar/archive/?source=2001:db8::1&tool-name=ping');
  expect(body).toMatchObject([{ destination: '2001:db8::2', 'event-types': [{ 'event-type': 'packet-loss-rate' }] }]);
});

test('a file is imported over HTTP; lines that are bad are named', async () => {
  const file = join(directory, 'points.ndjson');
  const metadata = { source: '192.0.2.8', destination: '192.0.2.9', 'measurement-agent': '192.0.2.8' };
  const line = { ...metadata, 'tool-name': 'iperf3', 'ip-tos': 8, 'event-type': 'throughput' };
  const good = [0, 1, 2].map((i) => JSON.stringify({ ...line, ts: 1_714_557_600 + i, val: i }));
  await writeFile(file, [...good, JSON.stringify({ ...line, ts: 1, val: 'fast' })].join('\n'));
  const refused = await marigram({}, 'import', file, '--url', origin, '--key-file', keyFile, '--strict');
  expect([refused.code, refused.stdout]).toEqual([1, '']);
  const { code, stdout, stderr } = await marigram({}, 'import', file, '--url', origin, '--key-file', keyFile);
  expect(stdout).toBe(`Sent 3 points of 1 metadata to ${origin}: 3 stored, 0 there already.\n`);
  expect(stderr).toContain('line 4: val');
  expect(code).toBe(1);
});

test.each([
  [['throughput', '1'], 'Expected KEY EVENT-TYPE VALUE'],
  [[...PAIR, 'troughput', '1'], 'There is no event type troughput: did you mean throughput?'],
  [['f'.repeat(32), 'throughput', '1'], 'there is no metadata'],
  [[...PAIR, 'throughput', 'fast'], 'line 1: val'],
])('put %j is refused, and exits with 1', async (words, text) => {
  const { code, stdout, stderr } = await marigram({}, 'put', ...words, '--key-file', keyFile);
  expect(stderr).toContain(text);
  expect([code, stdout]).toEqual([1, '']);
});

test('a key that is missing or wrong is refused, and not shown', async () => {
  expect((await marigram({}, 'put', ...PAIR, 'throughput', '1')).stderr).toContain('MARIGRAM_KEY');
  const { code, stderr } = await marigram({ MARIGRAM_KEY: 'not-a-key' }, 'put', ...PAIR, 'throughput', '1');
  expect(stderr).toContain('unknown, expired or revoked');
  expect(stderr).not.toContain('not-a-key');
  expect(code).toBe(1);
});

test('an archive that is away is exit code 75', async () => {
  const away = `http://127.0.0.1:${await freePort()}`;
  const args = ['put', ...PAIR, 'throughput', '1', '--key-file', keyFile, '--url', away];
  const { code, stderr } = await marigram({}, ...args);
  expect(stderr).toContain('Run the same command again later.');
  expect(code).toBe(75);
});

test('a write that finds a busy archive is repeated under the same Idempotency-Key', async () => {
  const keys: unknown[] = [];
  const busy = createServer((request, response) => {
    keys.push(request.headers['idempotency-key']);
    response.writeHead(keys.length === 1 ? 503 : 400, { 'content-type': 'application/json' });
    response.end('{"detail": "no"}');
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => busy.once('listening', resolve));
    const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const args = ['put', ...PAIR, 'throughput', '1', '--key-file', keyFile, '--url', url];
    expect((await marigram({}, ...args)).code).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(keys).toEqual([keys[0], keys[0]]);
  } finally {
    busy.close();
  }
});
