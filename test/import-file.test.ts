import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from './support/archive.js';
import { postPoint, readAll, register } from './support/builders.js';
import { empty } from './support/empty.js';
import { type WireMetadata } from './support/metadata.js';
import { type Ending, MARIGRAM, Program } from './support/process.js';

let archive: TestArchive;
let directory: string;
beforeAll(async () => {
  archive = await startArchive();
  directory = mkdtempSync(join(tmpdir(), 'marigram-import-test-'));
});
afterAll(async () => {
  rmSync(directory, { recursive: true });
  await archive.close();
});
afterEach(async () => {
  await empty(archive);
});

function file(name: string, ...lines: readonly string[]): string {
  const path = join(directory, name);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}

/** The same in the encoding of old spreadsheets. */
function latin1(name: string, ...lines: readonly string[]): string {
  const path = file(name, ...lines);
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''), 'latin1');
  return path;
}

/** Runs the built program beside the server; `input` is its standard input. */
function marigram(args: readonly string[], input?: string): Promise<Ending> {
  const env = { DATABASE_URL: archive.databaseUrl };
  const command = [...MARIGRAM, 'import', ...args] as const;
  if (input === undefined) return new Program(command, env).ended;
  return new Program(['/bin/sh', '-c', `exec "$@" < "$0"`, file('stdin', input), ...command], env).ended;
}

async function metadata(): Promise<WireMetadata[]> {
  return (await archive.http.get(ARCHIVE).expect(200)).body;
}

const PAIR = { source: '192.0.2.1', destination: '192.0.2.2', 'measurement-agent': '192.0.2.1' };

function line(point: object, more: object = {}): string {
  return JSON.stringify({ ...PAIR, 'tool-name': 'iperf3', ...more, ...point });
}

const throughput = (ts: unknown, val: unknown): object => ({ 'event-type': 'throughput', ts, val });

