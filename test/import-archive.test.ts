import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ImportReport } from '../src/import/import-report.js';
import { type ArchiveImportOptions, importArchive } from '../src/import/import-archive.js';
import { SourceArchive } from '../src/import/source-archive.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, putPoints, readAll, register } from './support/builders.js';
import { empty } from './support/empty.js';
import { placeOf } from './support/import.js';
import { storeMetadata, summarized, type WireMetadata, without } from './support/metadata.js';
import { MARIGRAM, Program } from './support/process.js';

let source: TestArchive;
let target: TestArchive;
let url: string;
beforeAll(async () => {
  source = await startArchive();
  url = await source.app.getUrl();
});
afterAll(() => source.close());
beforeEach(async () => {
  target = await startArchive();
});
afterEach(async () => {
  await target.close();
  await empty(source);
});

function run(options: ArchiveImportOptions = {}): Promise<ImportReport> {
  return importArchive(placeOf(target), new SourceArchive(url), options);
}

/** All that an archive answers about its metadata, points and summaries; times of writing are compared, too. */
async function answersOf(archive: TestArchive): Promise<unknown> {
  const found: WireMetadata[] = (await archive.http.get(`${ARCHIVE}?limit=1000`).expect(200)).body;
  const answers: unknown[] = [];
  for (const metadata of found) {
    answers.push(without(['url'], metadata));
    for (const eventType of metadata['event-types'])
      for (const uri of [eventType['base-uri'], ...eventType.summaries.map(({ uri }) => String(uri))])
        answers.push([uri, (await archive.http.get(`${uri}?time-start=0&limit=100000`).expect(200)).body]);
  }
  return answers;
}

/** Something of every data type, with summaries, over half a year and below the second. */
async function fill(): Promise<string> {
  const uri = await register(
    source,
    summarized('throughput', ['average', 86400], ['aggregation', 3600], ['statistics', 86400], ['quantiles', 86400]),
    summarized('histogram-owdelay', ['aggregation', 86400], ['statistics', 0]),
    summarized('packet-loss-rate', ['aggregation', 86400]),
    'packet-count-lost',
    'packet-count-sent',
    'ntp-offset',
    'failures',
    'throughput-subintervals',
    'path-mtu',
  );
  const times = [0, 1714557600, 1714557600.25, 1714557601, 1730000000];
  const put = async (type: string, val: (index: number) => unknown): Promise<void> => {
    const points = times.map((ts, index) => ({ ts, val: val(index) }));
    await putPoints(source, uri, type, points).expect(201);
  };
  await put('throughput', (index) => 9_400_000_000 + index);
  await put('histogram-owdelay', (index) => ({ '41.00': index, '-0.5': 3 }));
  await put('packet-count-lost', (index) => index);
  await put('packet-count-sent', () => 600);
  await put('packet-loss-rate', (index) => ({ numerator: index, denominator: 600 }));
  await put('ntp-offset', (index) => 0.1 * index);
  await put('failures', (index) => ({ error: `a "quoted" é 漢 ${index}`, list: [null, true, 1.5] }));
  await put('throughput-subintervals', () => [{ start: 0, duration: '1', val: 2 }]);
  return uri;
}

test('another archive answers the same as this one afterwards, keys and times of writing included', async () => {
  const uri = await fill();
  await source.query(`UPDATE series SET time_updated = '2024-11-01Z' WHERE time_updated IS NOT NULL`);
  await storeMetadata(source, newMetadata(['throughput'], { 'time-duration': 26.5, 'mode-flip': true }));
  const account = await run();
  expect(await answersOf(target)).toEqual(await answersOf(source));
  expect(account.metadata).toEqual({ read: 2, created: 2, there: 0 });
  expect(account.points).toEqual({ read: 40, stored: 40, there: 0 });
  expect(account.bins).toMatchObject({ sealed: 0, there: 0 });
  expect(account.skipped).toEqual(new Map());
  expect(account.otherKeys).toEqual([]);
  await target.http.get(uri).expect(200);
});

test('percentages come with both parts, without packet counts, and rates over 1 through a second archive', async () => {
  const uri = await register(source, summarized('packet-loss-rate', ['aggregation', 3600]));
  await putPoints(source, uri, 'packet-loss-rate', [
    { ts: 1714557600, val: { numerator: 1, denominator: 600 } },
    { ts: 1714557660, val: { numerator: 3, denominator: 10 } },
  ]).expect(201);
  // As an import from an esmond leaves it, where that has no counts.
  await source.query('UPDATE point SET value = 0.3, denominator = 1 WHERE denominator = 10');
  await source.query('UPDATE rollup SET sum = 1.3, denominator_sum = 601');
  const account = await run();
  expect(account.failed).toEqual(new Map());
  expect(account.points).toEqual({ read: 2, stored: 2, there: 0 });
  const stored = 'SELECT value, denominator FROM points ORDER BY ts';
  expect(await target.query(stored)).toEqual(await source.query(stored));
  expect(await answersOf(target)).toEqual(await answersOf(source));
});

test('a second run stores nothing twice, and brings what has come meanwhile', async () => {
  const uri = await fill();
  await run();
  const before = await answersOf(target);
  const again = await run({ again: true });
  expect(again.points).toEqual({ read: 40, stored: 0, there: 40 });
  expect(again.metadata).toEqual({ read: 1, created: 0, there: 1 });
  expect(await answersOf(target)).toEqual(before);

  await putPoints(source, uri, 'throughput', [{ ts: 1730000600, val: 7 }]).expect(201);
  const next = await run();
  // What is older than a week before the last point is not read again.
  expect(next.points).toEqual({ read: 9, stored: 1, there: 8 });
  expect(await answersOf(target)).toEqual(await answersOf(source));
});

