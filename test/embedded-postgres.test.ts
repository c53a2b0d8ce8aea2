import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { EmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { findBinaries, healSymlinks } from '../src/embedded-postgres/pg-binaries.js';

const isRoot = process.getuid?.() === 0;
const built = new URL('../dist/src/embedded-postgres/embedded-postgres.js', import.meta.url).href;

/** A data directory with a cluster, for the tests that are not about making one. */
let template: string;
let dataDir: string;
let children: ChildProcess[];
let started: EmbeddedPostgres[];

beforeAll(async () => {
  template = realpathSync(mkdtempSync(join(tmpdir(), 'marigram-pg-')));
  await (await EmbeddedPostgres.start({ dataDir: template, role: 'server' })).stop();
});

afterAll(() => {
  rmSync(template, { recursive: true, force: true });
});

beforeEach(() => {
  dataDir = realpathSync(mkdtempSync(join(tmpdir(), 'marigram-pg-')));
  children = [];
  started = [];
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map(ended));
  for (const database of started) await database.stop();
  // What a killed child left behind is taken over, and stopped with it.
  if (postmasterPid() !== undefined) await (await EmbeddedPostgres.start({ dataDir, role: 'server' })).stop();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
});

function haveCluster(): void {
  execFileSync('cp', ['-a', `${template}/.`, dataDir]);
}

async function start(role: 'server' | 'tool', events?: string[]): Promise<EmbeddedPostgres> {
  const onEvent = events && ((message: string) => void events.push(message));
  const database = await EmbeddedPostgres.start({ dataDir, role, onEvent });
  started.push(database);
  return database;
}

/** The same in another process, which can be killed. */
async function startElsewhere(role: 'server' | 'tool', ids: { uid?: number; gid?: number } = {}) {
  const child = launch(role, ids);
  const line = await firstLine(child);
  return {
    url: line,
    kill: async () => {
      child.kill('SIGKILL');
      await ended(child);
    },
    stop: async () => {
      child.stdin!.end();
      await ended(child);
    },
  };
}

