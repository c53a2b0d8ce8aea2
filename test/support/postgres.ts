import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestProject } from 'vitest/node';
import { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL on which tests may create databases. */
    postgresUrl: string;
  }
}

/**
 * One PostgreSQL for the whole run: the one at TEST_DATABASE_URL (its user may create databases), or an embedded one
 * in a directory of its own that goes away with the run.
 */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const url = process.env.TEST_DATABASE_URL;
  if (url) {
    project.provide('postgresUrl', url);
    return undefined;
  }
  const dataDir = await mkdtemp(join(tmpdir(), 'marigram-test-'));
  // Autovacuum holds snapshots at any moment, and rows that retention has deleted can't leave the disk meanwhile.
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' };
  const postgres = await EmbeddedPostgres.start({ dataDir, role: 'server', settings });
  project.provide('postgresUrl', postgres.url);
  return async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true });
  };
}
