import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { type Command, freePort, hasProgram, ROOT, Sandbox } from './support/process.js';

let archive: TestArchive;
const sandbox = new Sandbox();
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(async () => {
  await archive.close();
  await sandbox.dispose();
});

const example = (name: string): string => join(ROOT, 'examples', name);
const lacks = (...programs: string[]): boolean => !programs.every(hasProgram);

/** Runs an example as a writer; returns its stdout. */
async function run(...command: Command): Promise<string> {
  const env = {
    MARIGRAM_URL: await archive.app.getUrl(),
    MARIGRAM_KEY: archive.auth.replace('Token ', ''),
    SOURCE: '127.0.0.1',
  };
  const { code, stdout, stderr } = await sandbox.run(command, env, { cwd: sandbox.directory() });
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  return stdout;
}

/** The newest value of an event type that this tool has stored. */
async function latest(toolName: string, eventType: string): Promise<unknown> {
  const { body: found } = await archive.http.get(ARCHIVE).query({ 'tool-name': toolName, 'event-type': eventType });
  expect(found).toHaveLength(1);
  const { body } = await archive.http.get(`${found[0].uri}${eventType}/base?order=desc&limit=1`).expect(200);
  return body[0].val;
}

test('the page lists every example', () => {
  const page = readFileSync(example('README.md'), 'utf8');
  const listed = [...page.matchAll(/^\| \[([^\]]+)\]\(\1\)/gm)].map(([, name]) => name);
  expect([...listed, 'README.md'].sort()).toEqual(readdirSync(example('.')).sort());
});

test.skipIf(lacks('python3'))('python.py stores a value and reads it back', async () => {
  expect(await run('python3', example('python.py'))).toMatch(/^\[\{'ts': [\d.]+, 'val': 0\.25\}\]\n$/);
});

test.skipIf(lacks('iperf3', 'jq', 'curl'))('iperf3.sh stores throughput and retransmits', async () => {
  const port = await freePort();
  const server = sandbox.launch(['iperf3', '--server', '--one-off', '--port', port, '--forceflush'], {});
  await server.line(/listening/);
  await run(example('iperf3.sh'), '127.0.0.1', '--port', port, '--time', '1');
  expect(await latest('iperf3', 'throughput')).toBeGreaterThan(0);
  expect(await latest('iperf3', 'packet-retransmits')).toBeGreaterThanOrEqual(0);
});

test.skipIf(lacks('ping', 'jq', 'curl', 'hostname'))('ping.sh stores round-trip times and loss', async () => {
  await run(example('ping.sh'), '127.0.0.1');
  expect(await latest('ping', 'packet-loss-rate-bidir')).toBe(0);
  const histogram = (await latest('ping', 'histogram-rtt')) as Record<string, number>;
  expect(Object.values(histogram).reduce((sum, count) => sum + count)).toBe(10);
});

test.skipIf(lacks('python3'))('k6.py stores a histogram of response times for each window and request', async () => {
  const point = (time: string, value: number, metric = 'http_req_duration'): string =>
    JSON.stringify({
      metric,
      type: 'Point',
      data: { time: `2024-05-01T12:00:${time}+02:00`, value, tags: { method: 'GET', name: 'home', status: '200' } },
    });
  const file = join(sandbox.directory(), 'k6.json');
  const declaration =
    '{"type":"Metric","data":{"name":"http_req_duration","type":"trend"},"metric":"http_req_duration"}';
  const points = [
    point('00.123456789', 12.3),
    point('09.999999999', 11.8),
    point('10.5', 250.1),
    point('11', 9, 'http_req_waiting'),
  ];
  writeFileSync(file, [declaration, ...points, ''].join('\n'));
  const [, uri = ''] = /^GET home: http:\/\/[^/]+(\S+)\n$/.exec(await run('python3', example('k6.py'), file))!;
  const { body } = await archive.http.get(`${uri}?time-start=0`).expect(200);
  expect(body).toEqual([
    { ts: 1_714_557_600, val: { 12: 2 } },
    { ts: 1_714_557_610, val: { 250: 1 } },
  ]);
});

test('pscheduler-archiver.json names the path of the archive', () => {
  const { archiver, data } = JSON.parse(readFileSync(example('pscheduler-archiver.json'), 'utf8')) as {
    archiver: string;
    data: { url: string };
  };
  expect(archiver).toBe('esmond');
  expect(new URL(data.url).pathname).toBe(ARCHIVE);
});
