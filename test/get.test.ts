import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { newMetadata, putPoints } from './support/builders.js';
import { type Ending, freePort, lines, MARIGRAM, Program } from './support/process.js';

/** 2024-05-01T10:00:00Z */
const BEGIN = 1_714_557_600;
const HOUR = 3600;

let archive: TestArchive;
let origin: string;
/** Two metadata from 192.0.2.1, of which the second has throughput alone; and a network element. */
let key: string;
let other: string;
let element: string;

beforeAll(async () => {
  archive = await startArchive();
  origin = await archive.app.getUrl();
  const summaries = [{ 'summary-type': 'average', 'summary-window': HOUR }];
  const throughput = { 'event-type': 'throughput', summaries };
  const uri = await register([throughput, 'failures'], { 'ip-tos': '8', 'input-source': 'ps\u001b[31m1' });
  key = keyOf(uri);
  other = keyOf(await register(['throughput'], { destination: '192.0.2.30', 'tool-name': 'bwctl/iperf3' }));
  const { destination: _, 'input-destination': __, ...rest } = newMetadata(['ntp-offset']) as Record<string, unknown>;
  element = keyOf(await post({ ...rest, 'subject-type': 'network-element', source: '198.51.100.7' }));
  const points = [0, 1, 2, 3].map((i) => ({ ts: BEGIN + i * HOUR, val: 9_000_000_000 + i * 100_000_000 }));
  await putPoints(archive, uri, 'throughput', points).expect(201);
  await putPoints(archive, uri, 'failures', [{ ts: BEGIN + 0.25, val: { error: 'refused, "twice"' } }]).expect(201);
});
afterAll(() => archive.close());

async function register(eventTypes: (string | object)[], more: object = {}): Promise<string> {
  return post(newMetadata(eventTypes, more));
}

async function post(metadata: object): Promise<string> {
  const { body } = await archive.http
    .post('/esmond/perfsonar/archive/')
    .set('authorization', archive.auth)
    .send(metadata);
  return body.uri;
}

function keyOf(uri: string): string {
  return uri.split('/').at(-2)!;
}

/** Runs `marigram get` of the built command line; it knows nothing of the archive but its URL. */
function get(...args: string[]): Promise<Ending> {
  return getWith({}, ...args);
}

function getWith(env: Record<string, string>, ...args: string[]): Promise<Ending> {
  return new Program([...MARIGRAM, 'get', ...args], { MARIGRAM_URL: origin, ...env }).ended;
}

/** What it printed, where all went well. */
async function printed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await get(...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

/** The one sentence of a failure. */
async function refused(...args: string[]): Promise<string> {
  return sentenceOf(await get(...args));
}

function sentenceOf({ code, stdout, stderr }: Ending): string {
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/^marigram: [^\n]*[.:?]\n$/);
  return stderr;
}

