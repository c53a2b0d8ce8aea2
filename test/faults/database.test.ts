import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';
import { type Cut, CuttingProxy } from '../support/cutting-proxy.js';
import { WriteLoad } from '../support/load.js';
import { type LunaAnswer, LunaClient } from '../support/luna.js';
import {
  freePort,
  lines,
  MARIGRAM,
  postgresOf,
  type RunningServer,
  Sandbox,
  SERVER,
  signalAll,
  until,
} from '../support/process.js';

const OUTAGE = 10_000;

/** A PostgreSQL that belongs to the tests, which writes durably, and a key of the archive in it. */
const lasting = new Sandbox();
let database: EmbeddedPostgres;
let restart: () => Promise<EmbeddedPostgres>;
let dataDir: string;
let key: string;
beforeAll(async () => {
  dataDir = lasting.directory();
  const settings = { port: await freePort() };
  restart = () => EmbeddedPostgres.start({ dataDir, role: 'server', settings });
  database = await restart();
  key = await lasting.issueKey({ DATABASE_URL: database.url });
});
afterAll(async () => {
  await database.stop();
  await lasting.dispose();
});

const sandbox = new Sandbox();
const running: RunningServer[] = [];
const clients: pg.Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.end()));
  // Every fault is overcome without a restart; and whatever it was, the server ends in good order.
  for (const server of running.splice(0)) expect(await server.stop()).toMatchObject({ code: 0 });
  await sandbox.dispose();
});

async function start(url = database.url, command = SERVER, env: Record<string, string> = {}): Promise<RunningServer> {
  const server = await sandbox.start({ DATABASE_URL: url, ...env }, command);
  running.push(server);
  return server;
}

/** A second connection to the database, to be in the way with. */
async function rival(): Promise<pg.Client> {
  const client = new pg.Client(database.url);
  // The database may be stopped meanwhile.
  client.on('error', () => undefined);
  await client.connect();
  clients.push(client);
  return client;
}

/** Waits until somebody waits for a lock, in a statement that begins like this. */
async function untilWaiting(client: pg.Client, beginning: string): Promise<void> {
  const text = `SELECT count(*)::int AS count FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND query ~ ('^\\s*' || $1)`;
  await until(async () => (await client.query<{ count: number }>(text, [beginning])).rows[0]!.count > 0);
}

describe('PostgreSQL is away for 10 seconds: 503 with Retry-After meanwhile, then all is well again, when it', () => {
  async function survive(outage: () => Promise<() => Promise<void> | void>): Promise<void> {
    const server = await start();
    const load = await WriteLoad.prepare(server, key);
    load.start([server]);
    await load.written();
    const end = await outage();
    try {
      await sleep(OUTAGE);
      await until(() => (load.answers.get(503) ?? 0) > 0);
      const refused = await server.fetch('GET', '/health/ready');
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await server.fetch('GET', '/health/live')).status).toBe(200);
      expect((await server.fetch('GET', server.archive)).status).toBe(503);
    } finally {
      await end();
    }
    await until(async () => (await server.readiness()) === 200);
    await load.written();
    await load.stop();
    await load.verify(server);
  }

  test('is stopped and started', async () => {
    await survive(async () => {
      await database.stop();
      return async () => {
        database = await restart();
      };
    });
  });

  test('is frozen and goes on: nothing breaks, only no answer comes', async () => {
    await survive(() => {
      const { pid } = postgresOf(dataDir)!;
      signalAll(pid, 'SIGSTOP');
      return Promise.resolve(() => {
        signalAll(pid, 'SIGCONT');
      });
    });
  });
});

