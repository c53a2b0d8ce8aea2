import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EmbeddedPostgres } from '../src/embedded-postgres/embedded-postgres.js';
import { isAlive } from '../src/embedded-postgres/process-identity.js';
import { CuttingProxy } from './support/cutting-proxy.js';
import {
  type Command,
  type Ending,
  freePort,
  lines,
  MARIGRAM,
  postgresOf,
  postgresUrlOf,
  ROOT,
  type RunningServer,
  Sandbox,
  SERVER,
  until,
} from './support/process.js';

const NPM_START: Command = ['npm', 'start'];
const isRoot = process.getuid?.() === 0;

/** A data directory in which the server has run once, and the key that was issued there. */
let made: { readonly dataDir: string; readonly key: string };
const lasting = new Sandbox();
let sandbox: Sandbox;

beforeAll(async () => {
  const dataDir = lasting.directory();
  made = { dataDir, key: await lasting.issueKey({ DATA_DIR: dataDir }) };
});
afterAll(() => lasting.dispose());

beforeEach(() => {
  sandbox = new Sandbox();
});
afterEach(() => sandbox.dispose());

/** A copy of the data directory in which the server has run once: saves making a database. */
function usedDirectory(): string {
  const directory = sandbox.directory();
  execFileSync('cp', ['-a', `${made.dataDir}/.`, directory]);
  return directory;
}

/** The one sentence with which a program ended that could not start. */
function refusal({ code, stdout, stderr }: Ending): string {
  const said = lines(stderr).filter((line) => !line.startsWith('{'));
  expect(said, stderr).toHaveLength(1);
  expect(said[0]).toMatch(/^marigram: .+\.$/);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return said[0]!;
}

/** The entries of a server's log, of which every line is JSON. */
function logOf({ program }: RunningServer): Record<string, unknown>[] {
  const whole = program.stderr.slice(0, program.stderr.lastIndexOf('\n') + 1);
  return lines(whole).map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('the first start', () => {
  test('says where it listens, where its reference and the data are, and which command issues a key', async () => {
    const env = { DATA_DIR: sandbox.directory() };
    const first = await sandbox.start(env);
    const [, command = ''] = await first.program.line(/no API key yet; issue one with: (.*)$/);
    expect(await first.stop()).toMatchObject({ code: 0 });
    expect(lines(first.program.stdout)).toEqual([
      expect.stringMatching(/^Marigram listens on http:\/\/127\.0\.0\.1:\d+\/esmond\/perfsonar\/archive\/$/),
      `The reference of its API is at ${first.origin}/docs`,
      `The data are in ${env.DATA_DIR}`,
      expect.stringContaining('key issue'),
    ]);

    const issued = await sandbox.run(['sh', '-c', command.replace('USER', 'pS_user')], env);
    expect(issued).toMatchObject({ code: 0, stderr: '' });
    expect(issued.stdout).toContain('to pS_user with scope write');
    expect(lines(issued.stdout).at(-1)).toMatch(/^Key: [0-9a-f]{40}$/);

    const second = await sandbox.start(env);
    const key = lines(issued.stdout).at(-1)!.slice('Key: '.length);
    expect(await second.register(key, 'throughput')).toMatch(/^\/esmond\/perfsonar\/archive\/[0-9a-f]{32}\/$/);
    await second.stop();
    expect(lines(second.program.stdout)).toHaveLength(3);
  });

  test('without DATA_DIR the data are in ./data', async () => {
    const cwd = sandbox.directory();
    const server = await sandbox.start({}, SERVER, { cwd });
    await server.program.line(new RegExp(`^The data are in ${cwd}/data$`));
    expect(await server.readiness()).toBe(200);
    await server.stop();
  });

  test.runIf(isRoot)('works for an ordinary user too', async () => {
    const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, 'nobody'])));
    const dataDir = sandbox.directory();
    chownSync(dataDir, uid!, gid!);
    const server = await sandbox.start({ DATA_DIR: dataDir, HOME: '/' }, SERVER, { uid: uid!, gid: gid! });
    expect(await server.readiness()).toBe(200);
    expect(await server.stop()).toMatchObject({ code: 0 });
  });
});

