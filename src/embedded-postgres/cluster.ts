import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { OperatorError } from '../common/errors.js';
import { type DataDirectory } from './data-directory.js';
import { type PgBinaries } from './pg-binaries.js';
import { spawnOptions } from './postmaster.js';

/** The name of the role and of the database. */
const NAME = 'marigram';

/** The URL of the database on a port of this machine. */
export function databaseUrl(port: number, password: string, database = NAME): string {
  return `postgres://${NAME}:${password}@127.0.0.1:${port}/${database}`;
}

/**
 * Creates the cluster with initdb. It gets its name when it is complete, so a kill leaves nothing that looks like a
 * cluster.
 */
export async function createCluster(data: DataDirectory, { binDir, major }: PgBinaries): Promise<void> {
  data.password();
  const draft = data.draft();
  // The same order of text on every system, whatever version its C library has.
  const locale = major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'] : [];
  const args = ['-D', draft, '-U', NAME, '--encoding=UTF8', '--locale=C', ...locale];
  args.push('--auth=scram-sha-256', `--pwfile=${data.passwordFile}`, '--data-checksums', '--no-instructions');
  const child = spawn(join(binDir, 'initdb'), args, { ...spawnOptions(data), stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const reason = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => {
      resolve(error.message);
    });
    child.once('close', (code, signal) => {
      resolve(code === 0 ? undefined : `ended with ${signal ?? `exit code ${String(code)}`}`);
    });
  });
  if (reason !== undefined) {
    rmSync(draft, { recursive: true, force: true });
    const complaint = /(?:error|FATAL):\s+(.*)/.exec(output)?.[1] ?? reason;
    // initdb wants a name for the user it runs as, which containers with a bare number do not have.
    const remedy = complaint.includes('effective user ID') ? 'add that user to /etc/passwd' : 'choose another DATA_DIR';
    throw new OperatorError(
      `PostgreSQL could not make a database in ${data.path} (${complaint}): ${remedy}, or set DATABASE_URL.`,
    );
  }
  data.publish(draft);
}

/**
 * Checks that the cluster of this directory answers on the port, and creates the database if it is missing.
 * @returns why it does not answer, which may be temporary; undefined on success.
 */
export async function ensureDatabase(data: DataDirectory, port: number): Promise<string | undefined> {
  const password = data.password();
  try {
    const directory = await query(databaseUrl(port, password, 'postgres'), 'SHOW data_directory');
    if (directory !== data.cluster) return `port ${port} leads to the database in ${String(directory)}`;
    const exists = `SELECT count(*)::int FROM pg_database WHERE datname = '${NAME}'`;
    if ((await query(databaseUrl(port, password, 'postgres'), exists)) === 0) {
      await query(databaseUrl(port, password, 'postgres'), `CREATE DATABASE ${NAME} TEMPLATE template0`);
    }
  } catch (error) {
    switch (errorCode(error)) {
      case '28P01':
        throw new OperatorError(
          `${data.passwordFile} does not hold the password of the database in ${data.cluster}: put the right one back.`,
        );
      case '42P04':
      case '23505':
        // Another process made it at the same moment.
        return undefined;
      default:
        return error instanceof Error ? error.message : String(error);
    }
  }
  return undefined;
}

/** The SQLSTATE of an error from PostgreSQL, or the code of a failed connection. */
function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/** The first value of the first row. */
async function query(connectionString: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString });
  // Without a listener, a server that goes away would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end().catch(() => undefined);
  }
}