describe('get metadata', () => {
  test('prints a line of JSON for each metadata into a pipe, as the archive has it', async () => {
    const found = lines(await printed('metadata')).map((line) => JSON.parse(line));
    expect(found.map((one) => one['metadata-key'])).toEqual([key, other, element].sort());
    const { body } = await archive.http.get(`/esmond/perfsonar/archive/${key}/`);
    expect(found.find((one) => one['metadata-key'] === key)).toEqual(body);
  });

  test.each([
    [['destination=192.0.2.2']],
    [['--destination', '192.0.2.2']],
    [['event-type=failures', '--source', '192.0.2.1']],
    [['ip-tos=8']],
    [['--time-range', '1h', '--event-type', 'throughput']],
    [['--time-start', '-1d', '--time-end', 'now']],
    [['data-start=2024-05-01', 'data-end=2024-05-02']],
    [['--summary-type', 'average', '--summary-window', '1h']],
  ])('%j finds one of them', async (filters) => {
    const { 'metadata-key': found } = JSON.parse(await printed('metadata', ...filters, '--limit', '2'));
    expect(found).toBe(key);
  });

  test('prints CSV with a header, and an array of JSON', async () => {
    const [header, line, ...more] = lines(await printed('metadata', `metadata-key=${key}`, '--output', 'csv'));
    expect(header).toMatch(/^metadata-key,subject-type,source,destination,/);
    expect(line).toContain(`${key},point-to-point,192.0.2.1,192.0.2.2,192.0.2.1,pscheduler/iperf3,`);
    expect(line).toContain(',failures throughput,');
    expect(more).toEqual([]);
    expect(JSON.parse(await printed('metadata', '-o', 'json'))).toHaveLength(3);
    expect(JSON.parse(await printed('metadata', '-o', 'json', 'source=203.0.113.1'))).toEqual([]);
  });

  test('a table is as wide as it needs to be, or as the terminal; what is stored does not command it', async () => {
    const [heading, ...rows] = lines(await printed('metadata', '-o', 'table'));
    expect(heading).toMatch(/^KEY +SOURCE +DESTINATION +AGENT +TOOL +EVENT TYPES +UPDATED$/);
    expect(rows.find((row) => row.startsWith(key))).toMatch(/ 192\.0\.2\.2 .* failures, throughput +\d+ (s|min) ago$/);
    expect(rows.find((row) => row.startsWith(element))).toMatch(/ 198\.51\.100\.7 +- .* never$/);
    const { stdout } = await getWith({ COLUMNS: '110' }, 'metadata', '-o', 'table');
    expect(Math.max(...lines(stdout).map((line) => line.length))).toBeLessThanOrEqual(110);
    expect(stdout).toContain('…');
    expect(await printed('endpoints', '-o', 'table')).not.toContain('\u001b');
  });

  test('finding nothing is no failure, and only a table says so', async () => {
    expect(await printed('metadata', 'source=203.0.113.1')).toBe('');
    const { code, stdout, stderr } = await get('metadata', 'source=203.0.113.1', '-o', 'table');
    expect([code, stdout, stderr]).toEqual([0, '', 'There is nothing.\n']);
  });
});

test('get endpoints prints each pair once, with all that is measured between them', async () => {
  await register(['packet-loss-rate'], { destination: '192.0.2.30', 'tool-name': 'powstream' });
  const pairs = lines(await printed('endpoints', 'source=192.0.2.1')).map((line) => JSON.parse(line));
  expect(pairs.map(({ destination }) => destination)).toEqual(['192.0.2.2', '192.0.2.30']);
  expect(pairs[1]).toMatchObject({
    source: '192.0.2.1',
    'tool-names': ['bwctl/iperf3', 'powstream'],
    'event-types': ['packet-loss-rate', 'throughput'],
    'metadata-count': 2,
    'time-updated': null,
  });
  const table = await printed('endpoints', 'source=192.0.2.1', '-o', 'table');
  expect(table).toMatch(/192\.0\.2\.30 .* bwctl\/iperf3, powstream +packet-loss-rate, throughput +2 +never$/m);
  expect(lines(await printed('endpoints', '-o', 'csv', '--limit', '1'))[1]).toMatch(/^192\.0\.2\.1,192\.0\.2\.2,/);
});