describe('keys', () => {
  const shared = new Sandbox();
  let env: { DATA_DIR: string };
  let server: RunningServer;
  beforeAll(async () => {
    env = { DATA_DIR: shared.directory() };
    server = await shared.start(env);
  });
  afterAll(() => shared.dispose());

  const key = (...args: string[]): Promise<Ending> => shared.run([...MARIGRAM, 'key', ...args], env);

  /** The status of a write with this key. */
  const write = async (token: string): Promise<number> =>
    (await server.fetch('POST', server.archive, { key: token, body: '{}' })).status;

  test('a key that is issued beside the running server works at once, and only its SHA-256 is stored', async () => {
    const issued = await key('issue', 'pS_user', '--scope', 'write');
    expect(issued).toMatchObject({ code: 0, stderr: '' });
    const [, token = ''] = /\nKey: ([0-9a-f]{40})\n$/.exec(issued.stdout)!;
    expect(await write(token)).toBe(400);

    const digest = createHash('sha256').update(token).digest('hex');
    const found = `SELECT row_to_json(k)::text AS row FROM api_key k WHERE encode(digest, 'hex') = '${digest}'`;
    const rows = await query<{ row: string }>(postgresUrlOf(env.DATA_DIR), found);
    expect(rows).toHaveLength(1);
    expect(rows[0]!.row).not.toContain(token);
  });

  test('a revoked key stops working in the running server', async () => {
    const issued = await key('issue', 'leaver');
    const [, id = '', token = ''] = /^Issued key (\d+) to leaver[^]*\nKey: ([0-9a-f]{40})\n$/.exec(issued.stdout)!;
    expect(await write(token)).toBe(400);

    expect(await key('revoke', id)).toMatchObject({ code: 0, stdout: `Revoked key ${id} of leaver.\n`, stderr: '' });
    await until(async () => (await write(token)) === 401);
    expect(refusal(await key('revoke', id))).toContain(`no working key ${id}`);

    const { stdout } = await key('list');
    expect(lines(stdout)[0]).toMatch(/^ID +USER +SCOPE +CREATED +EXPIRES +LAST USED +FROM +ONLY +STATE$/);
    expect(stdout).toMatch(
      new RegExp(`^${id} +leaver +write +[-0-9]+ [:0-9]+Z +- .* - +revoked [-0-9]+ [:0-9]+Z$`, 'm'),
    );
    expect(stdout).not.toContain(token);
  });

  test('a key with scope read may not write', async () => {
    const issued = await key('issue', 'reader', '--scope', 'read');
    expect(await write(issued.stdout.trimEnd().slice(-40))).toBe(403);
  });

  test.each([
    ['an unknown scope', ['issue', 'somebody', '--scope', 'root'], 'Allowed choices are read, write, admin'],
    ['a user with a blank', ['issue', 'some body'], 'without blanks and colons'],
    ['a user with a colon', ['issue', 'some:body'], 'without blanks and colons'],
    ['no user', ['issue'], "missing required argument 'user'"],
    ['an id that is no number', ['revoke', 'one'], 'Expected the number of a key'],
    ['an id that no key has', ['revoke', '999999'], 'There is no working key 999999'],
    ['an unknown command', ['rename', '1'], "unknown command 'rename'"],
  ])('%s is refused by name and issues nothing', async (_what, args, message) => {
    // Not the whole list: a server notes by and by when its keys were used.
    const issued = async (): Promise<unknown[]> =>
      (JSON.parse((await key('list', '-o', 'json')).stdout) as { id: number }[]).map(({ id }) => id);
    const before = await issued();
    const { code, stdout, stderr } = await key(...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(await issued()).toEqual(before);
  });

  test('without a server the command starts the database and stops it again', async () => {
    const dataDir = sandbox.directory();
    const issued = await sandbox.run(
      ['npm', 'run', '-s', 'marigram', '--', 'key', 'issue', 'pS_user', '--scope', 'write'],
      { DATA_DIR: dataDir },
    );
    expect(issued.code).toBe(0);
    expect(lines(issued.stdout).at(-1)).toMatch(/^Key: [0-9a-f]{40}$/);
    expect(postgresOf(dataDir)).toBeUndefined();
    expect((await sandbox.run([...MARIGRAM, 'key', 'list'], { DATA_DIR: dataDir })).stdout).toMatch(/^1 +pS_user/m);
  });
});

describe('the configuration', () => {
  test.runIf(process.platform === 'linux')('HOST, PORT and PATH_PREFIX say where the archive is', async () => {
    const PORT = await freePort();
    const server = await sandbox.start({
      DATA_DIR: usedDirectory(),
      HOST: '127.0.0.2',
      PATH_PREFIX: '/measurements/of',
      PORT,
    });
    expect(server.origin).toBe(`http://127.0.0.2:${PORT}`);
    expect(server.archive).toBe('/measurements/of/perfsonar/archive/');
    expect(await server.json(200, 'GET', server.archive)).toEqual([]);
    expect((await server.fetch('GET', '/esmond/perfsonar/archive/')).status).toBe(404);
    await expect(fetch(`http://127.0.0.1:${PORT}/health/live`)).rejects.toThrow('fetch failed');
  });

  test.each([
    ['PORT', 'http'],
    ['BODY_LIMIT', 'much'],
    ['DATABASE_URL', 'mysql://root@localhost/archive'],
    ['DATABASE_URL', 'postgres://root:100%@localhost/archive'],
    ['CHUNK_INTERVAL', 'a month'],
  ])('%s=%s stops the start with a sentence that names it', async (name, value) => {
    const env = { DATA_DIR: sandbox.directory(), [name]: value };
    expect(refusal(await sandbox.run(SERVER, env))).toContain(`${name} must be`);
    expect(refusal(await sandbox.run([...MARIGRAM, 'key', 'list'], env))).toContain(`${name} must be`);
  });

  test('a CHUNK_INTERVAL other than the one of the archive is refused, the same one is not', async () => {
    const env = { DATA_DIR: sandbox.directory(), CHUNK_INTERVAL: '7d' };
    expect(await (await sandbox.start(env)).stop()).toMatchObject({ code: 0 });
    expect(refusal(await sandbox.run(SERVER, { ...env, CHUNK_INTERVAL: '8d' }))).toContain('CHUNK_INTERVAL');
    expect(postgresOf(env.DATA_DIR)).toBeUndefined();
    expect(await (await sandbox.start(env)).readiness()).toBe(200);
  });
});

describe('a start that cannot succeed ends with one sentence and leaves nothing running', () => {
  test('the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as AddressInfo;
      const env = { DATA_DIR: usedDirectory(), PORT: String(port) };
      expect(refusal(await sandbox.run(SERVER, env))).toMatch(new RegExp(`Port ${port} .* in use.*PORT`));
      expect(postgresOf(env.DATA_DIR)).toBeUndefined();
    } finally {
      other.close();
    }
  });

  test('another server uses the data directory', async () => {
    const env = { DATA_DIR: usedDirectory(), PORT: '0' };
    const first = await sandbox.start(env);
    expect(refusal(await sandbox.run(SERVER, env))).toMatch(/server .* already runs .*another DATA_DIR/);
    expect(await first.readiness()).toBe(200);
  });

  test('the data directory is of another major version of PostgreSQL', async () => {
    const env = { DATA_DIR: usedDirectory(), PORT: '0' };
    writeFileSync(join(env.DATA_DIR, 'postgres', 'PG_VERSION'), '14\n');
    expect(refusal(await sandbox.run(SERVER, env))).toMatch(/made by PostgreSQL 14, .*DATA_DIR/);
  });

  test.runIf(isRoot)('the data directory belongs to another user', async () => {
    const [uid, gid] = ['-u', '-g'].map((option) => Number(execFileSync('id', [option, 'nobody'])));
    const env = { DATA_DIR: usedDirectory(), PORT: '0' };
    const ending = await sandbox.run(SERVER, env, { uid: uid!, gid: gid! });
    expect(refusal(ending)).toContain(env.DATA_DIR);
  });

  test('the database cannot be reached', async () => {
    const env = { DATABASE_URL: `postgres://user:secret@127.0.0.1:${await freePort()}/archive`, PORT: '0' };
    const sentence = refusal(await sandbox.run(SERVER, env));
    expect(sentence).toMatch(/database at 127\.0\.0\.1:\d+\/archive cannot be reached.*DATABASE_URL/);
    expect(sentence).not.toContain('secret');
  });
});