describe('NDJSON', () => {
  test('a line is a point with its metadata', async () => {
    const key = 'ab'.repeat(16);
    const path = file(
      'points.ndjson',
      line(throughput(1714557600, 9_400_000_000), { 'time-duration': 1 }).replace(
        '"time-duration":1',
        '"time-duration":26.0',
      ),
      line(throughput('2024-05-01T10:00:01.25Z', '7'), { 'time-duration': '26.0' }),
      '',
      line(
        { event_type: 'histogram-rtt', ts: 1714557600, val: { '1.50': 2 } },
        { 'metadata-key': key, input_source: 'a' },
      ),
      line(
        { 'event-type': 'packet-loss-rate', ts: 1, val: { numerator: 1, denominator: 3 } },
        { destination: undefined },
      ),
    );
    const { stdout, code } = await marigram([path]);
    expect(stdout).toBe('Metadata: 3 read, 3 new, 0 there already.\nPoints: 4 read, 4 stored, 0 there already.\n');
    expect(code).toBe(0);
    const found = await metadata();
    const pair = found.find((one) => one['time-duration'] === '26.0')!;
    expect(await readAll(archive, pair.uri, 'throughput')).toEqual([
      { ts: 1714557600, val: 9_400_000_000 },
      { ts: 1714557601.25, val: 7 },
    ]);
    const keyed = found.find((one) => one['metadata-key'] === key)!;
    expect(keyed['input-source']).toBe('a');
    expect(await readAll(archive, keyed.uri, 'histogram-rtt')).toEqual([{ ts: 1714557600, val: { '1.50': 2 } }]);
    expect(found.find((one) => one['subject-type'] === 'network-element')).toBeDefined();
  });

  test('a second run stores nothing twice and changes nothing', async () => {
    const document = { 'event-type': 'failures', ts: 1, val: { error: 'first' } };
    const path = file('twice.ndjson', line(throughput(1, 1)), line(throughput(1, 2)), line(document));
    expect((await marigram([path])).stdout).toContain('Points: 3 read, 2 stored, 1 there already.');
    const other = file('other.ndjson', line(throughput(1, 3)), line({ ...document, val: { error: 'second' } }));
    expect((await marigram([other])).stdout).toContain('Points: 2 read, 0 stored, 2 there already.');
    const [one] = await metadata();
    expect(await readAll(archive, one!.uri, 'throughput')).toEqual([{ ts: 1, val: 1 }]);
    expect(await readAll(archive, one!.uri, 'failures')).toEqual([{ ts: 1, val: { error: 'first' } }]);
  });

  test('a key is enough for a metadata that is here, and summaries follow', async () => {
    const uri = await register(archive, {
      'event-type': 'throughput',
      summaries: [{ 'summary-type': 'average', 'summary-window': 60 }],
    });
    const key = uri.split('/').at(-2);
    const path = file(
      'key.ndjson',
      ...[60, 70, 5e9].map((ts) => JSON.stringify({ 'metadata-key': key, ...throughput(ts, ts) })),
    );
    expect((await marigram([path])).stdout).toContain('Metadata: 1 read, 0 new, 1 there already.');
    expect((await archive.http.get(`${uri}throughput/averages/60?time=60`)).body).toEqual([{ ts: 60, val: 65 }]);
  });

  const BAD = [
    line(throughput(1, 1)),
    '{"ts": 1',
    line({ ts: 1, val: 1 }),
    line(throughput('soon', 1)),
    line(throughput(2, 'many')),
    line({ 'event-type': 'troughput', ts: 1, val: 1 }),
    line(throughput(3, 1), { source: 'host.example.net' }),
    JSON.stringify({ 'metadata-key': 'unknown', ...throughput(4, 1) }),
    line(throughput(5, 1)),
  ];

  test('bad lines are named with their numbers and left out', async () => {
    const { stdout, stderr, code } = await marigram([file('bad.ndjson', ...BAD)]);
    const lines = stderr.trim().split('\n');
    expect(lines.map((text) => text.split(':')[0])).toEqual([2, 3, 4, 5, 6, 7, 8].map((number) => `line ${number}`));
    expect(lines.join('\n')).toMatch(/event-type: missing[^]*ts: expected[^]*val: [^]*no event type "troughput"/);
    expect(lines.at(-1)).toContain('there is no metadata unknown');
    expect(stdout).toContain('Points: 2 read, 2 stored');
    expect(code).toBe(1);
  });

  test('of many bad lines some are named and all counted', async () => {
    const { stderr } = await marigram([file('many.ndjson', ...Array.from({ length: 50 }, () => '{'))]);
    expect(stderr).toContain('line 20:');
    expect(stderr).not.toContain('line 21:');
    expect(stderr).toContain('… and 30 more lines');
  });

  test.each([['a file'], ['the standard input']])('--strict stores nothing of %s with a bad line', async (from) => {
    const args = ['--strict', '--format', 'ndjson'];
    const { stderr, code } = await (from === 'a file'
      ? marigram([...args, file('strict.ndjson', ...BAD)])
      : marigram([...args, '-'], BAD.join('\n')));
    expect(stderr).toContain('line 8:');
    expect(stderr).toContain('Nothing was stored: 7 bad lines.');
    expect(code).toBe(1);
    expect(await metadata()).toEqual([]);
    const good = [line(throughput(1, 1)), line(throughput(2, 1))];
    expect((await marigram([...args, '-'], good.join('\n'))).stdout).toContain('2 stored');
  });

  test('--dry-run says what would be stored', async () => {
    const path = file('dry.ndjson', line(throughput(1, 1)), line(throughput(2, 1)), '{');
    const dry = await marigram(['--dry-run', path]);
    expect(dry.stdout).toBe(
      'Metadata: 1 read, 1 would be new, 0 there already.\nPoints: 2 read, 2 would be stored, 0 there already.\n',
    );
    expect(dry.stderr).toContain('line 3:');
    expect(await metadata()).toEqual([]);
    await marigram([file('one.ndjson', line(throughput(1, 1)))]);
    expect((await marigram(['--dry-run', path])).stdout).toContain('2 read, 1 would be stored, 1 there already.');
  });

  test('history of any length comes: more chunks than one request may open', async () => {
    const lines = Array.from({ length: 200 }, (_, month) => line(throughput(1e9 + month * 30 * 86_400, month)));
    expect((await marigram([file('long.ndjson', ...lines)])).stdout).toContain('200 stored');
  });
});

