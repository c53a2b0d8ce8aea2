import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type BackupOptions, makeBackup } from '../src/backup/make-backup.js';
import { restoreBackup } from '../src/backup/restore-backup.js';
import { backup } from '../src/cli/backup.command.js';
import { checkFile, restore } from '../src/cli/backup.command.js';
import { OperatorError } from '../src/common/errors.js';
import { BACKUP_TABLES, BackupStore, isAccess } from '../src/storage/dump/backup-store.js';
import { Database } from '../src/postgres/database.js';
import { STORAGE_ENGINE } from '../src/storage/hypertables/storage-engine.token.js';
import { RestoreStore } from '../src/storage/dump/restore-store.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { putPoints, readAll, register, type WirePoint } from './support/builders.js';
import { empty } from './support/empty.js';
import { FORMAT_1_FILE, FORMAT_1_POINTS } from './support/format-1.js';
import { faultsIn, formsIn, packAll } from './support/packed.js';
import { MARIGRAM, Sandbox, until } from './support/process.js';
import { ledgerOf, newStream, pointsFrom, seconds, TEST_START, type TestStream, write } from './support/streams.js';

/** Seconds since 1970 in which something can go wrong: the first and the last year, the borders of the regular chunks. */
const ODD_TIMES = [-62135596800, -1, 0, 946684799.999999, 946684800, 1714557600.000001, 4102444800, 253402300799];

/** An archive with something of everything in it, which no test changes. */
let source: TestArchive;
let directory: string;
let printed: string[];
/** A backup of `source`, without keys. */
let made: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'marigram-backup-'));
  source = await startArchive();
  await fill(source);
  made = fileName('made');
  await makeBackup(storeOf(source), made, options());
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await source.close();
});
beforeEach(() => {
  printed = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void printed.push(line));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** A stream that keeps no points. */
const STREAM = { session: 'job_1', raw: false, summaries: [['average', 1]] } as const;

/** Everything that the API writes, and what it could write but does so only under rare conditions. */
async function fill(archive: TestArchive): Promise<void> {
  const summaries = ['aggregation', 'statistics'].map((type) => ({ 'summary-type': type, 'summary-window': 86400 }));
  const uri = await register(
    archive,
    'throughput',
    { 'event-type': 'packet-count-sent', summaries },
    { 'event-type': 'histogram-owdelay', summaries },
    'packet-loss-rate',
    'failures',
  );
  const at = (val: unknown): { ts: number; val: unknown }[] => ODD_TIMES.map((ts) => ({ ts, val }));
  await putPoints(archive, uri, 'throughput', at(9400000000)).expect(201);
  await putPoints(archive, uri, 'packet-count-sent', at(600)).expect(201);
  await putPoints(archive, uri, 'histogram-owdelay', at({ '10': 1, '2': 599, '-0.5': 3 })).expect(201);
  await putPoints(archive, uri, 'packet-loss-rate', at({ numerator: 1, denominator: 3 })).expect(201);
  await putPoints(archive, uri, 'failures', at({ error: 'a\tb\\n \\. \\N "é" 漢 \n' })).expect(201);

  const [series] = await archive.query<{ id: number }>(`SELECT min(id) AS id FROM series`);
  await archive.query(
    `INSERT INTO point (series, ts, value)
     SELECT $1, '2024-05-01 12:00:01Z'::timestamptz + n * interval '1 us', value
     FROM unnest('{0,-0,NaN,Infinity,-Infinity,5e-324,1.7976931348623157e308,0.1,0.30000000000000004}'::float8[])
       WITH ORDINALITY AS v (value, n)`,
    [series?.id],
  );
  await archive.query(
    `INSERT INTO rollup (series, window_seconds, bin, count, sum, sum_of_squares, min, max, denominator_sum, histogram)
     SELECT $1, 3600, bin, 9007199254740993, 123456789012345678901234567890.000000001, 1e-30, 0.1, 1e300, 3, '{"a\\tb": 1}'
     FROM unnest('{2024-05-01 12:00Z, 1999-12-31 23:00Z, 0001-12-30 00:00Z BC}'::timestamptz[]) AS b (bin)`,
    [series?.id],
  );
  await archive.query(
    `INSERT INTO sealed_bin SELECT series, type, window_seconds, '2024-05-01Z', '{"10": 1, "2": 0.10}' FROM summary`,
  );
  const [parent, child] = [await newStream(archive, { session: 'job_1' }), await newStream(archive, STREAM)];
  await archive.query('UPDATE session SET meta = $1, test_end = now()', [{ component: 'a\tb', ammo: 3 }]);
  await archive.query(
    `UPDATE session_stream SET case_name = 'GET /', parent = (SELECT series FROM session_stream WHERE id = $1)
     WHERE id = $2`,
    [parent.key, child.key],
  );
  await write(archive, [
    { stream: parent, row: 5, points: pointsFrom(TEST_START, 40) },
    { stream: child, row: 0, points: pointsFrom(TEST_START, 40) },
  ]);
  await archive.query(
    `UPDATE rollup r SET samples = '\\x00ff', distribution = '\\x5c0a', quantiles = '{1.5,NULL,-0}'
     FROM series s WHERE s.id = r.series AND s.is_stream`,
  );
  await archive.query(
    `INSERT INTO annotation (begin, until, text, tags, session, metadata_key, data, username)
     SELECT '2024-05-01 12:00:00.000001Z', NULL, E'a\\tb', '{"c\\"d",NULL}', 'job_1', key, '{"exact": 26.0}', 'me'
     FROM metadata LIMIT 1`,
  );
  await archive.query(`INSERT INTO database VALUES (E'k\\\\6 "ö"', '[{"type": "average", "window": 60}]', 'me')`);
  await archive.query(`INSERT INTO field SELECT name, E'a\\tb', 'p(95)', 'float', NULL FROM database`);
  await archive.query(`INSERT INTO event_type VALUES ('rack-temperature', 'float', '°C', 'of the "rack"', now())`);
  await archive.query(`INSERT INTO back_fill VALUES ($1, 60, '2024-05-01 12:00Z', true)`, [series?.id]);
  await archive.query(`UPDATE series SET base_cut_off = '-infinity' WHERE id = $1`, [series?.id]);
}

/** All rows of each table as text. */
async function contentsOf(archive: TestArchive, withKeys = false): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {};
  for (const table of BACKUP_TABLES.filter((name) => withKeys || !isAccess(name))) {
    // A running server stores every half minute when keys were last used.
    const row = table === 'api_key' ? "(to_jsonb(t) - 'last_used' - 'last_address')::text" : 't::text';
    const rows = await archive.query<{ row: string }>(
      `SELECT ${row} AS row FROM ${table} t ORDER BY ${row} COLLATE "C"`,
    );
    contents[table] = rows.map(({ row }) => row);
  }
  return contents;
}

