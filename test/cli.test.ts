import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { putPoints, readAll, register } from './support/builders.js';
import { type Ending, MARIGRAM, Program } from './support/process.js';
import { newStream, pointsFrom, TEST_START, write } from './support/streams.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

/** Runs the built command line on the archive's database, beside its server. */
function marigram(...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, ...args], { DATABASE_URL: archive.databaseUrl }).ended;
}

const summaries = [{ 'summary-type': 'average', 'summary-window': 60 }];

async function newSeries(): Promise<string> {
  const uri = await register(archive, { 'event-type': 'throughput', summaries }, 'packet-rtt');
  for (const type of ['throughput', 'packet-rtt'])
    await putPoints(
      archive,
      uri,
      type,
      [0, 60, 61].map((ts) => ({ ts, val: ts })),
    ).expect(201);
  return uri;
}

describe('verify', () => {
  let uri: string;
  beforeEach(async () => {
    uri = await newSeries();
  });

  const averages = async (): Promise<unknown> => (await archive.http.get(`${uri}throughput/averages/60`)).body;

  test('finds nothing where all is well', async () => {
    const { code, stdout } = await marigram('verify');
    expect(stdout).toMatch(
      /^Checked the points of \d+ series: nothing is wrong\.\nChecked \d+ windows of summaries: no difference\.\n$/,
    );
    expect(code).toBe(0);
  });

  test.each([
    ['UPDATE rollup SET sum = sum + 1', 'sum'],
    ['UPDATE rollup SET count = count + 1', 'count'],
    ['DELETE FROM rollup', 'missing'],
    [`UPDATE rollup SET bin = bin + interval '30 seconds'`, 'without points'],
  ])('finds what "%s" has done, exits with 1, and with 0 when it has put that right', async (damage, what) => {
    const before = await averages();
    await archive.query(
      `${damage} WHERE series = (SELECT s.id FROM series s JOIN metadata m ON m.id = s.metadata
       WHERE m.key = $1 AND event_type = 'throughput') AND bin = to_timestamp(60)`,
      [uri.split('/').at(-2)],
    );
    const found = await marigram('verify');
    expect(found.stdout).toContain(`throughput, window 60, bin`);
    expect(found.stdout).toContain(`: ${what}\n`);
    expect(found.code).toBe(1);
    const repaired = await marigram('verify', '--repair');
    expect(repaired.stdout).toContain('put right');
    expect(repaired.code).toBe(0);
    expect((await marigram('verify')).code).toBe(0);
    expect(await averages()).toEqual(before);
  });

  test('names points that are wrong, leaves their summaries out, and claims no repair', async () => {
    const times = Array.from({ length: 40 }, (_, index) => ({ ts: 600 + index, val: index }));
    await putPoints(archive, uri, 'throughput', times).expect(201);
    await archive.query(`UPDATE segment SET data = substring(data FOR 9), points = 41`);
    const { code, stdout, stderr } = await marigram('verify', '--repair');
    expect(stdout).toMatch(
      /^[0-9a-f]{32} throughput, points from 600: a segment of points is damaged: its bytes end too early\n/,
    );
    expect(stdout).toMatch(
      /Checked the points of \d+ series: 1 things are wrong, which "--repair" can't put right\.\n/,
    );
    expect(stdout).toContain('; 1 windows of points that are wrong were left out.');
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    await archive.query('DELETE FROM segment');
  });

  test('names bins that contradict themselves where no points are kept, and claims no repair', async () => {
    const stream = await newStream(archive, { raw: false, summaries: [['quantiles', 60]] });
    await write(archive, [{ stream, points: pointsFrom(TEST_START, 3) }]);
    const ofStream = 'series = (SELECT series FROM session_stream WHERE id = $1)';
    await archive.query(`UPDATE rollup SET sum = sum + 1 WHERE ${ofStream}`, [stream.key]);
    const { code, stdout } = await marigram('verify', '--repair');
    expect(stdout).toContain(`${stream.key} metric, window 60, bin 1574164720.249248: sum\n`);
    expect(stdout).toContain(' 1 bins whose points were not kept contradict themselves, and stay as they are.\n');
    expect(code).toBe(1);
    await archive.query(`DELETE FROM rollup WHERE ${ofStream}`, [stream.key]);
  });

  test('a sample must be a percentage', async () => {
    expect((await marigram('verify', '--sample', '1%')).code).toBe(0);
    const { code, stderr } = await marigram('verify', '--sample', 'few');
    expect(stderr).toContain('percentage');
    expect(code).toBe(1);
  });
});

