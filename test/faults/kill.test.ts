import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../../src/embedded-postgres/process-identity.js';
import { LineLoad } from '../support/line-load.js';
import { WriteLoad } from '../support/load.js';
import { MARIGRAM, postgresOf, postgresUrlOf, Sandbox, until } from '../support/process.js';
import { RuleLoad } from '../support/rule-load.js';
import { SessionLoad } from '../support/session-load.js';

const ROUNDS = 20;
const PACKING_ROUNDS = 6;

/** How often each kill is tried under these writers, and under values that rules judge: enough to meet most moments over some runs. */
const LOAD_ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);

let sandbox: Sandbox;
beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

test(`SIGKILL of the server under writes, ${ROUNDS} times: all acknowledged points are there, and counted once`, async () => {
  const env = { DATA_DIR: sandbox.directory() };
  let server = await sandbox.start(env);
  const load = await WriteLoad.prepare(server, await sandbox.issueKey(env));
  for (let round = 1; round <= ROUNDS; round++) {
    load.start([server]);
    await load.written();
    // Somewhere within the few milliseconds that a transaction takes.
    await sleep(Math.random() * 20);
    server.program.signal('SIGKILL');
    await load.stop();
    expect((await server.program.ended).code).toBe('SIGKILL');
    server = await sandbox.start(env);
    await load.verify(server);
  }
  expect(load.answers.get(503)).toBeUndefined();
  expect(await server.stop()).toMatchObject({ code: 0 });
});

test(`SIGKILL while points are packed under writes, ${PACKING_ROUNDS} times: nothing is lost, nothing is there twice`, async () => {
  const env = { DATA_DIR: sandbox.directory() };
  let server = await sandbox.start(env);
  const load = await WriteLoad.prepare(server, await sandbox.issueKey(env));
  for (let round = 1; round <= PACKING_ROUNDS; round++) {
    const watcher = new pg.Client(postgresUrlOf(env.DATA_DIR));
    watcher.on('error', () => undefined);
    await watcher.connect();
    load.start([server]);
    await load.written();
    const { rows } = await watcher.query<{ now: string }>('SELECT clock_timestamp()::text AS now');
    const packer = sandbox.launch([...MARIGRAM, 'pack', '--all'], env);
    const isPacking = async (): Promise<boolean> => {
      const { rowCount } = await watcher.query(
        `SELECT FROM pg_stat_activity WHERE backend_start > $1 AND pid <> pg_backend_pid()
         AND query ~ 'SKIP LOCKED|HAVING|segment|point'`,
        [rows[0]!.now],
      );
      return rowCount !== 0 || !packer.isGroupAlive;
    };
    await until(isPacking);
    // Somewhere within the transactions of a few milliseconds; in every other round, the server goes, too.
    await sleep(Math.random() * 60);
    packer.signal('SIGKILL');
    if (round % 2 === 0) server.program.signal('SIGKILL');
    await packer.ended;
    if (round % 2 === 1) await load.written(10);
    await load.stop();
    await watcher.end().catch(() => undefined);
    if (round % 2 === 0) {
      await server.program.ended;
      server = await sandbox.start(env);
    }
    await load.verify(server);
  }
  for (const command of [['pack', '--all'], ['verify']])
    expect(await sandbox.run([...MARIGRAM, ...command], env)).toMatchObject({ code: 0, stderr: '' });
  const { stdout } = await sandbox.run([...MARIGRAM, 'pack', '--all'], env);
  expect(stdout).toMatch(/^Packed 0 points\./);
  await load.verify(server);
  expect(await server.stop()).toMatchObject({ code: 0 });
});

test('SIGKILL of PostgreSQL under writes: it runs again without a restart of the server, and has all points', async () => {
  const env = { DATA_DIR: sandbox.directory() };
  const server = await sandbox.start(env);
  const load = await WriteLoad.prepare(server, await sandbox.issueKey(env));
  load.start([server]);
  for (let round = 1; round <= 3; round++) {
    await load.written();
    const postgres = postgresOf(env.DATA_DIR)!;
    process.kill(postgres.pid, 'SIGKILL');
    await until(() => !isAlive(postgres) && postgresOf(env.DATA_DIR) !== undefined);
  }
  await load.written();
  await load.stop();
  await load.verify(server);
  expect(await server.stop()).toMatchObject({ code: 0 });
});