async function chunksOf(archive: TestArchive): Promise<unknown[]> {
  return archive.query(`SELECT inhrelid::regclass::text AS chunk FROM pg_inherits ORDER BY 1`);
}

function storeOf(archive: TestArchive): BackupStore {
  return new BackupStore(archive.app.get(Database), archive.app.get(STORAGE_ENGINE));
}

function restoreStoreOf(archive: TestArchive): RestoreStore {
  return new RestoreStore(archive.app.get(Database), archive.app.get(STORAGE_ENGINE));
}

function options(more: Partial<BackupOptions> = {}): BackupOptions {
  return { withKeys: false, force: false, ...more };
}

let count = 0;

/** The name of a file that is not there yet. */
function fileName(name: string): string {
  return join(directory, `${name}-${++count}.tar.gz`);
}

/** A file with this content. */
function fileOf(name: string, content: Buffer): string {
  const file = fileName(name);
  writeFileSync(file, content);
  return file;
}

/** A backup as `made` with some of what is packed in it altered; all checksums of gzip and tar are right. */
function repacked(name: string, alter: (content: Buffer) => Buffer): string {
  return fileOf(name, gzipSync(alter(gunzipSync(readFileSync(made)))));
}

/** Replaces a text by another one of the same length. */
function replaced(content: Buffer, from: string, to: string): Buffer {
  const at = content.indexOf(from);
  expect(at).toBeGreaterThan(0);
  expect(to).toHaveLength(from.length);
  return Buffer.concat([content.subarray(0, at), Buffer.from(to), content.subarray(at + from.length)]);
}

