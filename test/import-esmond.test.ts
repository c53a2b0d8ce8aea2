import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ImportReport } from '../src/import/import-report.js';
import { type ArchiveImportOptions, importArchive } from '../src/import/import-archive.js';
import { SourceArchive } from '../src/import/source-archive.js';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { readAll } from './support/builders.js';
import { type EsmondMetadata, type EsmondPoint, FakeEsmond } from './support/fake-esmond.js';
import { placeOf } from './support/import.js';
import { MARIGRAM, Program } from './support/process.js';

const HOUR = 3600;
const DAY = 86_400;

/** 2024-05-01, 00:00 UTC. */
const BEGIN = 1714521600;

const SAME_PAGE = 'this is no measurement archive: expected another page, got the same metadata again';

const KEY = '5f0c7b0e6f9c4a53a2b4c2f5d9a1b3e1';
const FIELDS = {
  'subject-type': 'point-to-point',
  source: '192.0.2.1',
  destination: '192.0.2.2',
  'measurement-agent': '192.0.2.1',
  'tool-name': 'pscheduler/powstream',
  'input-source': 'ps1.example.net',
  'input-destination': 'ps2.example.net',
  'time-duration': '26.0',
};

/** A value each minute. */
function minutes(count: number, val: (index: number) => unknown, begin = BEGIN): EsmondPoint[] {
  return Array.from({ length: count }, (_, index) => ({ ts: begin + 60 * index, val: val(index) }));
}

let esmond: FakeEsmond;
let target: TestArchive;
let url: string;
beforeEach(async () => {
  target = await startArchive();
  esmond = new FakeEsmond([]);
  url = await esmond.start();
});
afterEach(async () => {
  await esmond.stop();
  await target.close();
});

function holds(rows: EsmondMetadata['rows'], key = KEY, fields: EsmondMetadata['fields'] = FIELDS): void {
  esmond.metadata = [...esmond.metadata, { key, fields, rows }].sort((a, b) => (a.key < b.key ? -1 : 1));
}

function run(options: ArchiveImportOptions = {}, timeoutMs = 30_000): Promise<ImportReport> {
  return importArchive(placeOf(target), new SourceArchive(url, { backoffMs: 1, timeoutMs }), options);
}

async function rows(path: string, key = KEY): Promise<EsmondPoint[]> {
  return (await target.http.get(`${ARCHIVE}${key}/${path}?time-start=0&limit=1000000`).expect(200)).body;
}

test('metadata come with their keys, and points as they are, more than one request of them', async () => {
  holds({
    'throughput/base': minutes(25_000, (index) => 9.4e9 + index),
    'histogram-owdelay/base': minutes(3, (index) => ({ '41.00': index })),
    'failures/base': minutes(450, (index) => ({ error: `no ${index}` })),
    'ntp-offset/base': [],
  });
  const account = await run();
  expect(account.metadata).toEqual({ read: 1, created: 1, there: 0 });
  expect(account.points).toEqual({ read: 25_453, stored: 25_453, there: 0 });
  expect(account.skipped).toEqual(new Map());
  expect((await target.http.get(`${ARCHIVE}${KEY}/`)).body).toMatchObject(FIELDS);
  expect(await rows('throughput/base')).toEqual(esmond.metadata[0]!.rows['throughput/base']);
  expect(await rows('failures/base')).toEqual(esmond.metadata[0]!.rows['failures/base']);
  expect(await rows('histogram-owdelay/base')).toEqual(esmond.metadata[0]!.rows['histogram-owdelay/base']);
  const [listed] = (await target.http.get(ARCHIVE)).body;
  expect(listed['event-types'][3]).toMatchObject({ 'event-type': 'throughput', 'time-updated': 1714600000 });
});

test('many metadata come page by page', async () => {
  const keys = Array.from({ length: 510 }, (_, index) => index.toString(16).padStart(32, '0'));
  for (const key of keys) holds({ 'throughput/base': [] }, key, { ...FIELDS, test: key });
  const account = await run();
  expect(account.metadata).toEqual({ read: 510, created: 510, there: 0 });
  const searches = esmond.requests.filter((path) => path.startsWith(`${ARCHIVE}?`));
  expect(searches.length).toBe(2);
  const stored = await target.query<{ key: string }>('SELECT key FROM metadata ORDER BY key');
  expect(stored.map(({ key }) => key)).toEqual(keys);
});