test.each([
  ['the server', 'a session', SessionLoad],
  ['PostgreSQL', 'a session', SessionLoad],
  ['the server', 'line protocol', LineLoad],
  ['PostgreSQL', 'line protocol', LineLoad],
] as const)(
  `SIGKILL of %s under writers of %s, ${LOAD_ROUNDS} times: no point is lost, each counts once`,
  async (victim, _, Load) => {
    const env = { DATA_DIR: sandbox.directory() };
    const load = await Load.prepare(await sandbox.start(env), await sandbox.issueKey(env));
    load.start();
    for (let round = 1; round <= LOAD_ROUNDS; round++) {
      await load.written();
      // Somewhere within the few milliseconds that a transaction takes.
      await sleep(Math.random() * 20);
      if (victim === 'the server') {
        load.server.program.signal('SIGKILL');
        expect((await load.server.program.ended).code).toBe('SIGKILL');
        load.server = await sandbox.start(env);
      } else {
        const postgres = postgresOf(env.DATA_DIR)!;
        process.kill(postgres.pid, 'SIGKILL');
        await until(() => !isAlive(postgres) && postgresOf(env.DATA_DIR) !== undefined);
      }
    }
    await load.written();
    await load.finish();
    await load.verify();
    expect(await sandbox.run([...MARIGRAM, 'verify'], env)).toMatchObject({ code: 0, stderr: '' });
    expect(await load.server.stop()).toMatchObject({ code: 0 });
  },
);

test.each(['the only server', 'one of two servers', 'PostgreSQL'])(
  `SIGKILL of %s while values are judged by a rule, ${LOAD_ROUNDS} times: each point counts once`,
  async (victim) => {
    const env = { DATA_DIR: sandbox.directory() };
    const servers = [await sandbox.start(env)];
    const load = await RuleLoad.prepare(servers[0]!, sandbox, env);
    const second = { DATABASE_URL: postgresUrlOf(env.DATA_DIR) };
    if (victim === 'one of two servers') servers.push(await sandbox.start(second));
    const last = servers.length - 1;
    const kill = async (): Promise<void> => {
      if (victim === 'PostgreSQL') {
        const postgres = postgresOf(env.DATA_DIR)!;
        process.kill(postgres.pid, 'SIGKILL');
        await until(() => !isAlive(postgres) && postgresOf(env.DATA_DIR) !== undefined);
      } else {
        servers[last]!.program.signal('SIGKILL');
        await servers[last]!.program.ended;
        servers[last] = await sandbox.start(last === 0 ? env : second);
      }
    };
    const kills = new Set(Array.from({ length: LOAD_ROUNDS }, () => Math.floor(Math.random() * load.requests.length)));
    for (const number of load.requests.keys()) {
      let attempts = 0;
      const posting = load.post(number, () => servers[(number + attempts++) % servers.length]!);
      // Somewhere within the few milliseconds that a transaction takes.
      if (kills.has(number)) await sleep(Math.random() * 10).then(kill);
      await posting;
    }
    await load.verify(servers[0]!);
    for (const server of servers.toReversed()) expect(await server.stop()).toMatchObject({ code: 0 });
  },
);

test('SIGTERM during bulk writes: each is acknowledged or absent, and the server ends with exit code 0', async () => {
  const env = { DATA_DIR: sandbox.directory() };
  const server = await sandbox.start(env);
  const key = await sandbox.issueKey(env);
  const load = await WriteLoad.prepare(server, key);
  const uri = await server.register(key, 'throughput', 'failures');
  const bulks = Array.from({ length: 6 }, async (_, number) => {
    const first = 1_600_000_000 + number * 20_000;
    const data = Array.from({ length: 20_000 }, (_, index) => ({
      ts: first + index,
      val: [{ 'event-type': 'throughput', val: number }],
    }));
    const answer = await server.fetch('PUT', uri, { key, body: { data } }).catch(() => undefined);
    return { first, status: answer?.status ?? 0 };
  });
  load.start([server]);
  await load.written(5);
  // The grace for requests in flight is 10 seconds; the rest is for closing the database on a busy machine.
  const ending = await Promise.race([server.stop(), sleep(60_000)]);
  expect(ending).toMatchObject({ code: 0 });
  await load.stop();

  const next = await sandbox.start(env);
  await load.verify(next);
  const stored = new Map(await next.points(uri, 'throughput'));
  for (const { first, status } of await Promise.all(bulks)) {
    const count = Array.from({ length: 20_000 }, (_, index) => first + index).filter((ts) => stored.has(ts)).length;
    expect(status === 201 ? [20_000] : [0, 20_000], `status ${status}`).toContain(count);
  }
  expect(await next.stop()).toMatchObject({ code: 0 });
});