describe('get points', () => {
  test('prints the points of a key and an event type, of a URI, or of filters that fit one series', async () => {
    const expected = [0, 1, 2, 3].map((i) => `{"ts":${BEGIN + i * HOUR},"val":${9e9 + i * 1e8}}`);
    for (const words of [
      [key, 'throughput'],
      [`/esmond/perfsonar/archive/${key}/throughput/base`],
      ['throughput', 'destination=192.0.2.2'],
      ['--event-type', 'throughput', '--metadata-key', key],
    ])
      expect(lines(await printed('points', ...words)), words.join(' ')).toEqual(expected);
    const whole = [`${origin}/esmond/perfsonar/archive/${key}/throughput/base`];
    const { stdout } = await getWith({ MARIGRAM_URL: '' }, 'points', ...whole);
    expect(lines(stdout)).toEqual(expected);
  });

  test('times are those of measurement; a limit means the newest, and the order can be chosen', async () => {
    const times = async (...args: string[]): Promise<number[]> =>
      lines(await printed('points', key, 'throughput', ...args)).map((line) => (JSON.parse(line).ts - BEGIN) / HOUR);
    expect(await times('--time-start', '2024-05-01T11:00', '--time-end', '2024-05-01T14:00+02:00')).toEqual([1, 2]);
    expect(await times('time-start=2024-05-01T11:00', 'time-range=1h')).toEqual([1, 2]);
    expect(await times('--limit', '2')).toEqual([2, 3]);
    expect(await times('--limit', '2', '--order', 'asc')).toEqual([0, 1]);
    expect(await times('--order', 'desc')).toEqual([3, 2, 1, 0]);
    expect(await times('--time-range', '1d')).toEqual([]);
  });

  test('CSV quotes what is no number', async () => {
    expect(await printed('points', key, 'throughput', '-o', 'csv', '--limit', '1')).toBe(
      `ts,val\n${BEGIN + 3 * HOUR},9300000000\n`,
    );
    const document = '"{""error"":""refused, \\""twice\\""""}"';
    expect(await printed('points', key, 'failures', '-o', 'csv')).toBe(`ts,val\n${BEGIN}.25,${document}\n`);
  });

  test('a table has units, and ends with the course of the series', async () => {
    const [title, heading, ...rows] = lines(await printed('points', key, 'throughput', '-o', 'table'));
    expect(title).toBe('throughput: 192.0.2.1 → 192.0.2.2, pscheduler/iperf3');
    expect(heading).toMatch(/^TIME +AGO +VALUE$/);
    expect(rows[0]).toMatch(/^2024-05-01 10:00:00Z {2}\d+ \w+ ago {2}9\.00 Gb\/s$/);
    expect(rows.slice(4)).toEqual(['▁▃▆█', 'min 9.00 Gb/s  avg 9.15 Gb/s  max 9.30 Gb/s  (4 points)']);
    expect(await printed('points', key, 'failures', '-o', 'table')).toContain('refused, "twice"');
  });

  test('says which series there are where several fit', async () => {
    const { code, stdout, stderr } = await get('points', 'throughput', 'source=192.0.2.1');
    expect([code, stdout]).toEqual([1, '']);
    expect(lines(stderr)[0]).toBe('marigram: 2 series fit: choose one, or add filters.');
    expect(stderr).toContain(`  marigram get points ${key} throughput  # 192.0.2.1 → 192.0.2.2, pscheduler/iperf3\n`);
    expect(stderr).toContain(`  marigram get points ${other} throughput  # `);
  });

  test('says what there is where nothing fits', async () => {
    expect(await refused('points', key, 'packet-trace')).toContain(
      'has no packet-trace; it has: failures, throughput.',
    );
    expect(await refused('points', 'f'.repeat(32), 'throughput')).toContain('There is no such metadata');
    expect(await refused('points', 'throughput', 'source=203.0.113.1')).toContain('Nothing in');
  });
});