test('what clients of this archive have written since stays, and has its part in the summaries', async () => {
  const uri = await fill();
  const metadata = (await source.http.get(uri)).body;
  const key = metadata['metadata-key'];
  const body = without(['url', 'uri', 'metadata-key'], metadata);
  const here = await storeMetadata(target, { ...body, 'event-types': [{ 'event-type': 'throughput' }] });
  await putPoints(target, here.uri, 'throughput', [
    { ts: 1714557600, val: 1 },
    { ts: 1714557700, val: 2 },
  ]).expect(201);
  const account = await run();
  expect(account.otherKeys).toEqual([{ there: key, here: here['metadata-key'] }]);
  expect(account.metadata).toEqual({ read: 1, created: 0, there: 1 });
  expect(account.points).toMatchObject({ stored: 39, there: 1 });
  expect((await readAll(target, here.uri, 'throughput')).map(({ val }) => val)).toEqual([
    9400000000, 1, 9400000002, 9400000003, 2, 9400000004,
  ]);
  const { body: sums } = await target.http.get(`${here.uri}throughput/aggregations/3600?time=1714557600`);
  expect(sums).toEqual([{ ts: 1714557600, val: 18_800_000_008 }]);
  const verified = await new Program([...MARIGRAM, 'verify'], { DATABASE_URL: target.databaseUrl }).ended;
  expect(verified.stdout).toContain('no difference');
});

test('a key that another metadata has here is not taken from it', async () => {
  const uri = await fill();
  const key = uri.split('/').at(-2)!;
  const other = await storeMetadata(target, newMetadata());
  await target.query('UPDATE metadata SET key = $1', [key]);
  const account = await run();
  expect(account.otherKeys).toEqual([{ there: key, here: expect.stringMatching(/^[0-9a-f]{32}$/) }]);
  expect((await target.http.get(uri)).body['test-number']).toBe(other['test-number']);
});

test('values of summaries whose points are gone come sealed, also through a second archive', async () => {
  const uri = await register(source, summarized('throughput', ['average', 3600], ['aggregation', 3600]));
  const at = (hours: number): { ts: number; val: number } => ({ ts: 1714521600 + 1800 * hours, val: hours });
  await putPoints(source, uri, 'throughput', [0, 1, 2, 3, 4, 5, 6, 7].map(at)).expect(201);
  // As retention does it: the first three points leave, and half of the second bin with them.
  await source.query(`UPDATE series SET base_cut_off = to_timestamp($1), version = version + 1`, [at(3).ts]);
  await source.query('DELETE FROM point WHERE ts < to_timestamp($1)', [at(3).ts]);
  const before = (await source.http.get(`${uri}throughput/averages/3600?time-start=0`)).body;
  expect(before).toHaveLength(4);

  const account = await run();
  expect(account.bins).toEqual({ read: 8, sealed: 4, there: 0, computed: 4 });
  const averages = `${uri}throughput/averages/3600?time-start=0`;
  expect((await target.http.get(averages)).body).toEqual(before);
  expect(await target.query('SELECT FROM sealed_bin')).toHaveLength(4);
  expect((await run({ again: true })).bins).toEqual({ read: 8, sealed: 0, there: 4, computed: 4 });
  expect((await target.http.get(averages)).body).toEqual(before);

  const third = await startArchive();
  try {
    await importArchive(placeOf(third), new SourceArchive(await target.app.getUrl()));
    expect(await answersOf(third)).toEqual(await answersOf(target));
  } finally {
    await third.close();
  }
});

test('quantiles, distributions and categories come sealed, too, and are shown as they were', async () => {
  const uri = await register(
    source,
    summarized('throughput', ['quantiles', 3600], ['distribution', 3600]),
    summarized('event', ['categories', 3600]),
  );
  const begin = 1714521600;
  const times = Array.from({ length: 8 }, (_, index) => begin + 1800 * index);
  await putPoints(
    source,
    uri,
    'throughput',
    times.map((ts, index) => ({ ts, val: 100 * index })),
  ).expect(201);
  await putPoints(
    source,
    uri,
    'event',
    times.map((ts, index) => ({ ts, val: ['10', '9', 'é'][index % 3] })),
  ).expect(201);
  await source.query(`UPDATE series SET base_cut_off = to_timestamp($1), version = version + 1`, [begin + 7200]);
  await source.query('DELETE FROM point WHERE ts < to_timestamp($1)', [begin + 7200]);
  const texts = async (archive: TestArchive): Promise<string[]> =>
    Promise.all(
      ['throughput/quantiles', 'throughput/distributions', 'event/categories'].map(
        async (path) => (await archive.http.get(`${uri}${path}/3600?time-start=0`).expect(200)).text,
      ),
    );
  const before = await texts(source);
  expect(before[0]).toContain('"q50":50,');
  expect(before[2]).toContain('{"10":1,"9":1}');
  expect((await run()).bins).toEqual({ read: 12, sealed: 9, there: 0, computed: 3 });
  expect(await texts(target)).toEqual(before);
});

test('a stretch of history comes alone, and the rest with a later run', async () => {
  const uri = await fill();
  const some = await run({ since: 1714557600_000000, until: 1714557600_999999 });
  expect(some.points).toMatchObject({ read: 16, stored: 16 });
  expect((await readAll(target, uri, 'throughput')).map(({ ts }) => ts)).toEqual([1714557600, 1714557600.25]);
  await run();
  expect((await readAll(target, uri, 'throughput')).map(({ ts }) => ts)).toHaveLength(5);
});

test('a dry run changes nothing', async () => {
  await fill();
  const account = await run({ dryRun: true });
  expect(account.metadata).toEqual({ read: 1, created: 1, there: 0 });
  expect((await target.http.get(ARCHIVE)).body).toEqual([]);
});