/** The sentence with which something is refused. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => expect.fail('it was not refused'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return (error as OperatorError).message;
}

describe('a round trip', () => {
  test('brings every row of every table back exactly, into chunks of another length too', async () => {
    for (const chunk of ['30d', '1d']) {
      const target = await startArchive({ CHUNK_INTERVAL: chunk });
      try {
        await restore({ DATABASE_URL: target.databaseUrl }, made);
        expect(printed.at(-1)).toMatch(
          /^Restored 3 metadata, 7 series, 49 loose points, 1 segments and \d+ rollups from .* to PostgreSQL at/,
        );
        expect(await contentsOf(target)).toEqual(await contentsOf(source));
      } finally {
        await target.close();
      }
    }
  });

  test('holds every table there is', async () => {
    const tables = await source.query<{ name: string }>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
         AND NOT relispartition ORDER BY 1`,
    );
    const kept: string[] = [...BACKUP_TABLES, 'migrations', 'storage_info'];
    // What was done to this archive, and not what it holds.
    kept.push('audit', 'write_count', 'dropped_points', 'idempotency', 'luna_upload');
    // A restore is a change of the rules.
    kept.push('rule_generation');
    // How far imports have come means nothing to another archive: they look again.
    kept.push('import_progress');
    expect(tables.map(({ name }) => name).sort()).toEqual(kept.sort());
  });

  test('the restored archive goes on working: new metadata, new points, old keys', async () => {
    const target = await startArchive();
    try {
      await restoreBackup(restoreStoreOf(target), made);
      const uri = await register(target, 'throughput');
      await putPoints(target, uri, 'throughput', [{ ts: 1714557600, val: 1 }]).expect(201);
      const ids = await target.query<{ id: number }>('SELECT id FROM series ORDER BY id');
      expect(new Set(ids.map(({ id }) => id)).size).toBe(8);
    } finally {
      await target.close();
    }
  });

  test('a restored stream refuses the rows that it had before, and has the numbers after them', async () => {
    const target = await startArchive({ CHUNK_INTERVAL: '2h' });
    try {
      await restoreBackup(restoreStoreOf(target), made);
      const streams = await target.query<TestStream>(
        `SELECT t.id AS key, s.event_type AS "eventType", t.session
         FROM session_stream t JOIN series s ON s.id = t.series ORDER BY t.number`,
      );
      const [parent, child] = streams as [TestStream, TestStream];
      expect([await ledgerOf(target, parent), await ledgerOf(target, child)]).toEqual(['{[5,45)}', '{[0,40)}']);
      const again = pointsFrom(TEST_START, 50);
      const outcomes = await write(target, [
        { stream: parent, row: 0, points: again },
        { stream: child, row: 0, points: again },
      ]);
      expect(outcomes).toMatchObject([
        { stored: 10, repeated: 40 },
        { stored: 10, repeated: 40 },
      ]);
      await newStream(target);
      expect(await target.query('SELECT number FROM session ORDER BY number')).toEqual([{ number: 1 }, { number: 2 }]);
      expect(await target.query('SELECT max(number) AS number FROM session_stream')).toEqual([{ number: 3 }]);
    } finally {
      await target.close();
    }
  });

  const installed = ['15', '16', '17', '18'].map((major) => `/usr/lib/postgresql/${major}/bin`).filter(existsSync);

  test.each(['', ...installed])('leads to an embedded PostgreSQL (%o) and back again', async (binaries) => {
    const sandbox = new Sandbox();
    const target = await startArchive();
    try {
      const embedded = { DATA_DIR: sandbox.directory(), PG_BIN_DIR: binaries };
      await restore(embedded, made);
      const back = fileName('back');
      await backup(embedded, back, {});
      await restore({ DATABASE_URL: target.databaseUrl }, back);
      expect(await contentsOf(target)).toEqual(await contentsOf(source));
    } finally {
      await target.close();
      await sandbox.dispose();
    }
  });

  test('of an empty archive is one, too', async () => {
    const [from, to] = [await startArchive(), await startArchive()];
    try {
      const file = fileName('empty');
      await makeBackup(storeOf(from), file, options());
      await restoreBackup(restoreStoreOf(to), file);
      expect(await contentsOf(to)).toEqual(await contentsOf(from));
    } finally {
      await from.close();
      await to.close();
    }
  });

  test('of many parts keeps rows whole', async () => {
    const [from, to] = [await startArchive(), await startArchive()];
    try {
      const uri = await register(from, 'throughput', 'failures', 'packet-trace');
      // Makes the chunk.
      await putPoints(from, uri, 'throughput', [{ ts: 1714557600, val: 1 }]).expect(201);
      const rows = await from.query<{ id: number }>(`SELECT id FROM series WHERE event_type <> 'throughput'`);
      await from.query(
        `INSERT INTO point (series, ts, value, document)
         SELECT $1, '2024-05-01 12:00Z'::timestamptz + n * interval '1 s', NULL,
                to_json(repeat(md5(n::text) || E'\\\\\\n', 1 + n % 7 * 40))
         FROM generate_series(1, 4000) n`,
        [rows[0]?.id],
      );
      // One row that is longer than a part.
      await from.query(
        `INSERT INTO point (series, ts, document) VALUES ($1, '2024-05-01 12:00Z', to_json(repeat('0123456789', 400000)))`,
        [rows[1]?.id],
      );
      const file = fileName('large');
      await makeBackup(storeOf(from), file, options());
      await restoreBackup(restoreStoreOf(to), file);
      const digest = `SELECT count(*), md5(string_agg(md5(p::text), '' ORDER BY series, ts)) FROM point p`;
      expect(await to.query(digest)).toEqual(await from.query(digest));
    } finally {
      await from.close();
      await to.close();
    }
  });
});

describe('packed points', () => {
  /** All points of an archive, whatever their form. */
  const pointsOf = (archive: TestArchive): Promise<unknown[]> =>
    archive.query(
      'SELECT series, ts::text, row, value, denominator, document::text FROM points ORDER BY series, ts, row',
    );

  test('come back exactly: into shorter chunks, onto an embedded PostgreSQL, and back', async () => {
    const sandbox = new Sandbox();
    const targets: TestArchive[] = [];
    const from = await startArchive();
    try {
      const summaries = [{ 'summary-type': 'aggregation', 'summary-window': 86_400 }];
      const types: [string, (index: number) => unknown][] = [
        ['throughput', (index) => index * 1_000_003],
        ['ntp-offset', (index) => [0.1 + 0.2, 1e300, 5e-324, -1 / 3, 0][index % 5]],
        ['packet-loss-rate', (index) => ({ numerator: index % 7, denominator: 600 })],
        ['histogram-owdelay', (index) => ({ '10': 1 + index, '-0.5': 3 })],
        ['failures', (index) => ({ error: `a\tb\\n \\. \\N "é" 漢 ${index}\n` })],
      ];
      const uri = await register(
        from,
        ...types.map(([name]) => ({ 'event-type': name, ...(name !== 'failures' && { summaries }) })),
      );
      const at = (begin: number, count: number, step: number, valueOf: (index: number) => unknown): WirePoint[] =>
        Array.from({ length: count }, (_, index) => ({ ts: begin + index * step, val: valueOf(index) }));
      for (const [name, valueOf] of types) {
        await putPoints(from, uri, name, at(1_714_521_600, 1000, 3600, valueOf)).expect(201);
        await putPoints(from, uri, name, at(1_714_523_400, 20, 86_400, valueOf)).expect(201);
        // The far times of the first and the last year.
        await putPoints(from, uri, name, at(-62_135_596_800, 40, 1, valueOf)).expect(201);
        await putPoints(from, uri, name, at(253_402_300_700, 40, 1.000001, valueOf)).expect(201);
      }
      const expected = await pointsOf(from);
      const forms = await formsIn(from);
      expect(forms).toMatchObject({ loose: types.length * 20, packed: types.length * 1080 });

      const file = fileName('packed');
      await makeBackup(storeOf(from), file, options());
      for (const chunk of ['7d', '30d']) {
        const target = await startArchive({ CHUNK_INTERVAL: chunk });
        targets.push(target);
        await restoreBackup(restoreStoreOf(target), file);
        expect(await pointsOf(target)).toEqual(expected);
        expect(await faultsIn(target)).toEqual([]);
        expect(await formsIn(target)).toMatchObject({ loose: forms.loose, packed: forms.packed });
      }
      const [short] = targets;
      expect((await formsIn(short!)).segments).toBeGreaterThan(forms.segments);
      for (const [name] of types) expect(await readAll(short!, uri, name)).toEqual(await readAll(from, uri, name));

      // The short chunks, onto the embedded PostgreSQL with its native partitions, and from there into a third archive.
      const [again, back] = [fileName('again'), fileName('back')];
      await makeBackup(storeOf(short!), again, options());
      const embedded = { DATA_DIR: sandbox.directory() };
      await restore(embedded, again);
      await backup(embedded, back, {});
      const third = await startArchive({ CHUNK_INTERVAL: '11d' });
      targets.push(third);
      await restoreBackup(restoreStoreOf(third), back);
      expect(await pointsOf(third)).toEqual(expected);
      expect(await faultsIn(third)).toEqual([]);

      // It is an archive like any other: packed points are known, and new ones come.
      const repeated = at(1_714_521_600, 33, 1800, () => 7);
      const { body } = await putPoints(third, uri, 'throughput', repeated).expect(409);
      expect(body).toMatchObject({ stored: 15 });
      expect(await packAll(third)).toBe(types.length * 20 + 15);
      expect(await faultsIn(third)).toEqual([]);
    } finally {
      for (const target of targets) await target.close();
      await from.close();
      await sandbox.dispose();
    }
  });

  test('of a stream come back exactly, into shorter chunks, too', async () => {
    const from = await startArchive();
    const target = await startArchive({ CHUNK_INTERVAL: '2h' });
    try {
      const stream = await newStream(from, { summaries: [['average', 3600]] });
      await write(from, [{ stream, row: 100, points: pointsFrom(TEST_START, 500, seconds(60)) }]);
      await write(from, [{ stream, row: 0, points: pointsFrom(TEST_START - seconds(90), 100, seconds(180)) }]);
      const file = fileName('stream');
      await makeBackup(storeOf(from), file, options());
      await restoreBackup(restoreStoreOf(target), file);
      expect(await pointsOf(target)).toEqual(await pointsOf(from));
      const path = `${ARCHIVE}${stream.key}/`;
      expect(await readAll(target, path, 'metric')).toEqual(await readAll(from, path, 'metric'));
      expect(await faultsIn(target)).toEqual([]);
    } finally {
      await target.close();
      await from.close();
    }
  });

  test('a file of format 1, which has no segments, is restored', async () => {
    const target = await startArchive({ CHUNK_INTERVAL: '10d' });
    try {
      await checkFile(FORMAT_1_FILE);
      await restoreBackup(restoreStoreOf(target), FORMAT_1_FILE);
      const [metadata] = (await target.http.get(ARCHIVE).expect(200)).body as { uri: string }[];
      expect(await formsIn(target)).toEqual({ loose: 3000, packed: 0, segments: 0 });
      for (const [type, points] of Object.entries(FORMAT_1_POINTS))
        expect(await readAll(target, metadata!.uri, type)).toEqual(points);
      expect(await faultsIn(target)).toEqual([]);
    } finally {
      await target.close();
    }
  });
});