test('percentages are rebuilt from the packet counts of their time, where these come to them', async () => {
  holds({
    'packet-count-lost/base': minutes(4, (index) => index),
    'packet-count-sent/base': minutes(5, () => 600),
    // The fourth is another quotient than the counts have, for the fifth nobody counted what was lost.
    'packet-loss-rate/base': minutes(5, (index) => (index === 3 ? 0.5 : index / 600)),
    'packet-loss-rate/aggregations/300': [{ ts: BEGIN, val: 0.1016 }],
  });
  const account = await run();
  expect(account.failed).toEqual(new Map());
  expect(await rows('packet-loss-rate/base')).toEqual(esmond.metadata[0]!.rows['packet-loss-rate/base']);
  // Of two points only the rate is known: the bin keeps the value that it had.
  expect(await rows('packet-loss-rate/aggregations/300')).toEqual([{ ts: BEGIN, val: 0.1016 }]);
  const denominators = await target.query('SELECT denominator FROM points WHERE denominator IS NOT NULL ORDER BY ts');
  expect(denominators.map(({ denominator }) => denominator)).toEqual([600, 600, 600, 1, 1]);
});

test('rates without any packet counts come as they are, and what is no rate is a failure', async () => {
  const values = [0, 0.25, 1 / 3, 1, 1.5, -0.5, 'many', null, { numerator: 1, denominator: 0 }];
  holds({ 'packet-loss-rate/base': minutes(values.length, (index) => values[index]) });
  const account = await run();
  expect(await rows('packet-loss-rate/base')).toEqual(minutes(5, (index) => values[index]));
  expect(Object.fromEntries(account.failed)).toEqual({
    'packet-loss-rate: a rate below 0': 1,
    'packet-loss-rate: a value that is no percentage': 3,
  });
  expect(account.points).toEqual({ read: 9, stored: 5, there: 0 });
});

test('percentages that can all be rebuilt are summed up here', async () => {
  holds({
    'packet-count-lost-bidir/base': minutes(5, (index) => index),
    'packet-count-sent/base': minutes(5, () => 600),
    'packet-loss-rate-bidir/base': minutes(5, (index) => index / 600),
    // A mistake that esmond is known for: several points of one bin in one request.
    'packet-loss-rate-bidir/aggregations/300': [{ ts: BEGIN, val: 0.9 }],
  });
  const account = await run();
  expect(account.skipped).toEqual(new Map());
  expect(account.bins).toEqual({ read: 1, sealed: 0, there: 0, computed: 1 });
  expect(await rows('packet-loss-rate-bidir/aggregations/300')).toEqual([{ ts: BEGIN, val: 10 / 3000 }]);
});

test('summaries whose points are gone come as they are, and those of points that are there are computed', async () => {
  const averages = Array.from({ length: 10 }, (_, day) => ({ ts: BEGIN + DAY * day, val: 1.25 * day }));
  const statistics = { mean: 41.5, mode: [41, 42], minimum: 41, maximum: 42, median: 41.5, variance: 0.25 };
  holds({
    // The points begin in the middle of the sixth day.
    'throughput/base': [5.5, 6, 7, 8, 9].map((day) => ({ ts: BEGIN + DAY * day, val: 100 })),
    'throughput/averages/86400': averages,
    'histogram-owdelay/base': [],
    'histogram-owdelay/statistics/86400': [{ ts: BEGIN, val: statistics }],
    'histogram-owdelay/aggregations/86400': [{ ts: BEGIN, val: { '41.00': 1, '42.00': 1 } }],
  });
  const account = await run();
  // The last day may not be over there: it is not asked for before a point of the next one was read.
  expect(account.bins).toEqual({ read: 12, sealed: 8, there: 0, computed: 4 });
  const shown = (await rows('throughput/averages/86400')).map(({ val }) => val);
  expect(shown).toEqual([0, 1.25, 2.5, 3.75, 5, 6.25, 100, 100, 100, 100]);
  expect(await rows('histogram-owdelay/statistics/86400')).toEqual([{ ts: BEGIN, val: statistics }]);
  const again = await run({ again: true });
  expect(again.bins).toEqual({ read: 12, sealed: 0, there: 8, computed: 4 });
});

