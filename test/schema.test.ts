import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

test('entities and migrations describe the same schema', async () => {
  const drift = await archive.app.get(DataSource).driver.createSchemaBuilder().log();
  expect(drift.upQueries.map(({ query }) => query)).toEqual([]);
});

test('points and rollups are hypertables of the engine that the archive chose', async () => {
  const [info] = await archive.query<{ engine: string; chunk_seconds: number }>('SELECT * FROM storage_info');
  expect(info).toMatchObject({ chunk_seconds: 30 * 86_400 });
  const tables =
    info?.engine === 'timescale'
      ? await archive.query('SELECT hypertable_name AS name FROM timescaledb_information.hypertables ORDER BY 1')
      : await archive.query('SELECT partrelid::regclass::text AS name FROM pg_partitioned_table ORDER BY 1');
  expect(tables.map(({ name }) => name)).toEqual(['point', 'rollup']);
});

test('the migrations go down and up again', async () => {
  const other = await startArchive();
  try {
    const dataSource = other.app.get(DataSource);
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration();
    const left = await other.query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
    expect(left).toEqual([{ tablename: 'migrations' }]);
    await dataSource.runMigrations();
    expect(await other.query('SELECT * FROM point')).toEqual([]);
  } finally {
    await other.close();
  }
});
