import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { postgresUrlOf, type RunningServer, Sandbox, until } from './support/process.js';

/** A month of them; by hand the same was done with 5 million. */
const COUNT = 1_000_000;
const BEGIN = 1_704_067_200;

const sandbox = new Sandbox();
let server: RunningServer;
let db: pg.Client;
let path: string;
beforeAll(async () => {
  const env = { DATA_DIR: sandbox.directory() };
  const key = await sandbox.issueKey(env);
  server = await sandbox.start(env);
  const uri = await server.register(key, 'throughput');
  // Makes the chunks and the series' first and last time.
  for (const ts of [BEGIN, BEGIN + 3 * COUNT])
    await server.json(201, 'POST', `${uri}throughput/base`, { key, body: { ts, val: 1 } });
  db = new pg.Client(postgresUrlOf(env.DATA_DIR));
  await db.connect();
  await db.query(
    `INSERT INTO point (series, ts, value)
     SELECT id, to_timestamp($1) + n * interval '3 s', 1e9 + n FROM series, generate_series(1, $2) n
     ON CONFLICT DO NOTHING`,
    [BEGIN, COUNT - 1],
  );
  path = `${uri}throughput/base?time-start=0&limit=100000000`;
});
afterAll(async () => {
  await db.end();
  await sandbox.dispose();
});

async function open(query: string, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const request = get(`${server.origin}${path}${query}`, { headers, agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

/** The largest resident set that the server has had, in MB. */
function peakMemory(): number {
  const status = readFileSync(`/proc/${server.program.pid}/status`, 'utf8');
  return (Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024) / 1e6;
}

test.runIf(process.platform === 'linux').each([
  ['plain', {}, 30],
  ['compressed', { 'accept-encoding': 'gzip' }, 3],
])('a million points stream as NDJSON, %s, within 300 MB', async (_what, headers, least) => {
  const answer = await open('&format=ndjson', headers);
  let bytes = 0;
  let lineEnds = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lineEnds++;
  }
  expect(answer.complete).toBe(true);
  expect(bytes).toBeGreaterThan(least * COUNT);
  if (!('accept-encoding' in headers)) expect(lineEnds).toBe(COUNT + 1);
  expect(peakMemory()).toBeLessThan(300);
});

test.runIf(process.platform === 'linux')(
  '20,000 metadata stream within 600 MB, beside seven readers that stall',
  async () => {
    await db.query(
      `INSERT INTO metadata (key, subject_type, source, measurement_agent, tool_name, input_source, parameters, identity)
     SELECT md5(n::text), 'network-element', '192.0.2.9', '192.0.2.9', '', '',
            (SELECT jsonb_object_agg('parameter-' || p, repeat(p::text, 40)) FROM generate_series(10, 50) p),
            sha256(n::text::bytea) FROM generate_series(1, 20000) n`,
    );
    const url = `${server.origin}${server.archive}?source=192.0.2.9&limit=100000000`;
    const stalled: IncomingMessage[] = [];
    for (let reader = 1; reader <= 8; reader++) {
      const [answer] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
      answer.on('error', () => undefined);
      stalled.push(answer);
    }
    let bytes = 0;
    for await (const chunk of stalled[0] as AsyncIterable<Buffer>) bytes += chunk.length;
    expect(stalled[0]!.complete).toBe(true);
    expect(bytes).toBeGreaterThan(20_000 * 2500);
    for (const answer of stalled) answer.destroy();
    expect(peakMemory()).toBeLessThan(600);
  },
);

/** When the server began its last statement on points, and whether one is running. */
async function activity(): Promise<{ begun: number; running: boolean }> {
  const { rows } = await db.query<{ begun: number; running: boolean }>(
    `SELECT extract(epoch FROM max(query_start))::float8 AS begun, bool_or(state <> 'idle') AS running
     FROM pg_stat_activity WHERE application_name = 'marigram-read' AND query LIKE '%FROM point%'`,
  );
  return rows[0]!;
}

test.each([
  ['plain', {}],
  ['compressed', { 'accept-encoding': 'gzip' }],
])('a client that goes away ends the read of a %s answer: no further slice is fetched', async (_what, headers) => {
  const answer = await open('', headers);
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > 1_000_000) break; // destroys the connection
  }
  const left = Date.now() / 1000;
  await sleep(1500);
  const last = await activity();
  // The whole answer would take several seconds more.
  expect(last.begun - left).toBeLessThan(1);
  await sleep(500);
  expect(await activity()).toEqual({ ...last, running: false });
  expect(await server.readiness()).toBe(200);
});

test('a client that does not read holds no statement, and the server fetches nothing for it', async () => {
  const answer = await open('');
  answer.pause();
  await until(async () => !(await activity()).running);
  await sleep(500);
  const { begun } = await activity();
  await sleep(500);
  expect(await activity()).toEqual({ begun, running: false });
  answer.destroy();
});
