import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WriteLoad } from '../support/load.js';
import { postgresUrlOf, type RunningServer, Sandbox, until } from '../support/process.js';

/** Room for a new cluster, its log, and what is written here. */
const SIZE = '256m';

/** Where a disk of its own can be mounted; in CI that must be possible. */
const { directory, reason } = mount();
if (reason !== undefined) console.warn(`The tests of a full disk are skipped: ${reason}`);

const sandbox = new Sandbox();
let env: { DATA_DIR: string };
let server: RunningServer;
let load: WriteLoad;
beforeAll(async () => {
  if (directory === undefined) return;
  env = { DATA_DIR: join(directory, 'data') };
  mkdirSync(env.DATA_DIR);
  server = await sandbox.start(env);
  load = await WriteLoad.prepare(server, await sandbox.issueKey(env));
});
afterEach(() => {
  if (directory !== undefined) makeRoom();
});
afterAll(async () => {
  await sandbox.dispose();
  if (directory === undefined) return;
  execFileSync('umount', ['--lazy', directory]);
  rmSync(directory, { recursive: true });
});

function mount(): { directory?: string; reason?: string } {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return { reason: 'only root on Linux can mount a small tmpfs' };
  const directory = new Sandbox().directory();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE},mode=711`, 'tmpfs', directory], { stdio: 'pipe' });
    return { directory };
  } catch (error) {
    rmSync(directory, { recursive: true });
    return { reason: `mount failed (${String((error as { stderr?: Buffer }).stderr).trim()})` };
  }
}

const ballast = (): string => join(directory!, 'ballast');

/** Fills the disk to the last byte. */
function fill(): void {
  const file = openSync(ballast(), 'a');
  try {
    for (let size = 1024 ** 2; size >= 1;) {
      try {
        writeSync(file, Buffer.alloc(size));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
        size >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
}

function makeRoom(): void {
  rmSync(ballast(), { force: true });
}

test.skipIf(directory === undefined)(
  'the disk is full: writes are 503 with Retry-After, reads go on; with space again writes do, too',
  async () => {
    const uri = await server.register(await sandbox.issueKey(env), 'throughput');
    load.start([server]);
    await load.written(200);
    fill();
    const refusals = (): number => load.answers.get(503) ?? 0;
    // Writes that were under way when the first one was refused may still find room.
    await until(() => refusals() > 20);
    const { acknowledged } = load;
    const refused = refusals();
    for (let count = 0; count < 100; count++) {
      expect((await server.fetch('GET', server.archive)).status).toBe(200);
      expect((await server.fetch('GET', `${uri}throughput/base?time-start=0`)).status).toBe(200);
      expect(await server.readiness()).toBe(200);
    }
    await until(() => refusals() > refused + 20);
    expect(load.acknowledged).toBe(acknowledged);
    makeRoom();
    await load.written();
    await load.stop();
    await load.verify(server);
  },
);

test.skipIf(directory === undefined)(
  'PostgreSQL itself ends, because its log has no room: with space it runs again, without a restart of the server',
  async () => {
    load.start([server]);
    await load.written();
    fill();
    // Somebody else writes, past the server's own caution, until PostgreSQL panics.
    const other = new pg.Client(postgresUrlOf(env.DATA_DIR));
    other.on('error', () => undefined);
    await other.connect();
    const panic = (async () => {
      for (;;) await other.query(`SELECT pg_logical_emit_message(true, 'marigram', repeat('x', 1000000))`);
    })();
    await expect(panic).rejects.toThrow();
    await until(async () => (await server.readiness()) === 503);
    expect((await server.fetch('GET', '/health/live')).status).toBe(200);
    makeRoom();
    await until(async () => (await server.readiness()) === 200);
    await load.written();
    await load.stop();
    await load.verify(server);
    expect(await server.stop()).toMatchObject({ code: 0 });
  },
);