describe('CSV', () => {
  test('has the same columns', async () => {
    const path = file(
      'points.csv',
      'source,destination,measurement_agent,tool-name,ip-ttl,event-type,ts,val',
      '192.0.2.1,192.0.2.2,192.0.2.1,"a ""quoted"", tool",,throughput,1714557600.5,10',
      '192.0.2.1,192.0.2.2,192.0.2.1,"a ""quoted"", tool",,histogram-rtt,2024-05-01T10:00:00Z,"{""1.50"": 2}"',
      '192.0.2.1,192.0.2.2,192.0.2.1,"a ""quoted"", tool",,failures,1,"{""error"": ""two',
      'lines""}"',
      '192.0.2.1,192.0.2.2,192.0.2.1,tool,64,throughput,1',
      '192.0.2.1,,192.0.2.1,tool,64,throughput,1,many',
      '192.0.2.1,,192.0.2.1,tool,64,ntp-offset,1,-0.5',
    );
    const { stdout, stderr, code } = await marigram([path]);
    expect(stdout).toContain('Metadata: 2 read, 2 new');
    expect(stdout).toContain('Points: 3 read, 3 stored');
    expect(stderr).toMatch(/^line 5: .*\nline 6: .*\nline 7: .*\n$/);
    expect(code).toBe(1);
    const found = await metadata();
    const pair = found.find((one) => one['tool-name'] === 'a "quoted", tool')!;
    expect(pair['ip-ttl']).toBeUndefined();
    expect(await readAll(archive, pair.uri, 'throughput')).toEqual([{ ts: 1714557600.5, val: 10 }]);
    expect(await readAll(archive, pair.uri, 'histogram-rtt')).toEqual([{ ts: 1714557600, val: { '1.50': 2 } }]);
    const element = found.find((one) => one['subject-type'] === 'network-element')!;
    expect(element['ip-ttl']).toBe('64');
  });

  test('what the archive writes as CSV comes back with a key', async () => {
    const uri = await register(archive, 'histogram-owdelay');
    await postPoint(archive, uri, 'histogram-owdelay', '{"ts": 1, "val": {"10": 1, "2": 3}}').expect(201);
    const { text } = await archive.http.get(`${uri}histogram-owdelay/base?format=csv`);
    const other = await register(archive, 'histogram-owdelay');
    const [header, ...rows] = text.trim().split('\n');
    const key = other.split('/').at(-2) ?? '';
    const csv = [`metadata-key,event-type,${header}`, ...rows.map((row) => `${key},histogram-owdelay,${row}`)];
    await marigram(['-', '--format', 'csv'], csv.join('\n'));
    expect((await archive.http.get(`${other}histogram-owdelay/base`)).text).toBe(
      (await archive.http.get(`${uri}histogram-owdelay/base`)).text,
    );
  });

  test('without its columns it is refused', async () => {
    const { stderr, code } = await marigram([file('header.csv', 'source,ts,val', '192.0.2.1,1,1')]);
    expect(stderr).toContain('the header of the CSV has no column event-type');
    expect(code).toBe(1);
  });
});

describe("InfluxDB's line protocol", () => {
  const MAPPING = JSON.stringify({
    'event-types': { bits_per_second: 'throughput', 'ping.loss': 'packet-loss-rate' },
    tags: { src: 'source', dst: 'destination', rack: '' },
    set: { 'input-source': 'lab' },
  });

  test('tags become metadata and fields become event types', async () => {
    const path = file(
      'points.lp',
      '# a comment',
      'iperf3,src=192.0.2.1,dst=192.0.2.2,rack=r1,ip\\ note=a\\,b bits_per_second=9.4e9,retries=3i,path_mtu=9000i 1714557600250000000',
      'iperf3,src=192.0.2.1,dst=192.0.2.2,rack=r2,ip\\ note=a\\,b bits_per_second=1 1714557601000000000',
      'trace,src=192.0.2.1 failures="{\\"error\\": \\"no route\\"}" 1714557600000000000',
      'ping,src=192.0.2.1 loss="many" 1714557600000000000',
      'ping,src=192.0.2.1 rtt=1',
      'ping,src=192.0.2.1',
      'ping,src=192.0.2.1 rtt=1 17145576000000000000',
      'ping,src=nobody path_mtu=1i 1714557600000000000',
    );
    const { stdout, stderr, code } = await marigram([path, '--mapping', file('mapping.json', MAPPING)]);
    expect(stdout).toContain('Points: 4 read, 4 stored');
    expect(stdout).toContain('1 × field retries of iperf3: no event type is named for it');
    expect(stderr.match(/^line \d+/gm)).toEqual(['line 5', 'line 6', 'line 7', 'line 8', 'line 9']);
    expect(code).toBe(1);
    const found = await metadata();
    const pair = found.find((one) => one['tool-name'] === 'iperf3')!;
    expect(pair).toMatchObject({ ...PAIR, 'ip note': 'a,b', 'input-source': 'lab' });
    expect(pair['rack']).toBeUndefined();
    expect(await readAll(archive, pair.uri, 'throughput')).toEqual([
      { ts: 1714557600.25, val: 9_400_000_000 },
      { ts: 1714557601, val: 1 },
    ]);
    expect(await readAll(archive, pair.uri, 'path-mtu')).toEqual([{ ts: 1714557600.25, val: 9000 }]);
    const trace = found.find((one) => one['tool-name'] === 'trace')!;
    expect(await readAll(archive, trace.uri, 'failures')).toEqual([{ ts: 1714557600, val: { error: 'no route' } }]);
  });

  test.each([
    ['s', '1714557600'],
    ['ms', '1714557600250'],
    ['us', '1714557600250000'],
  ])('times in %s', async (precision, time) => {
    const options = ['--event-type', 'value=throughput', '--set', 'source=192.0.2.1', '--tag', 'measurement=probe'];
    const path = file('precision.lp', `m value=5i ${time}`);
    await marigram([path, ...options, '--precision', precision]);
    const [one] = await metadata();
    expect(one).toMatchObject({ probe: 'm', 'measurement-agent': '192.0.2.1', 'tool-name': '' });
    expect(await readAll(archive, one!.uri, 'throughput')).toEqual([
      { ts: precision === 's' ? 1714557600 : 1714557600.25, val: 5 },
    ]);
  });

  test('a mapping that means nothing is one sentence', async () => {
    const path = file('points.lp', 'm value=5i 1');
    for (const [args, text] of [
      [['--event-type', 'value=troughput'], 'value: there is no event type "troughput"'],
      [['--mapping', join(directory, 'none.json')], 'no such file'],
      [['--mapping', file('odd.json', '{"fields": {}}')], 'fields: expected event-types, tags, set'],
    ] as const) {
      const { stderr, code } = await marigram([path, ...args]);
      expect(stderr).toContain(text);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(code).toBe(1);
    }
  });
});

