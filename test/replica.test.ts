import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { EmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import {
  type Ending,
  freePort,
  lines,
  MARIGRAM,
  type RunningServer,
  Sandbox,
  SERVER,
  until,
} from './support/process.js';
import { canReplicate, REPLICATING, StreamingReplica } from './support/replica.js';

// Databases and servers are started.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

interface Health {
  readonly status: string;
  readonly replica?: string;
}

const health = (server: RunningServer): Promise<Health> => server.json<Health>(200, 'GET', '/health/ready');

/** Waits until readiness says this of the replica, and that the server is ready all the same. */
async function untilReplica(server: RunningServer, state: RegExp): Promise<void> {
  await until(async () => state.test((await health(server)).replica ?? ''));
}

/** The value of a metric of the replica. */
async function metric(server: RunningServer, name: string): Promise<number> {
  const text = await (await server.fetch('GET', '/metrics')).text();
  return Number(new RegExp(`^marigram_replica_${name}\\{replica="[^"]+"\\} (\\S+)$`, 'm').exec(text)?.[1]);
}

describe.skipIf(!canReplicate)('a streaming replica', () => {
  const sandbox = new Sandbox();
  let primary: EmbeddedPostgres;
  let replica: StreamingReplica;
  let server: RunningServer;
  let key: string;
  let env: Record<string, string>;
  beforeAll(async () => {
    const dataDir = sandbox.directory();
    primary = await EmbeddedPostgres.start({ dataDir, role: 'server', pgBinDir: REPLICATING });
    key = await sandbox.issueKey({ DATABASE_URL: primary.url });
    replica = await StreamingReplica.of(dataDir, sandbox.directory());
    env = { DATABASE_URL: primary.url, DATABASE_READ_URL: replica.url, REPLICA_MAX_LAG: '1s' };
    server = await sandbox.start(env);
    await untilReplica(server, /^used$/);
  });
  afterAll(async () => {
    expect(await server.stop()).toMatchObject({ code: 0 });
    await replica.stop();
    await primary.stop();
    await sandbox.dispose();
  });
  afterEach(async () => {
    replica.thaw();
    await replica.query('SELECT pg_wal_replay_resume() WHERE pg_is_in_recovery()');
  });

  let subjects = 0;
  /** Registers a metadata that is new, with points and an hourly sum of them, and returns its path. */
  async function register(...values: number[]): Promise<string> {
    const body = {
      'subject-type': 'network-element',
      source: `192.0.2.${++subjects}`,
      'measurement-agent': '192.0.2.1',
      'event-types': [
        { 'event-type': 'packet-count-sent', summaries: [{ 'summary-type': 'aggregation', 'summary-window': 3600 }] },
      ],
    };
    const { uri } = await server.json<{ uri: string }>(201, 'POST', server.archive, { key, body });
    await write(uri, ...values);
    return uri;
  }

  async function write(uri: string, ...values: number[]): Promise<void> {
    for (const val of values)
      await server.json(201, 'POST', `${uri}packet-count-sent/base`, { key, body: { ts: val, val } });
  }

  /** What is on the replica now has been replayed there. */
  async function untilReplayed(uri: string, points: number): Promise<void> {
    const text = `SELECT count(p.ts)::int AS count FROM metadata m JOIN series s ON s.metadata = m.id
                  JOIN point p ON p.series = s.id WHERE m.key = '${uri.split('/').at(-2)!}'`;
    await until(async () => (await replica.query<{ count: number }>(text))[0]?.count === points);
  }

  const pauseReplay = (): Promise<unknown> => replica.query('SELECT pg_wal_replay_pause()');

  test('answers the reads', async () => {
    const uri = await register(1, 2);
    await untilReplayed(uri, 2);
    expect(await server.points(uri, 'packet-count-sent')).toHaveLength(2);
    const text = `SELECT count(*)::int AS count FROM pg_stat_activity
                  WHERE application_name = 'marigram-read' AND query ~ 'FROM point'`;
    expect((await replica.query<{ count: number }>(text))[0]!.count).toBeGreaterThan(0);
    expect(await metric(server, 'used')).toBe(1);
    expect(await metric(server, 'lag_seconds')).toBeLessThan(1);
  });

  test('what it does not know yet is asked of the primary: metadata, event types, points, summaries, searches', async () => {
    const known = await register(1);
    await untilReplayed(known, 1);
    await untilReplica(server, /^used$/);
    await pauseReplay();
    const uri = await register(5, 6);
    await server.json(200, 'GET', uri);
    await server.json(200, 'GET', `${uri}packet-count-sent/`);
    expect(await server.points(uri, 'packet-count-sent')).toHaveLength(2);
    expect(await server.json(200, 'GET', `${uri}packet-count-sent/aggregations/3600?time-start=0`)).toEqual([
      { ts: 0, val: 11 },
    ]);
    expect(await server.json(200, 'GET', `${server.archive}?source=192.0.2.${subjects}`)).toHaveLength(1);
  });

  test('beyond REPLICA_MAX_LAG the primary answers, until the replica has caught up', async () => {
    const uri = await register(1);
    await untilReplayed(uri, 1);
    await untilReplica(server, /^used$/);
    await pauseReplay();
    await write(uri, 2);
    await untilReplica(server, /^not used: it lags by \d+ seconds \(REPLICA_MAX_LAG\)$/);
    expect(await server.points(uri, 'packet-count-sent')).toHaveLength(2);
    expect(await metric(server, 'lag_seconds')).toBeGreaterThan(1);
    expect(await metric(server, 'used')).toBe(0);
    await replica.query('SELECT pg_wal_replay_resume()');
    await untilReplica(server, /^used$/);
    expect(await metric(server, 'lag_seconds')).toBeLessThan(1);
  });

  test('nothing that this server deleted is seen again', async () => {
    const uri = await register(1, 2);
    await untilReplayed(uri, 2);
    await untilReplica(server, /^used$/);
    const { stdout } = await sandbox.run([...MARIGRAM, 'key', 'issue', 'admin', '--scope', 'admin'], env);
    const admin = /^Key: (.*)$/m.exec(stdout)![1]!;
    await pauseReplay();
    expect((await server.fetch('DELETE', `${uri}packet-count-sent/base?time=1`, { key: admin })).status).toBe(200);
    expect(await server.points(uri, 'packet-count-sent')).toEqual([[2, 2]]);
    expect((await server.fetch('DELETE', uri, { key: admin })).status).toBe(200);
    await server.json(404, 'GET', uri);
  });

  test.each<[string, away: () => Promise<void> | void, back: () => Promise<void> | void]>([
    ['is stopped', () => replica.stop(), () => replica.start()],
    [
      'is frozen',
      () => {
        replica.freeze();
      },
      () => {
        replica.thaw();
      },
    ],
  ])('that %s takes no read with it', async (_what, away, back) => {
    const uri = await register(1);
    await untilReplayed(uri, 1);
    await untilReplica(server, /^used$/);
    await away();
    try {
      expect(await server.points(uri, 'packet-count-sent')).toHaveLength(1);
      await server.json(200, 'GET', server.archive);
      await untilReplica(server, /^not used: /);
      await server.json(200, 'GET', uri);
      expect(await metric(server, 'used')).toBe(0);
      expect(server.program.stderr).toMatch(
        /the replica at [\d.:]+\/marigram is not used, the primary answers the reads: /,
      );
    } finally {
      await back();
    }
    await untilReplica(server, /^used$/);
    expect(server.program.stderr).toMatch(/the replica at [\d.:]+\/marigram answers the reads/);
  });

  test('that is frozen does not keep the server from ending', async () => {
    const another = await sandbox.start(env);
    await untilReplica(another, /^used$/);
    await another.json(200, 'GET', another.archive);
    replica.freeze();
    expect(await another.stop()).toMatchObject({ code: 0 });
  });

  test('that is promoted is not used, and a server that starts while it is away starts', async () => {
    const uri = await register(1);
    await untilReplayed(uri, 1);
    await untilReplica(server, /^used$/);
    await replica.query('SELECT pg_promote()');
    await untilReplica(server, /^not used: it follows no primary: it was promoted/);
    await write(uri, 2);
    expect(await server.points(uri, 'packet-count-sent')).toHaveLength(2);

    await replica.stop();
    const another = await sandbox.start(env);
    await untilReplica(another, /^not used: .*ECONNREFUSED/);
    expect(await another.points(uri, 'packet-count-sent')).toHaveLength(2);
    expect(await another.stop()).toMatchObject({ code: 0 });
    await replica.start();
  });
});

describe('DATABASE_READ_URL', () => {
  const sandbox = new Sandbox();
  let database: EmbeddedPostgres;
  beforeAll(async () => {
    database = await EmbeddedPostgres.start({ dataDir: sandbox.directory(), role: 'server' });
    await sandbox.issueKey({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await database.stop();
    await sandbox.dispose();
  });

  test.each<[string, Partial<URL>, RegExp]>([
    ['with a wrong password', { password: 'wrong' }, /password authentication failed/],
    ['with a database that is not there', { pathname: '/nowhere' }, /database "nowhere" does not exist/],
    ['of another database', { pathname: '/postgres' }, /it is no copy of the database at DATABASE_URL/],
  ])('%s stops the start', async (_what, change, reason) => {
    const url = Object.assign(new URL(database.url), change);
    const ending: Ending = await sandbox.run(SERVER, {
      DATABASE_URL: database.url,
      DATABASE_READ_URL: url.href,
      PORT: '0',
    });
    const said = lines(ending.stderr).filter((line) => !line.startsWith('{'));
    expect(said).toEqual([
      expect.stringMatching(/^marigram: The replica at .* cannot be used \(.*\): check DATABASE_READ_URL\.$/),
    ]);
    expect(said[0]).toMatch(reason);
    expect(ending).toMatchObject({ code: 1, stdout: '' });
  });

  test('that leads to the primary itself is told of, and not used', async () => {
    const server = await sandbox.start({ DATABASE_URL: database.url, DATABASE_READ_URL: database.url });
    expect((await health(server)).replica).toMatch(/^not used: it follows no primary/);
    await server.json(200, 'GET', server.archive);
    expect(await server.stop()).toMatchObject({ code: 0 });
  });

  test('that nobody answers at does not stop the start', async () => {
    const url = Object.assign(new URL(database.url), { port: await freePort() });
    const server = await sandbox.start({ DATABASE_URL: database.url, DATABASE_READ_URL: url.href });
    expect((await health(server)).replica).toMatch(/^not used: .*ECONNREFUSED/);
    await server.json(200, 'GET', server.archive);
    expect(await server.stop()).toMatchObject({ code: 0 });
  });
});