describe('delete', () => {
  test('does nothing unless it is told twice', async () => {
    const uri = await newSeries();
    const key = uri.split('/').at(-2) ?? '';
    expect((await marigram('delete', '--yes')).stderr).toContain('--all');
    expect((await marigram('delete', `metadata-key=${key}`)).stderr).toContain('--dry-run');
    const { code, stdout } = await marigram('delete', `metadata-key=${key}`, '--dry-run');
    expect(stdout).toContain(key);
    expect(stdout).toContain('Found 1 metadata; nothing was deleted.');
    expect(code).toBe(0);
    expect(await readAll(archive, uri, 'throughput')).toHaveLength(3);
  });

  test('a dry run says which event types and times would go, and refuses what the real one would', async () => {
    const uri = await newSeries();
    const found = [`metadata-key=${uri.split('/').at(-2) ?? ''}`, '--dry-run'];
    const only = await marigram('delete', ...found, '--only', 'throughput');
    expect(only.stdout).toContain('Found 1 metadata, of which throughput would go; nothing was deleted.');
    expect(only.stdout).not.toContain('packet-rtt');
    const points = await marigram('delete', ...found, '--from', '60', '--to', '61');
    expect(points.stdout).toContain(
      'Found 1 metadata, of which the points from 60 to 61 would go; nothing was deleted.',
    );
    const dates = await marigram('delete', ...found, '--from', '1970-01-01T00:01', '--to', '-1d');
    expect(dates.stdout).toMatch(/, of which the points from 60 to \d{10} would go; nothing was deleted\.\n$/);
    const lacking = await marigram('delete', ...found, '--only', 'failures');
    expect(lacking.stdout).toBe('Found 0 metadata, of which failures would go; nothing was deleted.\n');
  });

  test('deletes points of a time, an event type, and whole metadata', async () => {
    const uri = await newSeries();
    const other = await newSeries();
    const found = [`metadata-key=${uri.split('/').at(-2) ?? ''}`, 'event-type=throughput', '--yes'];
    const points = await marigram('delete', ...found, '--only', 'throughput', '--from', '60', '--to', '60');
    expect(points.stdout).toContain('Deleted 1 points and 0 metadata of 1 found.');
    expect((await readAll(archive, uri, 'throughput')).map(({ ts }) => ts)).toEqual([0, 61]);
    const eventType = await marigram('delete', ...found, '--only', 'throughput');
    expect(eventType.stdout).toContain('Deleted 2 points and 0 metadata of 1 found.');
    const metadata = await marigram('delete', ...found.filter((argument) => !argument.startsWith('event-type')));
    expect(metadata.stdout).toContain('Deleted 3 points and 1 metadata of 1 found.');
    await archive.http.get(uri).expect(404);
    expect(await readAll(archive, other, 'throughput')).toHaveLength(3);
  });

  test.each([
    ['source=nowhere.invalid', 'no address'],
    ['time-start=soon', 'time-start'],
    ['limit=1', 'limit is no filter; nothing was deleted.'],
    ['offset=1', 'offset is no filter; nothing was deleted.'],
    ['order=key', 'order is no filter; nothing was deleted.'],
    ['format=json', 'format is no filter; nothing was deleted.'],
    ['dns-match-rule=only-v4', '--all'],
    ['source=192.0.2.1 --only troughput', '--only: there is no event type "troughput"'],
    ['source=192.0.2.1 --from soon', "option '--from <when>' argument 'soon' is invalid"],
    ['sorce=192.0.2.1', 'There is no filter sorce: did you mean source?'],
    ['source=192.0.2.1 --only troughput', 'did you mean throughput?'],
    ['source=192.0.2.1 --from 2 --to 1', '--from is after --to'],
  ])('%s is one sentence, and nothing is deleted', async (filter, text) => {
    const uri = await newSeries();
    for (const last of ['--dry-run', '--yes']) {
      const { code, stderr } = await marigram('delete', ...filter.split(' '), last);
      expect(stderr).toContain(text);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(code).toBe(1);
    }
    expect(await readAll(archive, uri, 'throughput')).toHaveLength(3);
  });
});

test('retention deletes nothing unless it is told to', async () => {
  const uri = await newSeries();
  const directory = await mkdtemp(join(tmpdir(), 'marigram-policy-'));
  try {
    const policy = join(directory, 'policy.json');
    const policies = [{ event_type: '*', summary_type: '*', summary_window: '*', expire: '30d' }];
    await writeFile(policy, JSON.stringify({ policies }));
    const refused = await marigram('retention', 'run', '--policy', policy);
    expect(refused.stderr).toBe(
      'marigram: Nothing was deleted: look with "marigram retention plan" first, then give --yes.\n',
    );
    expect(refused.code).toBe(1);
    expect(await readAll(archive, uri, 'throughput')).toHaveLength(3);
    const done = await marigram('retention', 'run', '--policy', policy, '--yes');
    expect(done.stdout).toContain('* * *: ');
    expect(done.code).toBe(0);
    expect(await readAll(archive, uri, 'throughput')).toEqual([]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test.each([
  [['bogus'], `unknown command 'bogus': see "marigram --help".`],
  [['key', 'isue', 'me'], `unknown command 'isue' (Did you mean issue?): see "marigram key --help".`],
  [['audit', '--sinse', '1d'], `unknown option '--sinse' (Did you mean --since?): see "marigram audit --help".`],
  [['backup'], `missing required argument 'file': see "marigram backup --help".`],
  [['verify', '--sample', 'few'], 'see "marigram verify --help".'],
])('%j is answered by one sentence', async (args, text) => {
  const { code, stdout, stderr } = await marigram(...args);
  expect(stderr).toMatch(/^marigram: [^\n]*\n$/);
  expect(stderr).toContain(text);
  expect([code, stdout]).toEqual([1, '']);
});
