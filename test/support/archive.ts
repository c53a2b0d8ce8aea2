import { randomUUID } from 'node:crypto';
import { type NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { pino } from 'pino';
import supertest from 'supertest';
import { inject } from 'vitest';
import { createApp } from '../../src/app.js';
import { ApiKeyService } from '../../src/auth/api-key.service.js';
import { type Scope } from '../../src/auth/scope.js';
import { type AppConfig, loadConfig } from '../../src/config/config.js';
import { openDatabase } from '../../src/open-database.js';

/** The path of the archive under the default prefix. */
export const ARCHIVE = '/esmond/perfsonar/archive/';

/** A running archive on a database of its own. */
export interface TestArchive {
  readonly app: NestFastifyApplication;
  /** Requests against the archive; nothing is authenticated. */
  readonly http: ReturnType<typeof supertest>;
  /** A key with scope `write`, as the value of an `Authorization` header. */
  readonly auth: string;
  readonly databaseUrl: string;
  /** SQL on the archive's database. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Issues another key, and returns the value for an `Authorization` header. */
  issueKey(scope: Scope): Promise<string>;
  /** Another server process (so to speak) on the same database, with the same keys. */
  another(): Promise<TestArchive>;
  close(): Promise<void>;
}

/** Starts an archive on a new database. `env` is its environment, as for the real server. */
export async function startArchive(env: Record<string, string> = {}): Promise<TestArchive> {
  const url = new URL(inject('postgresUrl'));
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const archive = await open(url.href, env);
  return {
    ...archive,
    close: async () => {
      await archive.close();
      await onServer(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function open(databaseUrl: string, env: Record<string, string>): Promise<TestArchive> {
  const config: AppConfig = loadConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent', ...env });
  const logger = pino({ level: config.logLevel });
  const database = await openDatabase(config, 'server', logger);
  const app = await createApp(config, database, logger);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 2 });
  pool.on('error', () => undefined);
  const issueKey = async (scope: Scope): Promise<string> =>
    `Token ${(await app.get(ApiKeyService).issue('tester', scope)).key}`;
  return {
    app,
    http: supertest(await app.getUrl()),
    auth: await issueKey('write'),
    databaseUrl,
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
    issueKey,
    another: () => open(databaseUrl, env),
    close: async () => {
      await pool.end();
      await app.close();
      await database.stop();
    },
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(inject('postgresUrl'));
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