describe('the connection to the database fails in the start', () => {
  const shared = new Sandbox();
  let database: EmbeddedPostgres;
  let proxy: CuttingProxy;
  beforeAll(async () => {
    database = await EmbeddedPostgres.start({ dataDir: shared.directory(), role: 'server' });
    await shared.issueKey({ DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await database.stop();
    await shared.dispose();
  });
  beforeEach(async () => {
    proxy = await CuttingProxy.open(database.url);
  });
  afterEach(() => {
    proxy.close();
  });

  test.each([
    ['the look at its version', 'server_version'],
    ['the lock of the migrations', 'advisory_lock'],
    ['the choice of the engine', 'shared_preload_libraries'],
    ['the migrations', 'FROM "migrations"'],
    ['the storage that was chosen', 'FROM "storage_info"'],
    ['the question for keys', 'FROM api_key'],
  ])('at %s: one sentence, and nothing is left running', async (_what, text) => {
    proxy.cutAt(text);
    const ending = await sandbox.run(SERVER, { DATABASE_URL: proxy.url, PORT: '0' });
    expect(proxy.cuts.get('anywhere')).toBeGreaterThan(0);
    expect(refusal(ending)).toMatch(/^marigram: the database .*\(.+\)/i);
  });

  test('of a command: one sentence', async () => {
    proxy.cutAt('FROM series');
    const policy = join(sandbox.directory(), 'policy.json');
    writeFileSync(policy, '{"policies": []}');
    const command: Command = [...MARIGRAM, 'retention', 'run', '--yes', '--policy', policy];
    expect(refusal(await sandbox.run(command, { DATABASE_URL: proxy.url }))).toContain('the database cannot answer');
  });

  test('a user who may not make tables is told what is missing', async () => {
    await query(database.url, "CREATE ROLE guest LOGIN PASSWORD 'secret'");
    await query(database.url, 'CREATE DATABASE other');
    const url = new URL(database.url);
    Object.assign(url, { username: 'guest', password: 'secret', pathname: '/other' });
    expect(refusal(await sandbox.run(SERVER, { DATABASE_URL: url.href, PORT: '0' }))).toMatch(
      /^marigram: The database at .*\/other cannot be used \(permission denied .*\): .*CREATE/,
    );
  });

  test('a database that starts up is waited for, and the server says so', async () => {
    proxy.refuseNext(4);
    const server = await sandbox.start({ DATABASE_URL: proxy.url });
    expect(await server.readiness()).toBe(200);
    const waits = logOf(server).filter(({ msg }) => String(msg).startsWith('waits for the database'));
    expect(waits).toEqual([expect.objectContaining({ level: 40, msg: expect.stringContaining('is starting up') })]);
    expect(await server.stop()).toMatchObject({ code: 0 });
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s ends the waiting', async (signal) => {
    proxy.refuseNext(Infinity);
    const program = sandbox.launch(SERVER, { DATABASE_URL: proxy.url, PORT: '0' });
    await until(() => program.stderr.includes('waits for the database'));
    program.signal(signal);
    expect(await program.ended).toMatchObject({ code: 0, stdout: '' });
  });

  test('a signal ends the waiting for another process that migrates', async () => {
    const other = new pg.Client(database.url);
    await other.connect();
    try {
      await other.query(`SELECT pg_advisory_lock(1835102825)`);
      const program = sandbox.launch(SERVER, { DATABASE_URL: database.url, PORT: '0' });
      await until(() => program.stderr.includes('waits for another process'));
      program.signal('SIGTERM');
      expect(await program.ended).toMatchObject({ code: 0, stdout: '' });
    } finally {
      await other.end();
    }
  });
});

describe('a request in flight is answered and stored, then the server and its database end, on', () => {
  test.each<[what: string, command: Command, signal: NodeJS.Signals, to: 'program' | 'group']>([
    ['SIGTERM to node', SERVER, 'SIGTERM', 'program'],
    ['SIGINT to node', SERVER, 'SIGINT', 'program'],
    ['SIGTERM to npm', NPM_START, 'SIGTERM', 'program'],
    ['Ctrl-C under npm', NPM_START, 'SIGINT', 'group'],
  ])('%s', async (_what, command, signal, to) => {
    const env = { DATA_DIR: usedDirectory() };
    const server = await sandbox.start(env, command);
    const postgres = postgresOf(env.DATA_DIR)!;
    const uri = await server.register(made.key, 'throughput');

    const body = JSON.stringify({ data: [{ ts: 1_700_000_000, val: [{ 'event-type': 'throughput', val: 42 }] }] });
    const put = request(`${server.origin}${uri}`, {
      method: 'PUT',
      headers: {
        authorization: `Token ${made.key}`,
        'content-type': 'application/json',
        'content-length': body.length,
        expect: '100-continue',
      },
    });
    put.flushHeaders();
    await once(put, 'continue');
    put.write(body.slice(0, 20));
    server.program.signal(signal, to);
    // It is on its way out as soon as it takes no new connection.
    await until(() =>
      server.readiness().then(
        () => false,
        () => true,
      ),
    );
    const answered = once(put, 'response');
    put.end(body.slice(20));
    const [response] = await answered;
    expect(response.statusCode).toBe(201);
    // Else the client would keep the connection, and the server would wait for it.
    expect(response.headers.connection).toBe('close');
    expect(await text(response)).toBe('""');

    expect((await server.program.ended).code, server.program.stderr).toBe(0);
    expect(isAlive(postgres)).toBe(false);
    expect(server.program.isGroupAlive).toBe(false);
    const next = await sandbox.start(env);
    expect(await next.points(uri, 'throughput')).toEqual([[1_700_000_000, 42]]);
  });

  test('clients that stall in the middle of a request do not keep the server from ending', async () => {
    const env = { DATA_DIR: usedDirectory() };
    const server = await sandbox.start(env);
    const uri = await server.register(made.key, 'throughput');
    const headers = `Host: a\r\nAuthorization: Token ${made.key}\r\nContent-Type: application/json\r\n`;
    const stalled = [
      await open(server, 'GET / HTTP/1.1\r\nHost: a\r\n'),
      await open(server, `PUT ${uri} HTTP/1.1\r\n${headers}Content-Length: 1000\r\n\r\n{"da`),
    ];
    expect(await server.stop()).toMatchObject({ code: 0 });
    expect(postgresOf(env.DATA_DIR)).toBeUndefined();
    for (const socket of stalled) socket.destroy();
  });

  test('a signal during the start, which ends as soon as it is complete', async () => {
    const env = { DATA_DIR: sandbox.directory(), PORT: '0' };
    const program = sandbox.launch(SERVER, env);
    await until(() => postgresOf(env.DATA_DIR) !== undefined);
    const postgres = postgresOf(env.DATA_DIR)!;
    program.signal('SIGTERM');
    expect((await program.ended).code, program.stderr).toBe(0);
    expect(isAlive(postgres)).toBe(false);
  });
});

/** A connection on which this was sent; the server may break it. */
async function open({ origin }: RunningServer, text: string): Promise<Socket> {
  const { hostname, port } = new URL(origin);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  await new Promise((sent) => socket.write(text, sent));
  return socket;
}

describe('what was acknowledged is there after kill -9 in the middle of writing, with the same command, of', () => {
  test.each(['the server', 'the server and PostgreSQL'])('%s', async (what) => {
    const env = { DATA_DIR: usedDirectory() };
    const server = await sandbox.start(env);
    const uri = await server.register(made.key, 'throughput');
    const acknowledged: [number, unknown][] = [];
    const write = async (from: number): Promise<void> => {
      for (let ts = from; ; ts += 4) {
        const body = { ts, val: ts * 2 };
        const answer = await server
          .fetch('POST', `${uri}throughput/base`, { key: made.key, body })
          .catch(() => undefined);
        if (answer === undefined) return;
        if (answer.status === 201) acknowledged.push([ts, ts * 2]);
      }
    };
    const writers = Promise.all([1, 2, 3, 4].map(write));
    await until(() => acknowledged.length > 200);
    const postgres = postgresOf(env.DATA_DIR)!;
    server.program.signal('SIGKILL');
    if (what !== 'the server') process.kill(postgres.pid, 'SIGKILL');
    await writers;
    expect((await server.program.ended).code).toBe('SIGKILL');

    const next = await sandbox.start(env);
    const stored = await next.points(uri, 'throughput');
    // Beyond what was acknowledged there may be the few points that were on their way.
    expect(stored).toEqual(expect.arrayContaining(acknowledged));
    expect(stored.length - acknowledged.length).toBeLessThanOrEqual(4);
    expect(await next.stop()).toMatchObject({ code: 0 });
    expect(postgresOf(env.DATA_DIR)).toBeUndefined();
  });
});

describe('when the database goes away', () => {
  test('the embedded one that was killed runs again, and meanwhile the server says what is wrong', async () => {
    const env = { DATA_DIR: usedDirectory() };
    const server = await sandbox.start(env);
    const uri = await server.register(made.key, 'throughput');
    const point = { ts: 1_700_000_000, val: 1 };
    await server.json(201, 'POST', `${uri}throughput/base`, { key: made.key, body: point });

    // Without its configuration the database stays away until the test has looked.
    const file = join(env.DATA_DIR, 'postgres', 'postgresql.conf');
    renameSync(file, `${file}.away`);
    process.kill(postgresOf(env.DATA_DIR)!.pid, 'SIGKILL');
    await until(async () => (await server.readiness()) === 503);
    await expectOutage(server);
    renameSync(`${file}.away`, file);

    await until(async () => (await server.readiness()) === 200);
    expect(await server.points(uri, 'throughput')).toEqual([[point.ts, point.val]]);
    await server.json(201, 'POST', `${uri}throughput/base`, { key: made.key, body: { ts: 1_700_000_001, val: 2 } });
    expect(await server.stop()).toMatchObject({ code: 0 });
  });

  test('an external one that is stopped and started again is used again', async () => {
    const dataDir = sandbox.directory();
    const settings = { port: await freePort() };
    const external = await EmbeddedPostgres.start({ dataDir, role: 'server', settings });
    const env = { DATABASE_URL: external.url };
    const key = await sandbox.issueKey(env);
    const server = await sandbox.start(env);
    await server.program.line(new RegExp(`^The data are in PostgreSQL at 127\\.0\\.0\\.1:${settings.port}/marigram$`));
    const uri = await server.register(key, 'throughput');

    await external.stop();
    await until(async () => (await server.readiness()) === 503);
    await expectOutage(server);
    // A new key has to be looked up, an old one is known for a moment: both wait for the database.
    for (const token of [key, 'f'.repeat(40)]) {
      const answer = await server.fetch('POST', `${uri}throughput/base`, { key: token, body: { ts: 1, val: 1 } });
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    }

    const again = await EmbeddedPostgres.start({ dataDir, role: 'server', settings });
    try {
      expect(again.url).toBe(external.url);
      await until(async () => (await server.readiness()) === 200);
      await server.json(201, 'POST', `${uri}throughput/base`, { key, body: { ts: 1, val: 1 } });
      expect(await server.points(uri, 'throughput')).toEqual([[1, 1]]);
      expect(await server.stop()).toMatchObject({ code: 0 });
      expect(await query(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(server.program.stderr).not.toContain(new URL(again.url).password);
      for (const entry of logOf(server)) expect(JSON.stringify(entry).length, String(entry.msg)).toBeLessThan(3000);
    } finally {
      await again.stop();
    }
  });

  /** Alive but not ready, with the reason; the error is in the log under the id that the answer has. */
  async function expectOutage(server: RunningServer): Promise<void> {
    expect((await server.fetch('GET', '/health/live')).status).toBe(200);
    for (const path of ['/health/ready', server.archive]) {
      const answer = await server.fetch('GET', path);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      const { detail } = (await answer.json()) as { detail: string };
      expect(detail).toMatch(/^the database .*\(.+\)$/);

      const id = answer.headers.get('x-request-id');
      expect(id).toMatch(/^[-0-9a-f]{36}$/);
      const entry = expect.objectContaining({ reqId: id, level: 50, msg: detail, url: path });
      await until(() => logOf(server).some(({ reqId }) => reqId === id));
      expect(logOf(server).filter(({ reqId }) => reqId === id)[0]).toEqual(entry);
    }
  }
});

test('/metrics counts requests by route, points written, and the use of the pool', async () => {
  const env = { DATA_DIR: usedDirectory() };
  const server = await sandbox.start(env);
  const uri = await server.register(made.key, 'throughput');
  for (const ts of [1, 2, 3])
    await server.json(201, 'POST', `${uri}throughput/base`, { key: made.key, body: { ts, val: ts } });
  await server.json(409, 'POST', `${uri}throughput/base`, { key: made.key, body: { ts: 3, val: 3 } });
  expect((await server.fetch('GET', '/no/such/path')).status).toBe(404);

  const answer = await server.fetch('GET', '/metrics');
  expect(answer.headers.get('content-type')).toContain('text/plain');
  const metrics = lines(await answer.text());
  const count = 'marigram_http_request_duration_seconds_count';
  const route = 'route="/esmond/perfsonar/archive/:metadataKey/:eventType/base"';
  expect(metrics).toContain(`${count}{method="POST",${route},status="201"} 3`);
  expect(metrics).toContain(`${count}{method="POST",${route},status="409"} 1`);
  expect(metrics).toContain(`${count}{method="GET",route="unknown",status="404"} 1`);
  expect(metrics).toContain('marigram_points_written_total 3');
  for (const state of ['busy', 'idle', 'waiting'])
    expect(metrics).toContainEqual(expect.stringMatching(`^marigram_database_connections\\{state="${state}"\\} \\d+$`));
  expect(metrics.some((line) => line.includes(uri))).toBe(false);
});

test('the log is JSON on stderr, and quiet about requests that succeed', async () => {
  const env = { DATA_DIR: usedDirectory() };
  const server = await sandbox.start(env);
  await server.json(200, 'GET', server.archive);
  await server.json(404, 'GET', `${server.archive}${'0'.repeat(32)}/`);
  const { stdout } = await server.stop();
  const entries = logOf(server);
  const answers = entries.filter(({ msg }) => msg === 'answered');
  expect(answers).toEqual([expect.objectContaining({ status: 404, reqId: expect.stringMatching(/^[-0-9a-f]{36}$/) })]);
  expect(entries.every(({ level, time }) => typeof level === 'number' && typeof time === 'number')).toBe(true);
  expect(lines(stdout)).toHaveLength(3);
});

test('a client that goes away in the middle of its upload is no trouble of the database', async () => {
  const server = await sandbox.start({ DATA_DIR: usedDirectory() });
  const uri = await server.register(made.key, 'throughput');
  const headers = `Host: a\r\nAuthorization: Token ${made.key}\r\nContent-Type: application/json\r\n`;
  const expecting = `${headers}Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n`;
  const socket = await open(server, `PUT ${uri} HTTP/1.1\r\n${expecting}`);
  await once(socket, 'data');
  await new Promise((sent) => socket.write('{"da', sent));
  socket.destroy();
  await until(() => logOf(server).some(({ msg }) => msg === 'the client went away'));
  const metrics = await (await server.fetch('GET', '/metrics')).text();
  expect(metrics).not.toContain('status="503"');
  await server.stop();
  expect(logOf(server).filter(({ level }) => Number(level) > 30)).toEqual([]);
});

test('a key in a URL is not in the log', async () => {
  const server = await sandbox.start({ DATA_DIR: usedDirectory() });
  for (const name of ['api_key', 'API_KEY', 'key', 'token', '%61pi_key', 'api%5Fkey', 'X-API-Key', 'anything'])
    await server.json(404, 'GET', `${server.archive}none/?limit=1&${name}=${made.key}&offset=0`);
  await server.stop();
  expect(server.program.stderr).not.toContain(made.key);
  const urls = logOf(server).flatMap(({ url }) => (typeof url === 'string' ? [url] : []));
  expect(urls[0]).toBe(`${server.archive}none/?limit=1&api_key=…&offset=0`);
});

test('npm start and the bin of the package run the built programs', () => {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    bin: { marigram: string };
    scripts: { start: string };
  };
  expect(MARIGRAM[1]).toBe(join(ROOT, manifest.bin.marigram));
  expect(readFileSync(MARIGRAM[1]!, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  // Without exec, a signal to npm ends its shell and leaves node listening.
  expect(manifest.scripts.start).toMatch(/ exec node (--\S+ )*dist\/src\/main\.js$/);
});