describe('text that is not UTF-8', () => {
  const HEADER = 'source,destination,measurement-agent,tool-name,event-type,ts,val';
  const row = (tool: string, ts: number): string => `192.0.2.1,192.0.2.2,192.0.2.1,${tool},throughput,${ts},1`;
  const influx = (tool: string, ts: number): string => `${tool},source=192.0.2.1 throughput=1i ${ts}000000000`;
  const json = (tool: string, ts: number): string => line(throughput(ts, 1), { 'tool-name': tool });
  const [NOW, LATER] = [1714557600, 1714557601];

  test.each([
    ['csv', [HEADER, row('Mélange', NOW), row('plain', LATER)], 2],
    ['ndjson', [json('Mélange', NOW), json('plain', LATER)], 1],
    ['lp', [influx('Mélange', NOW), influx('plain', LATER)], 1],
  ])('a line of .%s is refused and named', async (ending, lines, bad) => {
    const { stdout, stderr, code } = await marigram([latin1(`latin1.${ending}`, ...lines)]);
    expect(stderr).toMatch(new RegExp(`^line ${bad}: .*not UTF-8: byte 0xE9 after ".*M"; convert the file`));
    expect(stdout).toContain('1 stored');
    expect(code).toBe(1);
    expect((await metadata()).map((one) => one['tool-name'])).toEqual(['plain']);
    expect(stderr).not.toContain('\uFFFD');
  });

  test('what is UTF-8 comes as it is, with a byte order mark and across pieces of the file', async () => {
    // The file is read in pieces of 64 KiB: some of these characters lie on their borders.
    const tools = Array.from({ length: 3000 }, (_, index) => `Mélange 漢字 😀 \uFFFD ${index % 2}`);
    for (const [ending, lines] of [
      ['csv', [HEADER, ...tools.map((tool, index) => row(`"${tool}"`, index))]],
      ['ndjson', tools.map((tool, index) => json(tool, index))],
    ] as const) {
      await marigram([file(`utf8.${ending}`, `\uFEFF${lines.join('\r\n')}`)]);
      const found = await metadata();
      expect(new Set(found.map((one) => one['tool-name']))).toEqual(new Set(tools));
      expect(await readAll(archive, found[0]!.uri, 'throughput')).toHaveLength(1500);
    }
  });

  test('a header, and UTF-16, are one sentence', async () => {
    const header = await marigram([latin1('header.csv', `${HEADER},größe`, `${row('a', 1)},1`)]);
    expect(header.stderr).toMatch(/^marigram: not UTF-8: byte 0xF6 after "gr"; convert the file.*\n$/);
    const path = file('utf16.ndjson');
    writeFileSync(path, `\uFEFF${json('a', 1)}`, 'utf16le');
    expect((await marigram([path])).stderr).toMatch(/the file is in UTF-16.*iconv/);
    expect(await metadata()).toEqual([]);
  });
});

