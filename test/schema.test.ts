import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { restoreBackup } from '../src/backup/restore-backup.js';
import { RestoreStore } from '../src/storage/dump/restore-store.js';
import { Database } from '../src/postgres/database.js';
import { type StorageEngine } from '../src/storage/hypertables/engine.js';
import { HYPERTABLE_NAMES } from '../src/storage/hypertables/hypertables.js';
import { STORAGE_ENGINE } from '../src/storage/hypertables/storage-engine.token.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { putPoints, readAll, register } from './support/builders.js';
import { FORMAT_1_FILE, FORMAT_1_POINTS } from './support/format-1.js';
import { type WireMetadata } from './support/metadata.js';
import { faultsIn, formsIn, packAll } from './support/packed.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

/** TypeORM's own table, and the hypertables: the storage engine rebuilds them, with chunks that TypeORM knows nothing of. */
const WITHOUT_ENTITY = ['migrations', ...HYPERTABLE_NAMES];

test('every table has an entity, or a reason to have none', async () => {
  const tables = await archive.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  const described = archive.app.get(DataSource).entityMetadatas.map(({ tableName }) => tableName);
  expect([...described, ...WITHOUT_ENTITY].sort()).toEqual(tables.map(({ name }) => name).sort());
});

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
  expect(tables.map(({ name }) => name)).toEqual(['point', 'rollup', 'segment']);
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

test('an archive that an earlier version made gets the hypertables that were added since', async () => {
  const old = await startArchive();
  try {
    const uri = await register(old, 'throughput');
    // In more chunks than one request may open.
    const points = Array.from({ length: 60 }, (_, month) => ({ ts: 1000000000 + month * 30 * 86_400, val: month }));
    await putPoints(old, uri, 'throughput', points.slice(0, 40)).expect(201);
    await putPoints(old, uri, 'throughput', points.slice(40)).expect(201);
    const has = async (table: string): Promise<boolean> =>
      (await old.query<{ has: boolean }>('SELECT to_regclass($1) IS NOT NULL AS has', [table]))[0]!.has;
    while (await has('segment')) await old.app.get(DataSource).undoLastMigration();
    expect(await has('points')).toBe(false);

    const upgraded = await old.another();
    try {
      const engine = upgraded.app.get<StorageEngine>(STORAGE_ENGINE);
      for (const table of HYPERTABLE_NAMES)
        expect(await engine.isHypertable(upgraded.app.get(Database), table)).toBe(true);
      expect(await upgraded.query('SELECT count(*)::int FROM points')).toEqual([{ count: 60 }]);
      const later = points.map(({ ts, val }) => ({ ts: ts + 1, val }));
      await putPoints(upgraded, uri, 'throughput', later).expect(201);
      expect(await upgraded.query('SELECT count(*)::int FROM points')).toEqual([{ count: 120 }]);
    } finally {
      await upgraded.close();
    }
  } finally {
    await old.close();
  }
});

test('an archive of the version before has all its points, and packs them', async () => {
  const old = await startArchive();
  try {
    await restoreBackup(new RestoreStore(old.app.get(Database), old.app.get(STORAGE_ENGINE)), FORMAT_1_FILE);
    while ((await old.query<{ name: string | null }>(`SELECT to_regclass('segment') AS name`))[0]!.name !== null)
      await old.app.get(DataSource).undoLastMigration();
    const upgraded = await old.another();
    try {
      const [metadata] = (await upgraded.http.get(ARCHIVE).expect(200)).body as WireMetadata[];
      const uri = metadata!.uri;
      const summaries = metadata!['event-types'].flatMap(({ summaries: all }) =>
        all.map(({ uri: path }) => String(path)),
      );
      const readings = async (): Promise<unknown[]> => [
        ...(await Promise.all(Object.keys(FORMAT_1_POINTS).map((type) => readAll(upgraded, uri, type)))),
        ...(await Promise.all(summaries.map(async (path) => (await upgraded.http.get(`${path}?time-start=0`)).text))),
        ((await upgraded.http.get('/api/v1/latest')).body as { age: number }[]).map(
          ({ age: _age, ...latest }) => latest,
        ),
      ];
      const before = await readings();
      expect(summaries).toHaveLength(12);
      expect(before.slice(0, 5)).toEqual(Object.values(FORMAT_1_POINTS));
      expect(await formsIn(upgraded)).toEqual({ loose: 3000, packed: 0, segments: 0 });
      expect(await packAll(upgraded)).toBe(3000);
      expect(await formsIn(upgraded)).toMatchObject({ loose: 0, packed: 3000 });
      expect(await readings()).toEqual(before);
      expect(await faultsIn(upgraded)).toEqual([]);
    } finally {
      await upgraded.close();
    }
  } finally {
    await old.close();
  }
});
