import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort, postgresOf, postgresUrlOf, signalAll, until } from './process.js';

/** A PostgreSQL with pg_basebackup, which the one from npm lacks: as Debian installs it. */
export const REPLICATING = '/usr/lib/postgresql/15/bin';
export const canReplicate = existsSync(join(REPLICATING, 'pg_basebackup'));

/** A streaming replica of the PostgreSQL in a data directory; it runs as the same user. */
export class StreamingReplica {
  private constructor(
    private readonly directory: string,
    private readonly ids: { readonly uid: number; readonly gid: number },
    private readonly port: string,
    /** The URL of the archive's database on it. */
    readonly url: string,
  ) {}

  /** Copies the running primary and starts the copy. */
  static async of(primaryDir: string, directory: string): Promise<StreamingReplica> {
    const { uid, gid } = statSync(join(primaryDir, 'postgres'));
    const cluster = join(directory, 'postgres');
    mkdirSync(cluster, { mode: 0o700 });
    chownSync(cluster, uid, gid);
    const source = postgresUrlOf(primaryDir);
    const args = ['-d', source, '-D', cluster, '-R', '-X', 'stream', '-c', 'fast', '--no-sync'];
    await promisify(execFile)(join(REPLICATING, 'pg_basebackup'), args, { cwd: '/', uid, gid });
    const url = new URL(source);
    url.port = await freePort();
    const replica = new StreamingReplica(directory, { uid, gid }, url.port, url.href);
    await replica.start();
    return replica;
  }

  async start(): Promise<void> {
    const settings = [
      ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'],
      // At least what the primary has.
      ...['max_connections=100', 'max_locks_per_transaction=256'],
    ];
    const args = ['-D', join(this.directory, 'postgres'), '-p', this.port, ...settings.flatMap((one) => ['-c', one])];
    const child = spawn(join(REPLICATING, 'postgres'), args, {
      cwd: '/',
      ...this.ids,
      stdio: 'ignore',
      detached: true,
    });
    await once(child, 'spawn');
    child.unref();
    await until(() =>
      this.query('SELECT 1').then(
        () => true,
        () => false,
      ),
    );
  }

  async stop(): Promise<void> {
    const postmaster = postgresOf(this.directory);
    if (!postmaster) return;
    process.kill(postmaster.pid, 'SIGINT');
    await until(() => postgresOf(this.directory) === undefined);
  }

  /** Stops all of its processes where they are: nobody gets an answer, and no connection breaks. */
  freeze(): void {
    signalAll(postgresOf(this.directory)!.pid, 'SIGSTOP');
  }

  thaw(): void {
    signalAll(postgresOf(this.directory)!.pid, 'SIGCONT');
  }

  async query<Row extends pg.QueryResultRow>(sql: string): Promise<Row[]> {
    const client = new pg.Client(this.url);
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql)).rows;
    } finally {
      await client.end();
    }
  }
}
