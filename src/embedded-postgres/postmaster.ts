import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, readSync, realpathSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataDirectory } from './data-directory.js';
import { type PgBinaries } from './pg-binaries.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

/** The pause between two looks at a postmaster that starts or stops. */
export const POLL_INTERVAL_MS = 10;

/** The main process of PostgreSQL, as described by `postmaster.pid`. */
export interface Postmaster {
  readonly process: ProcessIdentity;
  readonly port: number;
  /** A recovery of the last run's log counts as `starting`. */
  readonly state: 'starting' | 'ready' | 'stopping';
}

/** PostgreSQL ended during its start; the message is its last error. */
export class PostmasterFailure extends Error {
  /** Whether the same may succeed a moment later: another start was faster, or orphans of the last run still end. */
  get isPassing(): boolean {
    return /pre-existing shared memory block|lock file "postmaster.pid"|bogus data in lock file/.test(this.message);
  }

  /** Whether somebody else has the port. */
  get isPortTaken(): boolean {
    return /could not (bind|create any TCP\/IP sockets)/.test(this.message);
  }
}

/** The live postmaster of a cluster, or undefined; a stale pid file does not count. */
export function findPostmaster(cluster: string): Postmaster | undefined {
  const lines = readPidFile(cluster);
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return undefined;
  const process = identify(pid);
  if (process === undefined || !isPostmasterOf(pid, cluster)) return undefined;
  const status = lines[7]?.trim();
  const state = status === 'ready' || status === 'stopping' ? status : 'starting';
  return { process, port: Number(lines[3]), state };
}

/**
 * Starts PostgreSQL and waits until it takes connections, however long its recovery lasts.
 * @param signal stops it again when it is aborted before; the next start takes up the recovery.
 * @throws PostmasterFailure if it ends before.
 */
export async function startPostmaster(
  data: DataDirectory,
  binaries: PgBinaries,
  port: number,
  settings: Record<string, string>,
  signal: AbortSignal,
): Promise<Postmaster> {
  removeStalePidFile(data.cluster);
  const log = data.openLog();
  const { size } = fstatSync(log);
  const args = ['-D', data.cluster, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  // Detached: the terminal's SIGINT goes to node alone, which stops the database last of all.
  const child = spawn(join(binaries.binDir, 'postgres'), args, {
    ...spawnOptions(data),
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  child.unref();
  const ended = endOf(child);
  for (;;) {
    if (ended.reason !== undefined) throw new PostmasterFailure(lastError(data.log, size, child.pid) ?? ended.reason);
    const found = findPostmaster(data.cluster);
    if (found?.process.pid === child.pid && found?.state === 'ready') return found;
    if (found?.process.pid === child.pid && found?.state === 'starting' && signal.aborted) signalStop(found);
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Tells PostgreSQL to disconnect everybody and to stop, without waiting for it. */
export function signalStop({ process: { pid } }: Postmaster, signal: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/**
 * Waits until the postmaster is gone. One that takes more than a minute for its last checkpoint is ended at once,
 * which loses nothing but makes the next start a recovery.
 */
export async function waitForEnd(postmaster: Postmaster): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (isAlive(postmaster.process)) {
    if (Date.now() > deadline) {
      signalStop(postmaster, 'SIGQUIT');
      await sleep(100 * POLL_INTERVAL_MS);
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

/** Options for running PostgreSQL's programs: as the right user, with messages in English. */
export function spawnOptions({ user }: DataDirectory): {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
} {
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  return { cwd: '/', env, ...(user && { uid: user.uid, gid: user.gid }) };
}

/**
 * A free port of the loopback interface. It lies below the range that systems give to outgoing connections, so that
 * none of them can take it while PostgreSQL is started again.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    if (await isFree(port)) return port;
  }
  throw new PostmasterFailure('no free port between 20000 and 32000');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}

function endOf(child: ChildProcess): { reason?: string } {
  const ended: { reason?: string } = {};
  child.once('error', (error) => {
    ended.reason = error.message;
  });
  child.once('exit', (code, signal) => {
    ended.reason = `ended with ${signal ?? `exit code ${String(code)}`}`;
  });
  return ended;
}

function readPidFile(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** PostgreSQL only asks whether the pid is in use at all: a recycled pid or a zombie would keep it from starting. */
function removeStalePidFile(cluster: string): void {
  const pid = Number(readPidFile(cluster)[0]);
  if (pid > 0 && findPostmaster(cluster) === undefined) rmSync(join(cluster, 'postmaster.pid'), { force: true });
}

function isPostmasterOf(pid: number, cluster: string): boolean {
  try {
    // A postmaster works in its cluster directory.
    if (readlinkSync(`/proc/${pid}/cwd`) === realpathSync(cluster)) return true;
  } catch {
    // No /proc, or root in a container, who may not look there: the command line names the directory too.
  }
  return commandLine(pid).includes(cluster);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    // macOS.
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

/** The last error in the log after an offset: of this postmaster, or else of one of its processes. */
function lastError(file: string, offset: number, postmaster: number | undefined): string | undefined {
  const log = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    const text = buffer.toString('utf8', 0, readSync(log, buffer, 0, buffer.length, offset));
    const complaints = [...text.matchAll(/\[(\d+)\] (?:FATAL|PANIC|ERROR):\s+(.*)/g)];
    // Connections of the last run may still end, into the same log.
    const last = complaints.findLast(([, pid]) => Number(pid) === postmaster) ?? complaints.at(-1);
    return last?.[2];
  } finally {
    closeSync(log);
  }
}