test('a bin that is not over is not sealed: its points are still to come', async () => {
  const now = Math.floor(Date.now() / 1000);
  const day = Math.floor(now / DAY) * DAY;
  holds({ 'throughput/base': [], 'throughput/averages/86400': [{ ts: day, val: 1 }] });
  expect((await run()).bins).toMatchObject({ read: 0, sealed: 0 });
});

test('what is not known here is left out and counted', async () => {
  holds({ 'streams-retransmits/base': minutes(3, () => 1), 'throughput/base': minutes(3, () => 'many') });
  holds({ 'throughput/base': minutes(1, () => 1) }, 'ff'.repeat(16), { ...FIELDS, source: 'nobody' });
  const account = await run();
  expect([...account.skipped.keys()]).toEqual(['event type streams-retransmits is not known here']);
  expect([...account.failed.keys()].sort()).toEqual([
    expect.stringContaining("a metadata that can't be one here (source: expected an IP address"),
    'throughput: a value that is no integer',
  ]);
  expect(account.failed.get('throughput: a value that is no integer')).toBe(3);
});

test('two metadata of esmond that are one here share the key of the first', async () => {
  holds({ 'throughput/base': minutes(2, () => 1) }, 'aa'.repeat(16));
  holds({ 'throughput/base': minutes(4, () => 2), 'failures/base': [] }, 'bb'.repeat(16));
  const account = await run();
  expect(account.metadata).toEqual({ read: 2, created: 1, there: 1 });
  expect(account.otherKeys).toHaveLength(1);
  const here = account.otherKeys[0]!.here;
  expect((await rows('throughput/base', here)).map(({ ts }) => ts)).toEqual(minutes(4, () => 0).map(({ ts }) => ts));
});

test('failures that pass are sat out', async () => {
  holds({ 'throughput/base': minutes(25_000, (index) => index) });
  let failures = 0;
  esmond.trouble = () => {
    failures++;
    if (failures % 5 === 1) return { status: 503 };
    if (failures % 5 === 2) return 'hang up';
    if (failures % 5 === 3) return { status: 500 };
    return failures === 4 ? { delay: 1500 } : undefined;
  };
  const account = await run({}, 500);
  expect(account.points).toEqual({ read: 25_000, stored: 25_000, there: 0 });
  expect(failures).toBeGreaterThan(5);
});

test('a series that fails for good is left and named, and the others come', async () => {
  holds({ 'failures/base': minutes(3, () => null), 'throughput/base': minutes(3, () => 1) });
  esmond.trouble = (path) => (path.includes('failures') ? { status: 500 } : undefined);
  const account = await run();
  expect([...account.failed.keys()].join()).toContain('failures: the other archive answered 500');
  expect(account.points).toMatchObject({ stored: 3 });
  esmond.trouble = () => undefined;
  expect((await run()).points).toMatchObject({ stored: 3, there: 3 });
});

test('an import that is broken off goes on where it was', async () => {
  holds({ 'throughput/base': minutes(40_000, (index) => index) });
  let reads = 0;
  esmond.trouble = (path) => (path.endsWith('base') && ++reads > 2 ? { status: 503 } : undefined);
  await expect(run()).rejects.toThrow('503');
  const uri = `${ARCHIVE}${KEY}/`;
  const stored = await readAll(target, uri, 'throughput');
  expect(stored.length).toBeGreaterThan(0);
  expect(stored.length).toBeLessThan(40_000);
  esmond.trouble = () => undefined;
  esmond.requests.length = 0;
  const account = await run();
  // But for the last week it was not read again.
  expect(account.points.read).toBeLessThan(40_000);
  expect(esmond.requests.find((path) => path.includes('/base'))).not.toContain('time-start=0');
  expect(await rows('throughput/base')).toEqual(esmond.metadata[0]!.rows['throughput/base']);
});