describe('the connection to the database is cut', () => {
  test('at random moments: what was acknowledged is there, and nothing twice', async () => {
    const proxy = await CuttingProxy.open(database.url);
    try {
      const server = await start(proxy.url);
      const load = await WriteLoad.prepare(server, key);
      load.start([server]);
      for (let cut = 0; cut < 40; cut++) {
        await load.written(5);
        await sleep(Math.random() * 15);
        proxy.cutAll();
      }
      await load.written();
      await load.stop();
      await load.verify(server);
      expect(proxy.cuts.get('anywhere')).toBeGreaterThanOrEqual(40);
    } finally {
      await Promise.all(running.splice(0).map((server) => server.stop()));
      proxy.close();
    }
  });

  test.each<Cut>(['before COMMIT arrives', 'as COMMIT arrives', 'before COMMIT is answered'])(
    '%s: the server finds out what became of it',
    async (where) => {
      const proxy = await CuttingProxy.open(database.url);
      try {
        const server = await start(proxy.url);
        const load = await WriteLoad.prepare(server, key);
        load.start([server]);
        for (let cut = 1; cut <= 15; cut++) {
          await load.written(5);
          proxy.cutNextCommit(where);
          await until(() => (proxy.cuts.get(where) ?? 0) >= cut);
        }
        await load.written();
        await load.stop();
        await load.verify(server);
        // The database is there all the time: in the end every client gets the good answer.
        expect(load.answers.get(503)).toBeUndefined();
      } finally {
        await Promise.all(running.splice(0).map((server) => server.stop()));
        proxy.close();
      }
    },
  );

  test.each<Cut>(['before COMMIT arrives', 'as COMMIT arrives', 'before COMMIT is answered'])(
    '%s: rows of a stream count once, and the answer says so',
    async (where) => {
      const proxy = await CuttingProxy.open(database.url);
      try {
        const server = await start(proxy.url);
        const session = `/api/v1/sessions/${where.replaceAll(' ', '-')}`;
        await server.json(201, 'PUT', session, { key, body: { 'test-start': 0 } });
        await server.json(201, 'PUT', `${session}/streams/a`, { key, body: { type: 'metric' } });
        for (let row = 0; row < 150; row += 10) {
          const body = { ts: Array.from({ length: 10 }, (_, index) => row + index), value: Array(10).fill(row) };
          // The first one makes a chunk, in a transaction of its own.
          proxy.cutNextCommit(where);
          const answer = await server.json(200, 'PUT', `${session}/streams/a/points/${row}`, { key, body });
          expect(answer).toMatchObject({ row, rows: 10, stored: 10, repeated: 0, 'next-row': row + 10 });
        }
        expect(await server.json(200, 'GET', `${session}/streams/a`)).toMatchObject({ received: [[0, 150]] });
        expect(await server.json(200, 'GET', `${session}/streams/a/points`)).toHaveLength(150);
        expect(proxy.cuts.get(where)).toBeGreaterThanOrEqual(15);
      } finally {
        await Promise.all(running.splice(0).map((server) => server.stop()));
        proxy.close();
      }
    },
  );
});