/** @param stops `never`: the process has nothing more to do after the start, and does not stop the database. */
function launch(
  role: 'server' | 'tool',
  ids: { uid?: number; gid?: number } = {},
  stops: 'when told' | 'never' = 'when told',
): ChildProcess {
  const script = `
    const { EmbeddedPostgres } = await import(${JSON.stringify(built)});
    const role = ${JSON.stringify(role)};
    try {
      const database = await EmbeddedPostgres.start({ dataDir: ${JSON.stringify(dataDir)}, role });
      console.log(database.url);
      if (${String(stops === 'when told')}) {
        for await (const _ of process.stdin);
        await database.stop();
      }
    } catch (error) {
      console.log(error.constructor.name + ': ' + error.message);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
    ...ids,
  });
  children.push(child);
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error('The child said nothing.');
}

async function query(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

/** Repeats until the database answers. */
async function queryUntilUp(url: string, sql: string): Promise<unknown> {
  for (;;) {
    try {
      return await query(url, sql);
    } catch {
      await sleep(20);
    }
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

function postmasterPid(): number | undefined {
  const file = join(dataDir, 'postgres', 'postmaster.pid');
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined;
}

test('makes a database, keeps it for the next start, and lets nobody but its user in', async () => {
  const first = await start('server');
  expect(first.version).toMatch(/^\d+$/);
  await query(first.url, "CREATE TABLE kept AS SELECT 'value' AS v");
  expect(await query(first.url, "SELECT string_agg(x, ' ' ORDER BY x) FROM unnest('{b,a,ä,B}'::text[]) x")).toBe(
    'B a b ä',
  );
  expect(await query(first.url, 'SHOW data_checksums')).toBe('on');
  expect(await query(first.url, 'SHOW listen_addresses')).toBe('127.0.0.1');
  await expect(query(first.url.replace(/:[^:@]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow('password');
  await first.stop();
  await first.stop();
  await expect(query(first.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  expect(postmasterPid()).toBeUndefined();

  const second = await start('server');
  expect(await query(second.url, 'SELECT v FROM kept')).toBe('value');
  for (const name of ['postgres.password', 'postgres.log', 'postgres', 'locks']) {
    expect(statSync(join(dataDir, name)).mode & 0o077, name).toBe(0);
  }
});

test('settings apply from the next start on', async () => {
  haveCluster();
  const settings = { max_connections: '7' };
  const first = await EmbeddedPostgres.start({ dataDir, role: 'server', settings });
  expect(await query(first.url, 'SHOW max_connections')).toBe('7');
  await first.stop();
  expect(await query((await start('server')).url, 'SHOW max_connections')).toBe('100');
});

test('a server adopts the database of a killed one, and stops it in the end', async () => {
  haveCluster();
  const killed = await startElsewhere('server');
  const pid = postmasterPid();
  await killed.kill();
  expect(await query(killed.url, 'SELECT 1')).toBe(1);

  const adopter = await start('server');
  expect(adopter.url).toBe(killed.url);
  expect(postmasterPid()).toBe(pid);
  await adopter.stop();
  expect(postmasterPid()).toBeUndefined();
});

test.each(['its own', 'an adopted'])(
  'a server starts %s database again on the same port when it dies',
  async (whose) => {
    haveCluster();
    if (whose === 'an adopted') await (await startElsewhere('server')).kill();
    const events: string[] = [];
    const server = await start('server', events);
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    for (let death = 1; death <= 2; death++) {
      const pid = postmasterPid()!;
      process.kill(pid, 'SIGKILL');
      await until(() => events.filter((event) => event.includes('runs again')).length === death);
      expect(await query(server.url, 'SELECT 1')).toBe(1);
      expect(postmasterPid()).not.toBe(pid);
    }
    await client.end();
  },
);

test('stop() while the database is being started again leaves none behind', async () => {
  haveCluster();
  const events: string[] = [];
  const server = await start('server', events);
  process.kill(postmasterPid()!, 'SIGKILL');
  await until(() => events.length > 0);
  await server.stop();
  await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
});

test('starts after server and database were killed, even while a connection of the dead database works on', async () => {
  haveCluster();
  const killed = await startElsewhere('server');
  await query(killed.url, 'CREATE TABLE kept AS SELECT 1 AS v');
  // Only computing, it does not see that its postmaster is gone, and keeps the shared memory.
  const orphan = query(killed.url, 'SELECT count(*) FROM generate_series(1, 6000000)').catch(() => undefined);
  await queryUntilUp(killed.url, "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%generate_series(1, 6%'");
  const pid = postmasterPid()!;
  await killed.kill();
  process.kill(pid, 'SIGKILL');
  const server = await start('server');
  expect(postmasterPid()).not.toBe(pid);
  expect(await query(server.url, 'SELECT v FROM kept')).toBe(1);
  await orphan;
});

test('starts after a kill during initdb', async () => {
  const child = launch('server');
  await until(() => readdirSync(dataDir).some((name) => name.startsWith('postgres.init-')));
  child.kill('SIGKILL');
  await ended(child);
  const server = await start('server');
  expect(await query(server.url, 'SELECT 1')).toBe(1);
});

test('starts although the pid of the dead database now belongs to another program', async () => {
  haveCluster();
  writeFileSync(join(dataDir, 'postgres', 'postmaster.pid'), `${process.pid}\n${dataDir}\n1\n5432\n\n\n\nready\n`);
  expect(await query((await start('server')).url, 'SELECT 1')).toBe(1);
});

test('a second server is refused, also when both start at the same moment', async () => {
  const lines = await Promise.all([1, 2, 3, 4].map(() => firstLine(launch('server'))));
  expect(lines.filter((line) => line.startsWith('postgres://'))).toHaveLength(1);
  const refused = lines.filter((line) => !line.startsWith('postgres://'));
  for (const line of refused) expect(line).toMatch(/^OperatorError: .*server .*stop it, or choose another DATA_DIR/);
  await expect(start('server')).rejects.toThrow('already runs');
});

test('one of many servers that find the lock of a dead one gets it', async () => {
  haveCluster();
  await (await startElsewhere('server')).kill();
  const lines = await Promise.all([1, 2, 3, 4].map(() => firstLine(launch('server'))));
  expect(lines.filter((line) => line.startsWith('postgres://'))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith('OperatorError'))).toHaveLength(3);
});

test('a tool beside a server uses its database and leaves it running', async () => {
  haveCluster();
  const server = await start('server');
  const tool = await start('tool');
  expect(tool.url).toBe(server.url);
  await tool.stop();
  expect(await query(server.url, 'SELECT 1')).toBe(1);
});

test('a tool leaves the database of a killed server running', async () => {
  haveCluster();
  const killed = await startElsewhere('server');
  await killed.kill();
  const tool = await start('tool');
  expect(tool.url).toBe(killed.url);
  await tool.stop();
  expect(await query(killed.url, 'SELECT 1')).toBe(1);
});

test('a tool on its own starts the database and stops it', async () => {
  haveCluster();
  const tool = await start('tool');
  expect(await query(tool.url, 'SELECT 1')).toBe(1);
  await tool.stop();
  expect(postmasterPid()).toBeUndefined();
});

test('of several tools the last one stops the database', async () => {
  const [first, second, third] = await Promise.all([start('tool'), start('tool'), startElsewhere('tool')]);
  await first.stop();
  await third.stop();
  expect(await query(second.url, 'SELECT 1')).toBe(1);
  await second.stop();
  expect(postmasterPid()).toBeUndefined();
});

test('a server takes the database over from a tool', async () => {
  haveCluster();
  const tool = await start('tool');
  const server = await start('server');
  expect(server.url).toBe(tool.url);
  await tool.stop();
  expect(await query(server.url, 'SELECT 1')).toBe(1);
  await server.stop();
  expect(postmasterPid()).toBeUndefined();
});

test('tools that come and go all the time do not break each other', async () => {
  haveCluster();
  const use = async (): Promise<void> => {
    for (let i = 0; i < 8; i++) {
      const tool = await start('tool');
      expect(await query(tool.url, 'SELECT 1')).toBe(1);
      await tool.stop();
    }
  };
  await Promise.all([use(), use(), use()]);
  expect(postmasterPid()).toBeUndefined();
});

test('servers and tools that come and go all the time always get a database', async () => {
  haveCluster();
  const use = async (role: 'server' | 'tool'): Promise<void> => {
    for (let i = 0; i < 8; i++) {
      const database = await start(role);
      // A tool loses the database when a server stops it, so that only the server is sure to reach it.
      if (role === 'server') expect(await queryUntilUp(database.url, 'SELECT 1')).toBe(1);
      await database.stop();
    }
  };
  await Promise.all([use('server'), use('tool'), use('tool')]);
  expect(postmasterPid()).toBeUndefined();
});

test('a process that ends without stop() is not kept alive and leaves the database running', async () => {
  haveCluster();
  const child = launch('server', {}, 'never');
  const url = await firstLine(child);
  await ended(child);
  expect(child.exitCode).toBe(0);
  expect((await start('server')).url).toBe(url);
});

test('a database of another major version is refused with both versions and the remedy', async () => {
  haveCluster();
  const file = join(dataDir, 'postgres', 'PG_VERSION');
  const version = readFileSync(file, 'utf8');
  writeFileSync(file, '9\n');
  await expect(start('server')).rejects.toThrow(/PostgreSQL 9, but .* is PostgreSQL \d+: set PG_BIN_DIR/);
  writeFileSync(file, version);
  await start('server');
});

test('a directory of other files is not taken for a database', async () => {
  mkdirSync(join(dataDir, 'postgres'));
  writeFileSync(join(dataDir, 'postgres', 'letter.txt'), '');
  await expect(start('server')).rejects.toThrow('holds files but no database');
});

test('a PG_BIN_DIR without PostgreSQL is refused', async () => {
  await expect(EmbeddedPostgres.start({ dataDir, pgBinDir: dataDir, role: 'server' })).rejects.toThrow('PG_BIN_DIR');
});

const installed = ['15', '16', '17', '18'].map((major) => `/usr/lib/postgresql/${major}/bin`).filter(existsSync);

test.runIf(installed.length > 0)('PG_BIN_DIR chooses an installed PostgreSQL', async () => {
  const pgBinDir = installed[0]!;
  const database = await EmbeddedPostgres.start({ dataDir, pgBinDir, role: 'server' });
  expect(await query(database.url, 'SHOW server_version')).toContain(database.version);
  expect(pgBinDir).toContain(database.version);
  await database.stop();
});

test('what PostgreSQL complains about is told', async () => {
  haveCluster();
  const settings = { max_connections: 'many' };
  await expect(EmbeddedPostgres.start({ dataDir, role: 'server', settings })).rejects.toThrow(
    /does not start in .*max_connections.*: see .*postgres\.log/,
  );
  await start('server');
});

test('missing library links are made', () => {
  const original = dirname(
    dirname(createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
  );
  const copy = join(dataDir, 'package');
  cpSync(original, copy, { recursive: true, verbatimSymlinks: true });
  const list = JSON.parse(readFileSync(join(copy, 'native', 'pg-symlinks.json'), 'utf8')) as { target: string }[];
  for (const { target } of list) {
    if (lstatSync(join(copy, target), { throwIfNoEntry: false }) !== undefined) unlinkSync(join(copy, target));
  }
  chmodSync(join(copy, 'native', 'bin', 'postgres'), 0o644);
  if (list.length > 0) expect(() => findBinaries(join(copy, 'native', 'bin'))).toThrow('does not run');
  healSymlinks(copy);
  expect(findBinaries(join(copy, 'native', 'bin')).major).toBe(findBinaries().major);
});

// Giving a directory to somebody else, or running as somebody else, takes root.
test.runIf(isRoot)("another user's directory is refused", async () => {
  chownSync(dataDir, 12345, 12345);
  const nobody = { uid: 65534, gid: 65534 };
  expect(await firstLine(launch('server', nobody))).toMatch(/^OperatorError: .* belongs to the user with the id 12345/);
});

test.runIf(isRoot)('an ordinary user runs it too, and root beside', async () => {
  const nobody = { uid: 65534, gid: 65534 };
  chownSync(dataDir, nobody.uid, nobody.gid);
  const server = await startElsewhere('server', nobody);
  const tool = await start('tool');
  expect(tool.url).toBe(server.url);
  await tool.stop();
  await server.stop();
  expect(postmasterPid()).toBeUndefined();
  await (await start('server')).stop();
  await (await startElsewhere('server', nobody)).stop();
});

test.runIf(isRoot)(
  'as root, a directory that the user of PostgreSQL cannot reach is refused with another',
  async () => {
    const parent = dataDir;
    dataDir = join(parent, 'data');
    await expect(start('server')).rejects.toThrow(/cannot enter (\S+) .*choose another DATA_DIR, such as \/var\/lib/);
    chmodSync(parent, 0o711);
    await (await start('server')).stop();
    dataDir = parent;
  },
);

test.runIf(isRoot)('as root, programs that the user of PostgreSQL cannot reach are copied', async () => {
  haveCluster();
  const closed = realpathSync(mkdtempSync(join(tmpdir(), 'marigram-closed-')));
  try {
    const home = dirname(findBinaries().binDir);
    for (const part of ['bin', 'lib', 'share']) execFileSync('cp', ['-a', join(home, part), closed]);
    const options = { dataDir, role: 'server', pgBinDir: join(closed, 'bin') } as const;
    chmodSync(dataDir, 0o711);
    await (await EmbeddedPostgres.start(options)).stop();
    expect(readdirSync(join(dataDir, 'programs'))).toEqual([findBinaries().version]);
  } finally {
    rmSync(closed, { recursive: true, force: true });
  }
});