test('the program can be killed and goes on; it may run beside the server', async () => {
  const summaries = { 'throughput/averages/3600': [] };
  holds({ 'throughput/base': minutes(60_000, (index) => index), ...summaries });
  esmond.trouble = () => ({ delay: 200 });
  const command = [...MARIGRAM, 'import', url] as const;
  const killed = new Program(command, { DATABASE_URL: target.databaseUrl });
  while ((await target.query('SELECT FROM points LIMIT 1')).length === 0) await sleep(50);
  killed.signal('SIGKILL');
  expect((await killed.ended).code).toBe('SIGKILL');
  esmond.trouble = () => undefined;
  const { stdout, stderr, code } = await new Program(command, { DATABASE_URL: target.databaseUrl }).ended;
  expect(stdout).toContain('Metadata: 1 read, 0 new, 1 there already.');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(await rows('throughput/base')).toEqual(esmond.metadata[0]!.rows['throughput/base']);
  const bins = await rows('throughput/averages/3600');
  expect(bins).toHaveLength(60_000 / 60);
  expect(bins[1]).toEqual({ ts: BEGIN + HOUR, val: 60 + 29.5 });
});

test('Ctrl-C ends it in a sentence and keeps what is stored', async () => {
  holds({ 'throughput/base': minutes(60_000, (index) => index) });
  esmond.trouble = () => ({ delay: 300 });
  const program = new Program([...MARIGRAM, 'import', url], { DATABASE_URL: target.databaseUrl });
  while ((await target.query('SELECT FROM points LIMIT 1')).length === 0) await sleep(50);
  program.signal('SIGINT');
  const { stdout, stderr, code } = await program.ended;
  expect(stderr).toContain('Interrupted: what was stored stays');
  expect(stdout).toContain('Points: ');
  expect(code).toBe(1);
});

test('an archive that gives nothing is one sentence', async () => {
  esmond.trouble = () => ({ status: 401 });
  const { stderr, code } = await new Program([...MARIGRAM, 'import', url], { DATABASE_URL: target.databaseUrl }).ended;
  expect(stderr).toContain('The other archive cannot be read');
  expect(stderr).toContain('401');
  expect(code).toBe(1);
});