describe('a client of Luna, which repeats a request whose connection is closed and gives up at any other refusal,', () => {
  interface Job {
    readonly client: LunaClient;
    /** The tags of a metric with points, and of one whose seconds come finished. */
    readonly points: string;
    readonly seconds: string;
  }

  async function open(server: RunningServer): Promise<Job> {
    const door = new URL('/luna', server.origin);
    Object.assign(door, { username: 'anybody', password: key });
    const client = await LunaClient.open(door, 0);
    const points = await client.metric('metrics', ['metrics']);
    return { client, points, seconds: await client.metric('metrics', ['aggregates', 'distributions']) };
  }

  /** An upload of each kind, none of which is like those of another number. */
  const uploads = ({ client, points, seconds }: Job, number: number): (() => Promise<LunaAnswer>)[] => [
    () => client.upload('metrics', [`${points}\t${number}\t1`, `${points}\t${number}\t2`]),
    () => client.upload('distributions', [`${seconds}\t0\t${10 * number}\t${10 * number + 10}\t3`]),
  ];

  /** All that is stored of a job: its points, and how often each bin of its distribution counts. */
  async function stored(server: RunningServer, { client }: Job): Promise<{ values: unknown[]; counts: unknown[] }> {
    const sessions = await server.json<{ session: string; number: number }[]>(
      200,
      'GET',
      '/api/v1/sessions?limit=1000',
    );
    const { session } = sessions.find(({ number }) => String(number) === client.job)!;
    const path = `/api/v1/sessions/${session}/streams`;
    const [points, seconds] = await server.json<{ stream: string }[]>(200, 'GET', path);
    const rows = await server.json<{ ts: number; value: number }[]>(200, 'GET', `${path}/${points!.stream}/points`);
    const bins = await server.json<{ value: { cnt: number }[] }[]>(
      200,
      'GET',
      `${path}/${seconds!.stream}/distributions/1`,
    );
    return {
      values: rows.map(({ ts, value }) => [ts, value]),
      counts: bins.flatMap(({ value }) => value.map(({ cnt }) => cnt)),
    };
  }

  const whole = (numbers: number) => ({
    values: Array.from({ length: numbers }, (_, number) => [[number, 1], [number, 2]]).flat(), // prettier-ignore
    counts: Array<number>(numbers).fill(3),
  });

  test.each<Cut>(['before COMMIT arrives', 'as COMMIT arrives', 'before COMMIT is answered'])(
    'learns nothing of a connection that is cut %s',
    async (where) => {
      const proxy = await CuttingProxy.open(database.url);
      try {
        const server = await start(proxy.url, SERVER, { LUNA: 'on' });
        let cuts = 0;
        const cut = async <T>(send: () => Promise<T>): Promise<T> => {
          proxy.cutNextCommit(where);
          const answer = await send();
          expect(proxy.cuts.get(where)).toBe(++cuts);
          return answer;
        };
        const job = await open(server);
        for (let number = 0; number < 5; number++)
          for (const upload of uploads(job, number)) expect((await cut(upload)).status).toBe(200);
        const { client } = job;
        const update = () => client.post(`/update_job/?job=${client.job}`, '{"name": "changed"}');
        expect((await cut(update)).status).toBe(200);
        expect(await cut(() => client.metric('events', ['events']))).toMatch(/^\d+$/);
        expect((await cut(() => client.close(1_000_000))).status).toBe(200);
        const form = `test_start=${Date.now()}`;
        const another = await cut(() => client.post('/create_job/', form));
        expect(another).toMatchObject({ status: 200, text: expect.stringMatching(/^\d+$/) });
        expect(await client.post('/create_job/', form)).toEqual(another);
        expect(await stored(server, job)).toEqual(whole(5));
      } finally {
        await Promise.all(running.splice(0).map((server) => server.stop()));
        proxy.close();
      }
    },
  );

  test('has its connection closed while PostgreSQL is away, and each request counts once when it comes again', async () => {
    const server = await start(database.url, SERVER, { LUNA: 'on' });
    const job = await open(server);
    for (const upload of uploads(job, 0)) expect((await upload()).status).toBe(200);
    const metric = JSON.stringify({ job: job.client.job, type: 'metrics', types: ['metrics'], local_id: 'late' });
    const requests = [...uploads(job, 1), () => job.client.post('/create_metric/', metric), () => job.client.close(9)];
    // Uploads are under way when it stops: somebody holds their series.
    const holder = await rival();
    await holder.query('BEGIN');
    await holder.query('SELECT FROM series FOR UPDATE');
    const underWay = uploads(job, 1).map((send) => send());
    await untilWaiting(await rival(), 'SELECT');
    await database.stop();
    try {
      for (const answer of await Promise.all([...underWay, ...requests.map((send) => send())]))
        expect(answer).toMatchObject({ status: 0, text: 'socket hang up' });
    } finally {
      database = await restart();
    }
    await until(async () => (await server.readiness()) === 200);
    for (const send of requests) expect((await send()).status).toBe(200);
    expect(await stored(server, job)).toEqual(whole(2));
    const metrics = await (await server.fetch('GET', '/metrics')).text();
    expect(metrics).toMatch(/^marigram_luna_deferred_total 6$/m);
  });
});

