import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningServer, Sandbox } from './support/process.js';

const IDLE = 1000;
const BUSY = 200;

/** What each busy connection sends: together 800 MiB, if the server took it all. */
const BODY = 4 * 1024 ** 2;

/** What the server may take, in MiB: 100 at rest, the bodies in flight twice over (64), and what they are parsed into. */
const BOUND = 800;

const sandbox = new Sandbox();
const sockets: Socket[] = [];
let server: RunningServer;
let keys: string[];
let uri: string;
beforeAll(async () => {
  const env = { DATA_DIR: sandbox.directory(), LOG_LEVEL: 'fatal', BODY_BUDGET: '64MiB' };
  server = await sandbox.start(env);
  keys = await Promise.all(Array.from({ length: 4 }, () => sandbox.issueKey(env)));
  uri = await server.register(keys[0] ?? '', 'throughput');
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await sandbox.dispose();
});

test(`memory stays below ${BOUND} MiB with ${IDLE} idle and ${BUSY} busy connections, and others are served`, async () => {
  const peak = watch();
  for (let count = 0; count < IDLE; count += 50) await Promise.all(Array.from({ length: 50 }, () => open()));
  const points = Array.from({ length: 50_000 }, (_, ts) => `{"ts":${ts},"val":[{"event-type":"throughput","val":1}]}`);
  const body = Buffer.from(`{"data":[${points.join(',')}]}`.padEnd(BODY));
  const begun = performance.now();
  const answers = Promise.all(Array.from({ length: BUSY }, (_, index) => put(keys[index % 4] ?? '', body)));

  // Beside them, somebody else goes on working.
  const times: number[] = [];
  const done = new AbortController();
  void answers.finally(() => {
    done.abort();
  });
  do {
    const asked = performance.now();
    expect((await server.fetch('GET', uri)).status).toBe(200);
    times.push(performance.now() - asked);
    await sleep(100);
  } while (!done.signal.aborted);

  const statuses = await answers;
  expect(new Set(statuses).size, String([...new Set(statuses)])).toBeGreaterThan(1);
  for (const status of statuses) expect([201, 409, 503]).toContain(status);
  expect(statuses.filter((status) => status !== 503).length).toBeGreaterThan(0);
  const used = await peak.stop();
  console.log(
    `peak ${used} MiB in ${((performance.now() - begun) / 1000).toFixed(1)} s, ` +
      `${statuses.filter((status) => status === 503).length} of ${BUSY} put off, ` +
      `the slowest other answer took ${Math.max(...times).toFixed(0)} ms`,
  );
  expect(used).toBeLessThan(BOUND);
  // All of it was given back: nothing is in the way of one more.
  expect(await put(keys[0] ?? '', body)).toBe(409);
  expect((await server.fetch('GET', '/health/ready')).status).toBe(200);
}, 300_000);

async function open(): Promise<Socket> {
  const { hostname, port } = new URL(server.origin);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends a body on a connection of its own, as fast as it is taken, and returns the status of the answer. */
async function put(key: string, body: Buffer): Promise<number> {
  const socket = await open();
  const head = [`PUT ${uri} HTTP/1.1`, 'Host: x', `Authorization: Token ${key}`, 'Content-Type: application/json'];
  socket.write(`${[...head, `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n`);
  socket.write(body);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer.toString('latin1'))?.[1]);
}

/** Looks at the server's resident memory from time to time; `stop` returns the largest, in MiB. */
function watch(): { stop(): Promise<number> } {
  let largest = 0;
  const look = (): void => {
    largest = Math.max(largest, Math.round(residentKibibytes(server.program.pid) / 1024));
  };
  const timer = setInterval(look, 200);
  return {
    stop: () => {
      clearInterval(timer);
      look();
      return Promise.resolve(largest);
    },
  };
}

function residentKibibytes(pid: number): number {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(status, 'utf8'))?.[1]);
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)]).toString());
}