describe('what is nearly right is named, with what to do', () => {
  test.each([
    [['source;event-type;ts;val', 'a;b;c;d'], 'are separated by ";": write it with commas'],
    [['source\tevent-type\tts\tval', ''], 'are separated by a tab'],
    [['Source,event-type,ts,val', ''], 'Source: expected source, in lower case'],
    [['source,Event_Type,ts,val', ''], 'Event_Type: expected event-type, in lower case'],
    [['source,type,ts,val', ''], 'has no column event-type: it has source, type, ts, val'],
    [['source,event-type,ts,val,ts', ''], 'two columns ts'],
    [[',source,event-type,ts,val', ''], 'column 1 of the CSV has no name'],
  ])('a CSV with the header of %j', async (lines, text) => {
    const { stdout, stderr, code } = await marigram([file('odd.csv', ...lines)]);
    expect(stderr).toContain(text);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stdout).not.toContain('1 stored');
    expect(code).toBe(1);
  });

  test.each([
    ['1', '', 'val: empty, expected a number or JSON'],
    ['1', '"9,4"', 'val: 9,4 is neither a number nor JSON'],
    ['2024-05-01T12:00:00', '1', 'has no time zone: write 2024-05-01T12:00:00Z if it is UTC'],
    ['2024-05-01 12:00', '1', 'write 2024-05-01T12:00:00Z'],
    ['2024-05-01', '1', 'write 2024-05-01T00:00:00Z'],
    ['01.05.2024 12:00', '1', 'ts: expected seconds since 1970, or ISO 8601 with a zone'],
    ['1714557600000', '1', 'is it in milliseconds?'],
  ])('a CSV with the time %s and the value %s', async (ts, val, text) => {
    const path = file(
      'odd.csv',
      'source,measurement-agent,event-type,ts,val',
      `192.0.2.1,192.0.2.1,throughput,${ts},${val}`,
    );
    const { stderr, code } = await marigram([path]);
    expect(stderr).toMatch(/^line 2: /);
    expect(stderr).toContain(text);
    expect(stderr).toContain('The file has no point that could be stored.');
    expect(code).toBe(1);
    expect(await metadata()).toEqual([]);
  });

  test('a name of NDJSON in capitals', async () => {
    const { stderr } = await marigram([file('caps.ndjson', line(throughput(1, 1), { 'Tool-Name': 'a' }))]);
    expect(stderr).toContain('line 1: Tool-Name: expected tool-name, in lower case');
    expect(await metadata()).toEqual([]);
  });

  test.each([
    ['1714557600', 's'],
    ['1714557600250', 'ms'],
    ['1714557600250000', 'us'],
    ['0', 's'],
  ])('a line protocol with the time %s, if nothing says its unit', async (time, unit) => {
    const path = file('unit.lp', `m,source=192.0.2.1 throughput=1i ${time}`);
    const { stderr, code } = await marigram([path]);
    expect(stderr).toContain(`line 1: the time ${time} is around 1970 in nanoseconds`);
    expect(stderr).toContain(`Say --precision ${unit}, or --precision ns`);
    expect(code).toBe(1);
    expect(await metadata()).toEqual([]);
    expect((await marigram([path, '--precision', 'ns'])).stdout).toContain('1 stored');
  });

  test('an empty field of a line protocol', async () => {
    const { stderr } = await marigram([file('empty.lp', 'm,source=192.0.2.1 throughput= 1714557600000000000')]);
    expect(stderr).toContain('line 1: throughput: empty, expected a number');
  });
});

test.each([
  ['empty.ndjson', []],
  ['unknown.lp', ['m,source=192.0.2.1 speed=1i 1714557600000000000']],
])('a file of which nothing could be stored fails: %s', async (name, lines) => {
  const { stderr, code } = await marigram([file(name, ...lines)]);
  expect(stderr).toBe('marigram: The file has no point that could be stored.\n');
  expect(code).toBe(1);
});

test.each([
  [['nowhere.ndjson'], 'nowhere.ndjson is no file.'],
  [['points.txt'], 'Say --format ndjson, csv or influx.'],
  [['points.csv', 'source=192.0.2.1'], 'Filters are for archives'],
  [['http://127.0.0.1:1'], 'The other archive cannot be read'],
  [['http://'], 'URL'],
])('%j is one sentence', async (args, text) => {
  const { stderr, code } = await marigram(args);
  expect(stderr).toContain(text);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});