describe('two server processes on one database', () => {
  test('write the same series under load', async () => {
    const servers = [await start(), await start()];
    const load = await WriteLoad.prepare(servers[0]!, key);
    load.start(servers, 8);
    await load.written(400);
    await load.stop();
    for (const server of servers) await load.verify(server);
    expect([...load.answers.keys()]).toEqual([201]);
  });

  test('write the same points: each point is one of the two, and counts once', async () => {
    const servers = [await start(), await start()];
    const body = {
      'subject-type': 'network-element',
      source: '192.0.2.7',
      'measurement-agent': '192.0.2.7',
      'event-types': [
        { 'event-type': 'packet-count-sent', summaries: [{ 'summary-type': 'aggregation', 'summary-window': 3600 }] },
      ],
    };
    const [server] = servers as [RunningServer, RunningServer];
    const { uri } = await server.json<{ uri: string }>(201, 'POST', server.archive, { key, body });
    const size = 50;
    for (let round = 0; round < 20; round++) {
      const first = 3600 * (round + 1);
      const answers = await Promise.all(
        servers.map(async (one, index) => {
          const data = Array.from({ length: size }, (_, second) => ({
            ts: first + second,
            val: [{ 'event-type': 'packet-count-sent', val: 1 + index }],
          }));
          const answer = await one.fetch('PUT', uri, { key, body: { data } });
          const text = await answer.text();
          expect([201, 409], text).toContain(answer.status);
          return answer.status === 201 ? size : (JSON.parse(text) as { stored: number }).stored;
        }),
      );
      expect(answers[0]! + answers[1]!).toBe(size);
      const range = `time-start=${first}&time-end=${first + size}`;
      const points = await server.json<{ val: number }[]>(200, 'GET', `${uri}packet-count-sent/base?${range}`);
      expect(points.map(({ val }) => val).sort()).toEqual(
        [1, 2].flatMap((val) => Array<number>(answers[val - 1]!).fill(val)),
      );
      const path = `${uri}packet-count-sent/aggregations/3600?${range}`;
      const sum = answers[0]! + 2 * answers[1]!;
      expect(await servers[1]!.json(200, 'GET', path)).toEqual([{ ts: first, val: sum }]);
    }
  });
});

describe('others in the database are in the way, and no client learns of it:', () => {
  /** The id of the series of a metadata that has one. */
  async function seriesOf(client: pg.Client, uri: string): Promise<number> {
    const text = 'SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata WHERE m.key = $1';
    const { rows } = await client.query<{ id: number }>(text, [uri.split('/').at(-2)]);
    return rows[0]!.id;
  }

  async function deadlocks(client: pg.Client): Promise<number> {
    const text = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';
    return (await client.query<{ deadlocks: number }>(text)).rows[0]!.deadlocks;
  }

  test('a deadlock, of which the write is the victim', async () => {
    const [server, one, watcher] = [await start(), await rival(), await rival()];
    const load = await WriteLoad.prepare(server, key);
    load.start([server]);
    await load.written();
    await load.stop();
    const before = await deadlocks(watcher);

    // A bin first and its series after it, which is the wrong order. A write holds the series and waits for the bin.
    await one.query("SET deadlock_timeout = '60s'"); // the other one is to notice first
    await one.query('BEGIN');
    const { rows } = await one.query<{ series: number }>('SELECT series FROM rollup FOR UPDATE');
    load.start([server]);
    await untilWaiting(watcher, 'INSERT INTO rollup');
    const ids = [...new Set(rows.map(({ series }) => series))];
    await one.query('SELECT FROM series WHERE id = ANY ($1) FOR UPDATE', [ids]);
    await one.query('COMMIT');
    await load.written();
    await load.stop();
    await until(async () => (await deadlocks(watcher)) > before);
    await load.verify(server);
    expect([...load.answers.keys()]).toEqual([201]);
  });

  test('a series that is held for longer than the lock time-out', async () => {
    const [server, one] = [await start(), await rival()];
    const uri = await server.register(key, 'throughput');
    await one.query('BEGIN');
    await one.query('SELECT FROM series WHERE id = $1 FOR UPDATE', [await seriesOf(one, uri)]);
    const answer = server.json(201, 'POST', `${uri}throughput/base`, { key, body: { ts: 1, val: 1 } });
    // The write queue waits for 4 seconds at a time.
    await sleep(6000);
    await one.query('ROLLBACK');
    await answer;
    expect(await server.points(uri, 'throughput')).toContainEqual([1, 1]);
  });

  test('a lock time-out of the database, while a chunk is made', async () => {
    const [one, watcher] = [await rival(), await rival()];
    await one.query("ALTER ROLE marigram SET lock_timeout = '300ms'");
    try {
      const server = await start();
      const uri = await server.register(key, 'throughput');
      await one.query('BEGIN');
      await one.query('LOCK TABLE point IN SHARE UPDATE EXCLUSIVE MODE');
      const ts = 900_000_000;
      const answer = server.json(201, 'POST', `${uri}throughput/base`, { key, body: { ts, val: 1 } });
      await untilWaiting(watcher, 'LOCK TABLE point');
      await sleep(500);
      await one.query('ROLLBACK');
      await answer;
      expect(await server.points(uri, 'throughput')).toContainEqual([ts, 1]);
    } finally {
      await one.query('ALTER ROLE marigram RESET lock_timeout');
    }
  });
});