describe('keys', () => {
  test('leave the database only with --with-keys', async () => {
    const [key] = await source.query<{ digest: string }>(`SELECT encode(digest, 'hex') AS digest FROM api_key`);
    expect(gunzipSync(readFileSync(made)).includes(key!.digest)).toBe(false);
    const file = fileName('with-keys');
    await backup({ DATABASE_URL: source.databaseUrl }, file, { withKeys: true });
    expect(printed.at(-1)).toMatch(
      /^Backed up 3 metadata, .* rollups and 1 keys of PostgreSQL at .* \(\d+\.\d kB\)\.$/,
    );
    expect(gunzipSync(readFileSync(file)).includes(key!.digest)).toBe(true);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('of the backup come to those of the archive, which go on working; each is there once', async () => {
    const file = fileName('with-keys');
    await makeBackup(storeOf(source), file, options({ withKeys: true }));
    const target = await startArchive();
    try {
      await restoreBackup(restoreStoreOf(target), file);
      expect(await target.query('SELECT FROM api_key')).toHaveLength(2);
      for (const auth of [source.auth, target.auth])
        await target.http.post('/esmond/perfsonar/archive/').set('authorization', auth).send({}).expect(400);
      await empty(target, 'event_type');
      await restoreBackup(restoreStoreOf(target), file);
      expect(await target.query('SELECT FROM api_key')).toHaveLength(2);

      await empty(target, 'event_type, api_key');
      await restoreBackup(restoreStoreOf(target), file);
      expect(await contentsOf(target, true)).toEqual(await contentsOf(source, true));
      await target.issueKey('read');
    } finally {
      await target.close();
    }
  });

  test('that the backup lacks stay as they are', async () => {
    const target = await startArchive();
    try {
      const before = await target.query('SELECT * FROM api_key');
      await restoreBackup(restoreStoreOf(target), made);
      expect(await target.query('SELECT * FROM api_key')).toEqual(before);
    } finally {
      await target.close();
    }
  });
});

describe('a bad file', () => {
  let target: TestArchive;
  beforeAll(async () => {
    target = await startArchive();
  });
  afterAll(() => target.close());

  /** The sentences with which the restoring and the check refuse it; nothing may be changed. */
  async function refusals(file: string): Promise<[restored: string, checked: string]> {
    const before = [await contentsOf(target, true), await chunksOf(target)];
    const restored = await refusal(restore({ DATABASE_URL: target.databaseUrl }, file));
    const checked = await refusal(checkFile(file));
    expect([await contentsOf(target, true), await chunksOf(target)]).toEqual(before);
    expect(printed).toEqual([]);
    return [restored, checked];
  }

  /** The sentence with which both refuse it. */
  async function refused(file: string): Promise<string> {
    const [restored, checked] = await refusals(file);
    expect(checked).toBe(restored);
    return restored;
  }

  test('that is cut off anywhere', async () => {
    const whole = readFileSync(made);
    for (const length of [0, 1, 100, Math.floor(whole.length / 2), whole.length - 1])
      expect(await refused(fileOf('cut', whole.subarray(0, length)))).toMatch(/cannot be restored: .*unexpected end/);
  });

  test('that is cut off between two parts', async () => {
    const file = repacked('cut', (content) =>
      Buffer.concat([content.subarray(0, content.indexOf('manifest.json')), Buffer.alloc(1024)]),
    );
    expect(await refused(file)).toMatch(/cannot be restored: it breaks off\.$/);
  });

  const isSameContent = (one: Buffer, other: Buffer): boolean => {
    try {
      return gunzipSync(one).equals(gunzipSync(other));
    } catch {
      return false;
    }
  };

  test('in which one bit is another one', async () => {
    const whole = readFileSync(made);
    for (let at = 12; at < whole.length; at += Math.ceil(whole.length / 10)) {
      const altered = Buffer.from(whole);
      altered[at]! ^= 1 << (at % 8);
      if (isSameContent(altered, whole)) continue; // one of the few bits that mean nothing
      // Of the bit itself and of what it does to the tar or to a name in the description, any may be seen first.
      for (const sentence of await refusals(fileOf('altered', altered)))
        expect(sentence, `byte ${at}`).toMatch(/cannot be restored|which this version does not know/);
    }
  });

  test.each([
    ['a value', (content: Buffer) => replaced(content, '9400000000', '9500000000'), 'rows of "point" are not those'],
    [
      'the description',
      (content: Buffer) => replaced(content, '"made": "2', '"made": "1'),
      'backup.json has been altered',
    ],
    [
      'the order of the parts',
      (content: Buffer) => replaced(content, 'series/000001', 'series/000002'),
      'Invalid tar header',
    ],
    ['a column', (content: Buffer) => replaced(content, '"base_cut_off"', '"base_cut_on!"'), 'holds "base_cut_on!"'],
    ['the format', (content: Buffer) => replaced(content, '"version": 3', '"version": 4'), 'newer version of Marigram'],
    [
      'a time',
      (content: Buffer) => replaced(content, '2024-05-01 12:00:01', '2024-05-01 xy:00:01'),
      'a row of it has no time',
    ],
    ['an end of a row', (content: Buffer) => replaced(content, '\n5\t', ' 5\t'), 'rows of'],
  ])('in which %s was altered by hand', async (_what, alter, sentence) => {
    const file = repacked('altered', alter);
    const before = await contentsOf(target, true);
    expect(await refusal(restore({ DATABASE_URL: target.databaseUrl }, file))).toContain(sentence);
    await expect(checkFile(file)).rejects.toThrow(OperatorError);
    expect(await contentsOf(target, true)).toEqual(before);
  });

  test('that is none of ours', async () => {
    expect(await refused(fileOf('text', Buffer.from('Dear diary')))).toContain('it is damaged, or no backup at all');
    expect(await refused(fileOf('gzip', gzipSync('Dear diary')))).toContain('cannot be restored');
    const other = gunzipSync(readFileSync(made));
    other.write('other-program__', other.indexOf('marigram-backup'));
    expect(await refused(fileOf('other', gzipSync(other)))).toContain('it is no backup of Marigram');
    expect(await refused(directory)).toContain('is no file');
    expect(await refused(join(directory, 'nothing'))).toContain('cannot be read');
  });

  test('behind whose end there is more', async () => {
    const more = [
      Buffer.alloc(1),
      Buffer.alloc(100_000),
      Buffer.from('\0text'),
      Buffer.from('text'),
      readFileSync(made),
    ];
    for (const [index, bytes] of more.entries())
      expect(await refused(fileOf('longer', Buffer.concat([readFileSync(made), bytes]))), String(index)).toContain(
        'cannot be restored',
      );
  });

  test('that turns bad while it is restored', async () => {
    const file = fileName('changing');
    copyFileSync(made, file);
    const whole = readFileSync(made);
    const before = [await contentsOf(target, true), await chunksOf(target)];
    // The second reading begins when the whole file has been read once.
    const onProgress = (done: number, total: number): void => {
      if (done === total / 2) writeFileSync(file, whole.subarray(0, -20));
    };
    expect(await refusal(restoreBackup(restoreStoreOf(target), file, { onProgress }))).toContain('unexpected end');
    expect([await contentsOf(target, true), await chunksOf(target)]).toEqual(before);
  });
});

test('an archive that is not empty is refused, and stays as it is', async () => {
  const target = await startArchive();
  try {
    await register(target, 'throughput');
    const before = await contentsOf(target, true);
    const sentence = await refusal(restore({ DATABASE_URL: target.databaseUrl }, made));
    expect(sentence).toBe(
      'The archive is not empty, and a backup is restored into an empty one only: give it a new database or DATA_DIR.',
    );
    expect(await contentsOf(target, true)).toEqual(before);
  } finally {
    await target.close();
  }
});

test('who writes while an archive is filled waits, and is not lost', async () => {
  const target = await startArchive();
  const blocker = new pg.Client(target.databaseUrl);
  await blocker.connect();
  try {
    // Keeps the restore in the middle of taking its locks, until somebody has come to write.
    await blocker.query('BEGIN; LOCK TABLE rollup IN ROW EXCLUSIVE MODE');
    const restoring = restoreBackup(restoreStoreOf(target), made);
    const held = `SELECT FROM pg_locks WHERE relation = 'metadata'::regclass AND mode = 'ShareRowExclusiveLock' AND granted`;
    await expect.poll(() => target.query(held)).toHaveLength(1);
    const registered = register(target, 'throughput');
    expect(await target.query('SELECT FROM metadata')).toEqual([]);
    await blocker.query('COMMIT');
    await restoring;
    await putPoints(target, await registered, 'throughput', [{ ts: 1714557600, val: 1 }]).expect(201);
    expect(await target.query('SELECT FROM metadata')).toHaveLength(4);
  } finally {
    await blocker.end();
    await target.close();
  }
});

test('a file that is there already is replaced with --force only', async () => {
  const env = { DATABASE_URL: source.databaseUrl };
  const file = fileOf('precious', Buffer.from('precious'));
  expect(await refusal(backup(env, file, {}))).toContain('is there already: choose another name, or add --force');
  expect(readFileSync(file, 'utf8')).toBe('precious');
  await backup(env, file, { force: true });
  await checkFile(file);

  const other = fileName('begun');
  writeFileSync(`${other}.part`, 'half');
  expect(await refusal(backup(env, other, {}))).toContain('was broken off');
  expect(readFileSync(`${other}.part`, 'utf8')).toBe('half');
  await backup(env, other, { force: true });
  expect(existsSync(`${other}.part`)).toBe(false);

  expect(await refusal(backup(env, directory, { force: true }))).toContain('is no file');
  expect(await refusal(backup(env, join(directory, 'no', 'where'), {}))).toContain('cannot be written (ENOENT');
});

test('--check says what is in a file, without a database', async () => {
  await checkFile(made);
  const said =
    /: 3 metadata, 7 series, 49 loose points, 1 segments and \d+ rollups, as of \d{4}-\d\d-\d\dT[\d:.]+Z, by Marigram \d+\.\d+\.\d+\.$/;
  expect(printed).toEqual([expect.stringMatching(said)]);
});

test('a backup beside writers holds one state: every point that a series and its bins speak of, and no other', async () => {
  const [busy, target] = [await startArchive(), await startArchive()];
  let isOver = false;
  try {
    const summaries = [{ 'summary-type': 'aggregation', 'summary-window': 3600 }];
    const uri = await register(busy, { 'event-type': 'packet-count-sent', summaries });
    const write = async (begin: number): Promise<void> => {
      for (let ts = begin; !isOver; ts += 2_000)
        await putPoints(busy, uri, 'packet-count-sent', [
          { ts, val: 1 },
          { ts: ts + 2, val: 2 },
        ]).expect(201);
    };
    const writing = Promise.all([write(1_700_000_000), write(1_700_000_001)]);
    await until(async () => (await busy.query('SELECT FROM point LIMIT 1')).length > 0);
    const files = [];
    for (let i = 0; i < 4; i++) {
      await register(busy, 'throughput');
      files.push(fileName('busy'));
      await makeBackup(storeOf(busy), files[i]!, options());
    }
    isOver = true;
    await writing;
    for (const file of files) {
      await restoreBackup(restoreStoreOf(target), file);
      const [sums] = await target.query(
        `SELECT (SELECT count(*) FROM points)::int AS points, (SELECT sum(count) FROM rollup)::int AS counted,
                (SELECT sum(value) FROM points) = (SELECT sum(sum) FROM rollup) AS "isSum",
                (SELECT min(ts) FROM points) = min(first_point) AS "isFirst",
                (SELECT max(ts) FROM points) = max(last_point) AS "isLast" FROM series`,
      );
      expect(sums).toMatchObject({ isSum: true, isFirst: true, isLast: true, counted: sums!['points'] });
      await empty(target);
    }
  } finally {
    isOver = true;
    await busy.close();
    await target.close();
  }
});

test('no chunk can be dropped under a backup', async () => {
  await storeOf(source).snapshot(BACKUP_TABLES, async () => {
    const chunks = await source.query<{ name: string }>('SELECT DISTINCT tableoid::regclass::text AS name FROM point');
    expect(chunks.length).toBeGreaterThan(3);
    for (const { name } of chunks)
      await expect(
        source.query(`DO 'BEGIN LOCK TABLE ONLY ${name} IN ACCESS EXCLUSIVE MODE NOWAIT; END'`),
      ).rejects.toMatchObject({ code: '55P03' });
  });
});

test('a backup that is called off leaves no file and no trouble', async () => {
  const file = fileName('off');
  const reason = new OperatorError('enough');
  const signal = AbortSignal.abort(reason);
  await expect(makeBackup(storeOf(source), file, options({ signal }))).rejects.toBe(reason);
  expect(readdirSync(directory).filter((name) => file.endsWith(name) || name.endsWith('.part'))).toEqual([]);
  const again = await makeBackup(storeOf(source), file, options());
  expect(again.tables['point']?.rows).toBe(49);
});

test('the same state has the same checksums', async () => {
  const file = fileName('again');
  const again = await makeBackup(storeOf(source), file, options());
  const packed = gunzipSync(readFileSync(file));
  const at = packed.indexOf('point/000001.tsv');
  const length = parseInt(packed.toString('latin1', at + 124, at + 135), 8);
  const rows = packed.subarray(at + 512, at + 512 + length);
  const sha256 = createHash('sha256').update(rows).digest('hex');
  expect(again.tables['point']).toEqual({ rows: 49, bytes: length, sha256 });
});

test('the programs end with one sentence and exit code 1, or with one line and 0', async () => {
  const sandbox = new Sandbox();
  try {
    const cut = fileOf('cut', readFileSync(made).subarray(0, -1));
    const bad = await sandbox.run([...MARIGRAM, 'restore', '--check', cut], {});
    expect(bad).toMatchObject({ code: 1, stdout: '' });
    expect(bad.stderr).toMatch(/^marigram: .* cannot be restored: [^\n]*\.\n$/);
    const good = await sandbox.run([...MARIGRAM, 'backup', fileName('ok')], { DATABASE_URL: source.databaseUrl });
    expect(good).toMatchObject({ code: 0, stderr: '' });
    expect(good.stdout).toMatch(/^Backed up [^\n]*\n$/);
  } finally {
    await sandbox.dispose();
  }
});
