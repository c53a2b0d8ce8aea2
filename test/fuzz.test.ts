import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ErrorCode, ERRORS } from '../src/common/error-codes.js';
import { type HostileRequest, hostileRequests } from './support/hostile.js';
import { lines, postgresUrlOf, ROOT, type RunningServer, Sandbox } from './support/process.js';
import { exchange, type RawAnswer } from './support/raw-http.js';

/** `npm run fuzz` sends more; FUZZ_SEED repeats a run. */
const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 1500);
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));

const AT_ONCE = 16;

/** What the server may hold in the end, in MiB: it is at 150 at rest. */
const BOUND = 450;

/** What must never be in an answer: the stack, the places and the SQL of the server. None of it is ever sent to it. */
const LEAKS =
  /^ {4}at |node_modules|dist\/src|\.js:\d|syntax error at or near|unnest\(|SQLSTATE|FROM series|violates /m;

/** Tables of what requests change on purpose, even refused ones: nothing of it is data of the archive. */
const NOTES = ['audit', 'write_count', 'dropped_points'];

interface OpenApi {
  paths: Record<string, Record<string, unknown>>;
  components: { parameters: Record<string, { name: string; in: string }> };
}

const sandbox = new Sandbox();
let server: RunningServer;
let database: pg.Client;
let key: string;
let secrets: string[];
let requests: fc.Arbitrary<HostileRequest>;
beforeAll(async () => {
  const env = { DATA_DIR: sandbox.directory() };
  server = await sandbox.start(env);
  key = await sandbox.issueKey(env);
  secrets = [key, new URL(postgresUrlOf(env.DATA_DIR)).password];
  database = new pg.Client(postgresUrlOf(env.DATA_DIR));
  database.on('error', () => undefined); // where the test fails, its server takes the database along
  await database.connect();
  const { paths, components } = JSON.parse(readFileSync(join(ROOT, 'openapi.json'), 'utf8')) as OpenApi;
  const uri = await server.register(key, 'throughput', 'failures');
  await server.json(201, 'PUT', '/api/v1/sessions/x', { key, body: { 'test-start': 0 } });
  await server.json(201, 'PUT', '/api/v1/sessions/x/streams/x', { key, body: { type: 'metric', aggregate: true } });
  const names = Object.values(components.parameters).filter((parameter) => parameter.in === 'query');
  requests = hostileRequests({
    ...{ paths: Object.keys(paths), parameters: names.map(({ name }) => name), key },
    ...{ metadataKey: uri.split('/').at(-2)!, eventType: 'throughput' },
  });
});
afterAll(async () => {
  await sandbox.dispose();
});

test(
  `${REQUESTS} hostile requests are refused, and leave nothing behind (FUZZ_SEED=${SEED})`,
  { timeout: 120_000 + 60 * REQUESTS },
  async () => {
    const before = await counts();
    const seen = new Map<number, number>();
    /** What was accepted: odd, but right. */
    const metadata = new Set<string>();
    let pointWrites = 0;
    // In portions: each request is a few kilobytes, some are hundreds.
    for (let sent = 0; sent < REQUESTS; sent += 500) {
      const queue = fc.sample(requests, { seed: SEED + sent, numRuns: Math.min(500, REQUESTS - sent) });
      const work = async (): Promise<void> => {
        for (let request = queue.pop(); request; request = queue.pop()) {
          const answers = await exchange(
            new URL(server.origin),
            request.pieces,
            request.pause,
            request.method === 'HEAD',
          );
          for (const answer of answers) {
            seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
            check(request, answer);
            if (answer.status !== 201) continue;
            const { 'metadata-key': created } = Object(JSON.parse(String(answer.body))) as Record<string, string>;
            if (created === undefined) pointWrites++;
            else metadata.add(created);
          }
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      if (!server.program.isGroupAlive) throw new Error(`the server has ended: ${server.program.stderr.slice(-3000)}`);
      expect(await server.readiness()).toBe(200);
    }
    const memory =
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${server.program.pid}/status`, 'utf8'))![1]) / 1024;
    const summary = [...seen].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
    console.log(`FUZZ_SEED=${SEED}: ${summary.join(', ')}; ${Math.round(memory)} MiB`);
    expect(memory).toBeLessThan(BOUND);
    // It has been in every room: read, refused at the door, and refused inside.
    for (const status of [200, 400, 401, 404, 405]) expect(seen.get(status) ?? 0, String(status)).toBeGreaterThan(0);

    const after = await counts();
    expect(after['metadata']! - before['metadata']!).toBe(metadata.size);
    // A hostile bulk has two points.
    expect(after['point']! - before['point']!).toBeLessThanOrEqual(2 * pointWrites);
    const GROWING = [
      'metadata',
      'series',
      'summary',
      'back_fill',
      'point',
      'rollup',
      'session',
      'session_stream',
      'segment',
    ];
    for (const [table, count] of Object.entries(after))
      if (!GROWING.includes(table)) expect(count, table).toBe(before[table]);
    await database.end();
    expect(await server.stop()).toMatchObject({ code: 0 });
    for (const secret of secrets) expect(server.program.stderr).not.toContain(secret);
    // Nothing was a surprise to the server: that would be in its log as an error.
    const errors = lines(server.program.stderr).filter((line) => Number(Object(JSON.parse(line)).level) >= 50);
    expect(errors).toEqual([]);
  },
);

/** Throws what is wrong with an answer, with the request that led to it. */
function check(request: HostileRequest, { status, headers, body }: RawAnswer): void {
  const text = body.toString();
  const told = `${Buffer.concat(request.pieces).toString('latin1').slice(0, 600)}\n→ ${status} ${text.slice(0, 500)}`;
  if (status >= 500 && !(status === 503 && /^\d+$/.test(headers['retry-after'] ?? ''))) throw new Error(told);
  expect(headers['x-content-type-options'], told).toBe('nosniff');
  expect(LEAKS.test(text) && headers['content-type'] === 'application/json', told).toBe(false);
  for (const secret of secrets) expect(text.includes(secret), told).toBe(false);
  if (status < 400 || body.length === 0) return;
  // What is sent to sensors names its character set, and what is wrong with measurements has a format of its own.
  expect(headers['content-type'], told).toMatch(/^application\/json(; charset=utf-8)?$/);
  const { detail, error, code, result, response } = JSON.parse(text) as Record<string, unknown>;
  if (result === false) {
    expect(response, told).toContainEqual({ field: expect.any(String), message: expect.any(String) });
    return;
  }
  expect(detail, told).toMatch(/\S/);
  expect(error, told).toBe(detail);
  expect(ERRORS[code as ErrorCode].status, told).toBe(status);
}

/** How many rows each table has; the chunks of a hypertable count with it. */
async function counts(): Promise<Record<string, number>> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
     AND NOT relispartition`,
  );
  const result: Record<string, number> = {};
  for (const { name } of rows.filter((row) => !NOTES.includes(row.name))) {
    const count = await database.query<{ count: number }>(`SELECT count(*)::int AS count FROM "${name}"`);
    result[name] = count.rows[0]!.count;
  }
  return result;
}