/**
 * The server never asks its own machine for the time of day where data depend on it: "now" is the database's. So a step
 * of its clock is tried in full: its process is given a clock that jumps on a signal. (What is measured by a monotonic
 * clock cannot jump, on a real machine neither.) A step of the database's clock would need another kernel: what it comes
 * to is that stored times lie in the future, and that can be made.
 */
describe('the clock steps back', () => {
  const DAY = 86_400;
  const JUMPING_CLOCK = `
    const Real = Date;
    let shift = 0;
    process.on('SIGUSR2', () => (shift -= ${DAY}000));
    globalThis.Date = class extends Real {
      constructor(...args) { super(...(args.length === 0 ? [Real.now() + shift] : args)); }
      static now() { return Real.now() + shift; }
    };`;
  const [node, ...program] = SERVER;
  const COMMAND = [node, '--import', `data:text/javascript,${encodeURIComponent(JUMPING_CLOCK)}`, ...program] as const;

  interface Registered {
    'event-types': { 'event-type': string; 'time-updated': number | null }[];
  }

  test('by a day on the server: ranges of time, the last update and the keys go by the database', async () => {
    const server = await start(database.url, COMMAND);
    const env = { DATABASE_URL: database.url };
    const issued = await sandbox.run([...MARIGRAM, 'key', 'issue', 'leaver'], env);
    const [, id = '', token = ''] = /^Issued key (\d+) [^]*\nKey: ([0-9a-f]{40})\n$/.exec(issued.stdout)!;
    const uri = await server.register(token, 'packet-loss-rate');
    const now = Math.floor(Date.now() / 1000);
    const write = (ts: number) =>
      server.json(201, 'POST', `${uri}packet-loss-rate/base`, {
        key: token,
        body: { ts, val: { numerator: 0, denominator: 9 } },
      });
    const updated = async (): Promise<number> => {
      const { 'event-types': all } = await server.json<Registered>(200, 'GET', uri);
      return all.find((one) => one['event-type'] === 'packet-loss-rate')!['time-updated']!;
    };
    await write(now - 20);
    const before = await updated();
    expect(before).toBeGreaterThanOrEqual(now);

    server.program.signal('SIGUSR2');
    // The log tells the time of the server: its clock has really jumped.
    await until(async () => {
      await server.fetch('GET', '/nowhere');
      const whole = lines(server.program.stderr.slice(0, server.program.stderr.lastIndexOf('\n') + 1));
      return whole.some((line) => Number(Object(JSON.parse(line)).time) < (now - DAY / 2) * 1000);
    });
    await write(now - 10);
    expect(await updated()).toBeGreaterThanOrEqual(before);
    const recent = await server.json<{ ts: number }[]>(200, 'GET', `${uri}packet-loss-rate/base?time-range=3600`);
    expect(recent.map(({ ts }) => ts)).toEqual([now - 20, now - 10]);
    expect((await server.json<unknown[]>(200, 'GET', `${server.archive}?time-range=3600`)).length).toBeGreaterThan(0);
    // What is kept of a key for a moment is not kept for a day.
    await sandbox.run([...MARIGRAM, 'key', 'revoke', id], env);
    await until(async () => (await server.fetch('POST', server.archive, { key: token, body: {} })).status === 401);
  });

  test('on the database: the last update does not', async () => {
    const [server, one] = [await start(), await rival()];
    const uri = await server.register(key, 'packet-trace');
    const ahead = Math.floor(Date.now() / 1000) + DAY;
    const text = `UPDATE series SET time_updated = to_timestamp($1)
                  FROM metadata m WHERE m.id = metadata AND m.key = $2 AND event_type = 'packet-trace'`;
    await one.query(text, [ahead, uri.split('/').at(-2)]);
    await server.json(201, 'POST', `${uri}packet-trace/base`, { key, body: { ts: ahead - 10, val: [] } });
    const answer = await server.json<{ 'time-updated': number }[]>(200, 'GET', `${uri}packet-trace/`);
    expect(answer[0]!['time-updated']).toBe(ahead);
    const points = await server.json<unknown[]>(200, 'GET', `${uri}packet-trace/base?time=${ahead - 10}`);
    expect(points).toHaveLength(1);
  });
});