describe('get summary', () => {
  test('prints a summary by type and window, by its URI, or the only one', async () => {
    const expected = [0, 1, 2, 3].map((i) => ({ ts: BEGIN + i * HOUR, val: 9e9 + i * 1e8 }));
    for (const words of [
      [key, 'throughput', 'average', '1h'],
      [`/esmond/perfsonar/archive/${key}/throughput/averages/3600`],
      ['--summary-type', 'average', '--summary-window', '3600'],
    ])
      expect(JSON.parse(await printed('summary', ...words, '-o', 'json')), words.join(' ')).toEqual(expected);
    expect(await printed('summary', key, '-o', 'table')).toContain('throughput, average of 3600 s: 192.0.2.1 → ');
  });

  test('prints quantiles, distributions and categories in words', async () => {
    const of = (type: string, ...summaries: string[]) => ({
      'event-type': type,
      summaries: summaries.map((summary) => ({ 'summary-type': summary, 'summary-window': HOUR })),
    });
    const uri = await register([of('ntp-delay', 'quantiles', 'distribution'), of('event', 'categories')]);
    const times = [0, 1, 2, 3].map((ts) => ({ ts, val: 30_000 + ts * 500 }));
    await putPoints(archive, uri, 'ntp-delay', times).expect(201);
    const codes = ['200', '502', '200'].map((val, ts) => ({ ts, val }));
    await putPoints(archive, uri, 'event', codes).expect(201);
    const table = (...words: string[]) => printed('summary', keyOf(uri), ...words, 'time-start=0', '--output', 'table');
    const quantiles = await table('ntp-delay', 'quantiles');
    expect(quantiles).toMatch(/MIN +MEDIAN +MEAN +P95 +P99 +MAX +DEVIATION/);
    expect(quantiles).toMatch(/30\.0 s +30\.8 s +30\.8 s +31\.4 s +31\.5 s +31\.5 s +645 ms/);
    expect(await table('ntp-delay', 'distribution')).toContain('30.0 s – 31.0 s: 2, 31.0 s – 32.0 s: 2');
    expect(await table('event', 'categories')).toContain('200: 2, 502: 1');
  });

  test('says which there are where it is not there', async () => {
    expect(await refused('summary', key, 'throughput', 'average', '60')).toContain(
      'has no throughput average 60; it has: throughput average 3600.',
    );
    expect(await refused('summary', other, 'throughput')).toContain('has no summaries.');
  });
});

describe('what goes wrong is one sentence', () => {
  test('no archive at the URL', async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    expect(await refused('metadata', '--url', nobody)).toContain(`${nobody} does not answer (`);
    expect(await refused('metadata', '--url', 'nowhere')).toContain('nowhere is no URL');
    expect(await refused('metadata', '--url', `${origin}/elsewhere`)).toContain('has no archive');
  });

  test('a key that is missing or wrong; it is not shown', async () => {
    const closed = await startArchive({ READ_ACCESS: 'key' });
    try {
      const there = { MARIGRAM_URL: await closed.app.getUrl() };
      expect(sentenceOf(await getWith(there, 'metadata'))).toContain('MARIGRAM_KEY');
      const wrong = sentenceOf(await getWith({ ...there, MARIGRAM_KEY: 'not-a-key' }, 'metadata'));
      expect(wrong).toContain('unknown, expired or revoked');
      expect(wrong).not.toContain('not-a-key');
      const right = closed.auth.replace('Token ', '');
      expect((await getWith({ ...there, MARIGRAM_KEY: right }, 'metadata')).code).toBe(0);
    } finally {
      await closed.close();
    }
  });

  test.each([
    ['metadata throughput', '"throughput" is no filter'],
    ['metadata limit=5', 'limit is no filter: see the options.'],
    ['metadata time-start=soon', 'time-start: expected'],
    ['metadata source=nowhere.invalid', 'no address'],
    ['points throughput average', 'marigram get summary'],
    ['points throughput failures', 'one word too many'],
    ['points not-a-key throughput', '"not-a-key" is no metadata key of 32 hexadecimal digits, and no event type.'],
    ['points troughput', 'Did you mean throughput?'],
    ['metadata 0123456789abcdef0123456789abcdef', 'expected metadata-key=0123456789abcdef0123456789abcdef.'],
    ['metadata sorce=192.0.2.1', 'There is no filter sorce: did you mean source?'],
    ['metadata event_type=throughput', 'There is no filter event_type: did you mean event-type?'],
    [
      'metadata summary-type=averages',
      'summary-type: expected aggregation, average, statistics, quantiles, distribution, categories, base, got "averages"',
    ],
    [
      'metadata --sorce 192.0.2.1',
      'unknown option \'--sorce\' (Did you mean --source?): see "marigram get metadata --help".',
    ],
    ['metadata --limit none', 'see "marigram get metadata --help".'],
    ['metdata', 'Did you mean metadata?'],
    ['points http://192.0.2.9/perfsonar/archive/ab/throughput/base', 'give one of them'],
  ])('%s', async (line, text) => {
    expect(await refused(...line.split(' '))).toContain(text);
  });
});