describe('an archive that behaves badly', () => {
  const OTHER = 'bb'.repeat(16);
  const failures = (account: ImportReport): Record<string, number> => Object.fromEntries(account.failed);

  /** Another series, which must come whatever happens to the first. */
  function holdsAnother(): void {
    holds({ 'path-mtu/base': minutes(3, () => 1500) }, OTHER, { ...FIELDS, source: '192.0.2.9' });
  }

  async function expectTheOther(): Promise<void> {
    expect(await rows('path-mtu/base', OTHER)).toEqual(minutes(3, () => 1500));
  }

  test('the same page of metadata again ends the list, and what it had comes', async () => {
    for (let index = 0; index < 501; index++)
      holds({ 'throughput/base': minutes(1, () => index) }, index.toString(16).padStart(32, '0'), {
        ...FIELDS,
        test: index,
      });
    esmond.deafTo.add('offset');
    const account = await run();
    expect(account.metadata).toEqual({ read: 500, created: 500, there: 0 });
    expect(failures(account)).toEqual({ [`the list of metadata: ${SAME_PAGE}`]: 1 });
    expect(esmond.requests.filter((path) => path.startsWith(`${ARCHIVE}?`))).toHaveLength(2);
  });

  test('the same points again end the series', async () => {
    holds({ 'throughput/base': minutes(10_500, (index) => index) });
    holdsAnother();
    esmond.deafTo.add('time-start');
    const account = await run();
    expect(failures(account)).toEqual({
      'throughput: it answers the same points again, whatever time-start says, the rest of the series is left': 1,
    });
    expect(account.points.stored).toBe(10_003);
    await expectTheOther();
    esmond.deafTo.clear();
    expect((await run()).failed).toEqual(new Map());
    expect(await rows('throughput/base')).toHaveLength(10_500);
  });

  test('fewer points than were asked for are not all', async () => {
    holds({ 'throughput/base': minutes(25_000, (index) => index) });
    esmond.deafTo.add('limit');
    expect((await run()).points).toEqual({ read: 25_000, stored: 25_000, there: 0 });
  });

  test('points that nobody asked for are left out, and the next run still reads what comes', async () => {
    const farOff = { ts: 253_370_764_800, val: 1 };
    holds({ 'throughput/base': [{ ts: BEGIN - 60, val: 1 }, ...minutes(3, (index) => index), farOff] });
    esmond.deafTo.add('time-end').add('time-start');
    const account = await run({ since: BEGIN * 1e6 });
    expect(account.points).toMatchObject({ stored: 3 });
    expect(failures(account)).toEqual({ 'throughput: points of a time that was not asked for': 2 });
    expect(await rows('throughput/base')).toEqual(minutes(3, (index) => index));

    esmond.metadata = [];
    holds({ 'throughput/base': [...minutes(5, (index) => index), farOff] });
    expect((await run({ since: BEGIN * 1e6 })).points).toMatchObject({ stored: 2, there: 3 });
  });

  test('progress that an earlier version has noted in the far future does not hide what comes', async () => {
    holds({ 'throughput/base': minutes(3, (index) => index) });
    await run();
    await target.query(`UPDATE import_progress SET through = '9999-01-01Z'`);
    esmond.metadata = [];
    holds({ 'throughput/base': minutes(5, (index) => index) });
    expect((await run()).points).toMatchObject({ stored: 2, there: 3 });
    const [{ through }] = (await target.query<{ through: Date }>('SELECT through FROM import_progress')) as [
      { through: Date },
    ];
    expect(through).toEqual(new Date((BEGIN + 240) * 1000));
  });

  test('points of the future come where they are asked for, and hide nothing from the next run', async () => {
    const later = Math.floor(Date.now() / 1000) + 30 * DAY;
    holds({ 'throughput/base': [...minutes(2, () => 1), { ts: later, val: 1 }] });
    expect((await run({ until: (later + 1) * 1e6 })).points).toMatchObject({ stored: 3 });
    esmond.metadata = [];
    holds({ 'throughput/base': [...minutes(2, () => 1), { ts: later - 31 * DAY, val: 2 }, { ts: later, val: 1 }] });
    expect((await run()).points).toMatchObject({ stored: 1 });
  });

  test('points in no order of time are sorted, and where there are more of them the series is left', async () => {
    holds({
      'throughput/base': minutes(3, (index) => index).reverse(),
      'path-mtu/base': minutes(10_001, () => 1).reverse(),
    });
    const account = await run();
    expect(await rows('throughput/base')).toEqual(minutes(3, (index) => index));
    expect(failures(account)).toEqual({
      'path-mtu: its points are in no order of time, the rest of the series is left': 1,
    });
    expect(await target.query(`SELECT FROM import_progress`)).toHaveLength(1);
  });

  test('what is no metadata is counted, and the others come', async () => {
    holdsAnother();
    const good = { ...FIELDS, 'metadata-key': KEY, 'event-types': [] };
    esmond.malformed = [
      ...[null, 17, 'metadata', [], {}],
      { ...good, 'metadata-key': 17 },
      { ...good, 'event-types': { throughput: 1 } },
      { ...good, 'event-types': [null] },
      { ...good, 'event-types': [{ 'event-type': 'throughput', 'time-updated': 'soon', summaries: [] }] },
      { ...good, 'event-types': [{ 'event-type': 'throughput', 'time-updated': 1 }] },
      { ...good, 'tool-name': 'a\u0000b' },
    ];
    const account = await run();
    expect(account.failed.get('an entry in the list of metadata that is none')).toBe(10);
    expect([...account.failed.keys()][1]).toMatch(/^a metadata that can't be one here \(a NUL character in a string/);
    await expectTheOther();
  });

  test('values of summaries that are none are left out', async () => {
    const at = (val: unknown): EsmondPoint[] => [{ ts: BEGIN, val }];
    holds({
      'throughput/base': [],
      'throughput/averages/86400': at('<b>'),
      'throughput/statistics/86400': at([1]),
      'histogram-rtt/base': [],
      'histogram-rtt/aggregations/86400': at(null),
    });
    const account = await run();
    expect(account.bins).toMatchObject({ read: 3, sealed: 0 });
    expect(Object.keys(failures(account)).sort()).toEqual([
      'aggregation of histogram-rtt: a value that is none of it',
      'average of throughput: a value that is none of it',
      'statistics of throughput: a value that is none of it',
    ]);
  });

  test('an answer without an end is given up, and the others come', async () => {
    holds({ 'throughput/base': minutes(3, () => 1) });
    holdsAnother();
    const row = `${JSON.stringify({ ts: BEGIN, val: 1 })},`.repeat(1000);
    esmond.trouble = (path) => (path.includes('throughput') ? { endless: row } : undefined);
    const account = await run({}, 60_000);
    expect(failures(account)).toEqual({
      'throughput: an answer of more than 48 MiB, the rest of the series is left': 1,
    });
    // Fewer points are asked for, four times, and each answer is read up to its bound.
    expect(esmond.sent).toBeLessThan(6 * 64 * 1024 ** 2);
    await expectTheOther();
  });

  test('a series whose connection always breaks is left, and the others come', async () => {
    holds({ 'throughput/base': minutes(3, () => 1) });
    holdsAnother();
    esmond.trouble = (path) => (path.includes('throughput') ? 'hang up' : undefined);
    const account = await run();
    expect([...account.failed.keys()]).toEqual([
      expect.stringMatching(/^throughput: .*the rest of the series is left$/),
    ]);
    await expectTheOther();
    esmond.trouble = (path) => (path.includes('/base') ? 'hang up' : { status: 503 });
    await expect(run()).rejects.toThrow('503');
  });

  test('large documents come in smaller slices', async () => {
    const text = 'x'.repeat(1024 ** 2);
    holds({ 'pscheduler-raw/base': minutes(60, (index) => ({ index, text })) });
    expect((await run({}, 60_000)).points).toEqual({ read: 60, stored: 60, there: 0 });
  });

  test('a redirect to another host is not followed', async () => {
    const elsewhere = new FakeEsmond([]);
    const other = await elsewhere.start();
    try {
      holds({ 'throughput/base': minutes(3, () => 1) });
      holdsAnother();
      const here = new URL(url);
      esmond.trouble = (path) => (path.includes('throughput') ? { redirect: `${other}/` } : undefined);
      expect(failures(await run())).toEqual({
        [`throughput: the other archive answered 302 (it redirects to ${other}, which is not followed: import from there if that is the archive), the rest of the series is left`]: 1,
      });
      await expectTheOther();
      esmond.trouble = () => ({ redirect: `http://localhost:${here.port}/` });
      await expect(run()).rejects.toThrow(`it redirects to http://localhost:${here.port}, which is not followed`);
      expect(elsewhere.requests).toEqual([]);
      let first = true;
      esmond.trouble = () => {
        const moved = first ? { redirect: `${ARCHIVE}?limit=1000` } : undefined;
        first = false;
        return moved;
      };
      expect((await run()).metadata.read).toBe(2);
      esmond.trouble = () => ({ redirect: ARCHIVE });
      await expect(run()).rejects.toThrow('it redirects to');
    } finally {
      await elsewhere.stop();
    }
  });

  test('nothing that it says reaches the terminal as a command', async () => {
    const evil = '\u001b[2J\u009b31m\u202eevil';
    holds({ [`${evil}/base`]: minutes(1, () => 1) });
    holds({ 'throughput/base': [] }, 'cc'.repeat(16), { ...FIELDS, source: evil });
    const program = (): Program => new Program([...MARIGRAM, 'import', url], { DATABASE_URL: target.databaseUrl });
    const { stdout, stderr, code } = await program().ended;
    expect(stdout).toContain('Not imported:');
    esmond.trouble = () => ({ status: 404 });
    esmond.refusal = evil;
    const refused = await program().ended;
    expect(refused.stderr).toMatch(/^marigram: The other archive cannot be read: .*404.*evil/);
    expect([code, refused.code]).toEqual([1, 1]);
    for (const text of [stdout, stderr, refused.stderr])
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});