test('a reader that has seen enough ends it in silence', async () => {
  const uri = await register(['packet-retransmits'], { source: '203.0.113.9' });
  // More than a pipe holds.
  const points = Array.from({ length: 20_000 }, (_, i) => ({ ts: BEGIN + i, val: i }));
  await putPoints(archive, uri, 'packet-retransmits', points).expect(201);
  const command = `{ ${MARIGRAM.join(' ')} get points ${keyOf(uri)} packet-retransmits; echo "code $?" >&2; } | head -1`;
  const { stdout, stderr } = await new Program(['sh', '-c', command], { MARIGRAM_URL: origin }).ended;
  expect(stdout).toBe(`{"ts":${BEGIN},"val":0}\n`);
  expect(stderr).toBe('code 0\n');
});

// The script of util-linux, which gives a program a terminal.
const hasScript = spawnSync('script', ['--version']).status === 0;

test.skipIf(!hasScript)('on a terminal it is a table that fits, in colours unless they are not wanted', async () => {
  const command = `stty cols 100; ${MARIGRAM.join(' ')} get metadata; ${MARIGRAM.join(' ')} get points ${key} throughput`;
  const onTerminal = async (env: Record<string, string>): Promise<string> =>
    (
      await new Program(['script', '-qec', command, '/dev/null'], { MARIGRAM_URL: origin, TERM: 'xterm', ...env }).ended
    ).stdout.replaceAll('\r', '');
  const coloured = await onTerminal({});
  expect(coloured).toContain('\u001b[1mKEY ');
  const plain = await onTerminal({ NO_COLOR: '1' });
  expect(plain).not.toContain('\u001b');
  expect(Math.max(...lines(plain).map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(plain).toContain('\n▁▃▆█\n');
});

test.skipIf(!hasScript)('nothing that an archive holds commands a terminal; a pipe gets every byte', async () => {
  const onTerminal = async (...args: string[]): Promise<string> => {
    const command = [...MARIGRAM, 'get', ...args].join(' ');
    return (await new Program(['script', '-qec', command, '/dev/null'], { MARIGRAM_URL: origin }).ended).stdout;
  };
  for (const format of ['csv', 'ndjson', 'json']) {
    const shown = await onTerminal('metadata', `metadata-key=${key}`, '-o', format);
    expect(shown.replaceAll('\r\n', '')).not.toMatch(/[^\P{Cc}\n]/u);
    expect(shown).toContain('[31m1');
  }
  expect(await printed('metadata', `metadata-key=${key}`, '-o', 'csv')).toContain('ps\u001b[31m1');
});

test('in 80 columns nothing that identifies a metadata is cut, IPv6 addresses included', async () => {
  const [source, destination] = ['2001:db8:1111:2222::a:1', '2001:db8:3333:4444:5555:6666:7777:8888'];
  const uri = await register(['throughput', 'failures'], { source, destination, 'measurement-agent': source });
  for (const what of ['metadata', 'endpoints']) {
    const { stdout } = await getWith({ COLUMNS: '80' }, what, `source=${source}`, '-o', 'table');
    expect(Math.max(...lines(stdout).map((line) => line.length)), stdout).toBeLessThanOrEqual(80);
    for (const whole of [source, destination, ...(what === 'metadata' ? [keyOf(uri)] : [])])
      expect(stdout).toContain(whole);
  }
});

test('without a URL it asks the server of this machine', async () => {
  const { port } = new URL(origin);
  const found = await getWith({ MARIGRAM_URL: '', HOST: new URL(origin).hostname, PORT: port }, 'endpoints');
  expect([found.code, found.stderr]).toEqual([0, '']);
  const elsewhere = { MARIGRAM_URL: '', PORT: port, PATH_PREFIX: '/elsewhere' };
  expect((await getWith(elsewhere, 'metadata')).stderr).toContain(`:${port}/elsewhere/perfsonar/archive/`);
});
