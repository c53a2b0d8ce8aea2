import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata, postPoint } from '../support/builders.js';
import { newElement, storeMetadata, summarized, type WireMetadata } from '../support/metadata.js';

const QUOTES = `a"b'c%_\\ {"x":1} é`;

/** What the archive holds; the tests call each metadata by its letter. */
const BODIES: Record<string, object> = {
  a: newMetadata([summarized('throughput', ['average', 86_400], ['aggregation', 3600]), 'failures'], {
    'time-duration': 30,
    'ip-transport-protocol': 'tcp',
    'mode-flip': true,
    extra_under: 'x',
    quotes: QUOTES,
  }),
  b: newMetadata(
    [
      summarized('packet-loss-rate', ['aggregation', 300]),
      summarized('histogram-rtt', ['statistics', 0]),
      'throughput',
    ],
    { source: '2001:db8::1', destination: '2001:db8::2', 'tool-name': 'pscheduler/powstream', 'input-destination': '' },
  ),
  c: newElement({
    'measurement-agent': '192.0.2.3',
    'tool-name': 'ntpq',
    'event-types': [summarized('ntp-offset', ['average', 3600])],
  }),
  d: newMetadata([summarized('throughput', ['average', 3600])], {
    ...{ source: '192.0.2.9', destination: '192.0.2.1', 'measurement-agent': '192.0.2.9' },
    ...{ 'time-duration': '30.0', 'input-source': 'PS1.example.net', 'input-destination': 'elsewhere' },
  }),
};

/** When which event type was last written, in seconds; all others never. */
const UPDATED: [letter: string, eventType: string, seconds: number][] = [
  ['a', 'throughput', 1000],
  ['a', 'failures', 5000],
  ['b', 'packet-loss-rate', 2000],
  ['c', 'ntp-offset', 3000],
];

let archive: TestArchive;
const byLetter: Record<string, WireMetadata> = {};
beforeAll(async () => {
  archive = await startArchive();
  for (const [letter, body] of Object.entries(BODIES)) byLetter[letter] = await storeMetadata(archive, body);
  // Points far away from the times of UPDATED, for the tests of data-start and data-end.
  for (const [letter, ts] of [
    ['a', 100],
    ['a', 200.5],
    ['a', 900],
    ['d', 500],
  ] as const)
    await postPoint(archive, byLetter[letter]!.uri, 'throughput', { ts, val: 1 }).expect(201);
  await archive.query('UPDATE series SET time_updated = NULL');
  for (const [letter, ...values] of UPDATED)
    await archive.query(
      `UPDATE series SET time_updated = to_timestamp($3)
       WHERE event_type = $2 AND metadata = (SELECT id FROM metadata WHERE key = $1)`,
      [byLetter[letter]!['metadata-key'], ...values],
    );
});
afterAll(() => archive.close());

/** The letters of the metadata that a search finds. */
async function find(query: string): Promise<string> {
  const response = await archive.http.get(`${ARCHIVE}?${query}`);
  expect(response.status, `${query}: ${response.text}`).toBe(200);
  const keys = new Map(Object.entries(byLetter).map(([letter, metadata]) => [metadata['metadata-key'], letter]));
  const found = (response.body as WireMetadata[]).map((metadata) => keys.get(metadata['metadata-key']));
  return found.sort().join('');
}

async function expectRefused(query: string): Promise<void> {
  const response = await archive.http.get(`${ARCHIVE}?${query}`);
  expect(response.status, query).toBe(400);
}

describe('filters', () => {
  test.each([
    ['', 'abcd'],
    ['source=192.0.2.1', 'ac'],
    ['source=2001:DB8:0:0::1', 'b'],
    ['source=::ffff:192.0.2.1', 'ac'],
    ['source=::ffff:c000:201', 'ac'],
    ['source=192.0.2.200', ''],
    ['destination=192.0.2.1', 'd'],
    ['destination=192.0.2.2', 'a'],
    ['measurement-agent=192.0.2.1', 'ab'],
    ['measurement-agent=192.0.2.3', 'c'],
    ['source=192.0.2.1&destination=192.0.2.1', ''],
    ['tool-name=ntpq', 'c'],
    ['tool-name=pscheduler/iperf3', 'ad'],
    ['tool-name=pscheduler%2Fpowstream', 'b'],
    ['input-source=ps1.example.net', 'abc'],
    ['input-destination=elsewhere', 'd'],
    ['subject-type=network-element', 'c'],
    ['subject-type=point-to-point', 'abd'],
    ['subject-type=path', ''],
    ['event-type=throughput', 'abd'],
    ['event-type=ntp-offset', 'c'],
    ['event-type=no-such', ''],
    ['summary-type=average', 'acd'],
    ['summary-type=statistics', 'b'],
    ['summary-type=base', 'abcd'],
    ['summary-type=averages', ''],
    ['summary-window=3600', 'acd'],
    ['summary-window=0', 'abcd'],
    ['summary-window=60', ''],
    ['subject-type=point-to-point&tool-name=pscheduler/iperf3&source=192.0.2.9', 'd'],
  ])('§3.1 ?%s finds "%s"', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  test('§3.1 metadata-key finds that one; an unknown or differently written key nothing', async () => {
    const { 'metadata-key': key } = byLetter.b!;
    expect(await find(`metadata-key=${key}`)).toBe('b');
    expect(await find('metadata-key=0123456789abcdef0123456789abcdef')).toBe('');
    expect(await find(`metadata-key=${key.slice(0, -1)}`)).toBe('');
  });

  test.each([
    ['event-type=throughput&summary-type=average&summary-window=86400', 'a'],
    ['event-type=throughput&summary-type=average&summary-window=3600', 'd'],
    ['event-type=throughput&summary-type=aggregation', 'a'],
    ['event-type=throughput&summary-window=3600', 'ad'],
    ['event-type=failures&summary-type=average', ''],
    ['summary-type=aggregation&summary-window=86400', ''],
    ['event-type=throughput&summary-type=base', 'abd'],
    ['event-type=throughput&summary-type=base&summary-window=0', 'abd'],
    ['summary-type=base&summary-window=3600', ''],
    ['event-type=histogram-rtt&summary-type=statistics&summary-window=0', 'b'],
    ['event-type=failures&time=5000', 'a'],
    ['event-type=failures&time=1000', ''],
    ['event-type=throughput&summary-type=average&time=1000', 'a'],
    ['summary-window=86400&time=5000', ''],
    ['event-type=throughput&time-start=0', 'a'],
    ['source=2001:db8::1&event-type=throughput&time-start=0', ''],
  ])('§3.1 on one row: ?%s finds "%s"', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  test.each([
    ['time-duration=30', 'a'],
    ['time-duration=30.0', 'd'],
    ['time-duration=30&ip-transport-protocol=tcp', 'a'],
    ['time-duration=30.0&ip-transport-protocol=tcp', ''],
    ['ip-transport-protocol=TCP', ''],
    ['Ip-Transport-Protocol=tcp', ''],
    ['ip_transport_protocol=tcp', 'a'],
    ['extra_under=x', 'a'],
    ['extra-under=x', 'a'],
    ['mode-flip=True', 'a'],
    ['mode-flip=true', ''],
    [`quotes=${encodeURIComponent(QUOTES)}`, 'a'],
  ])('§3.1 free-form parameters: ?%s finds "%s"', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  const UNKNOWN = [
    'callback=f',
    'username=x&api_key=y',
    '_=123',
    'uri=/esmond/',
    'url=x',
    'time-updated=1000',
    'agent=x',
  ];
  test.each([...UNKNOWN, 'source__startswith=192', 'constructor=x', '__proto__=x', 'toString=x', 'a', '=', '=x'])(
    '§3.1 a name that no metadata has finds nothing: ?%s',
    async (query) => {
      expect(await find(query)).toBe('');
    },
  );

  test.each(['event-type=through*', 'event-type=throughput,failures', 'tool-name=pscheduler', 'tool-name=NTPQ'])(
    '§3.1 values are compared exactly, without wildcards, lists or prefixes: ?%s',
    async (query) => {
      expect(await find(query)).toBe('');
    },
  );

  test.each([
    ['time-duration=30&time-duration=30.0', 'd'],
    ['time-duration=30.0&time-duration=30', 'a'],
    ['event-type=failures&event-type=ntp-offset', 'c'],
    ['source=192.0.2.0/24&source=192.0.2.9', 'd'],
    ['tool-name=x&tool-name=y&tool-name=ntpq', 'c'],
    ['limit=x&limit=1500', 'abcd'],
  ])('§3.1 of a repeated parameter the last counts: ?%s finds "%s"', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  test.each([
    ['tool-name=', ''],
    ['event-type=', ''],
    ['summary-type=', ''],
    ['time-duration=', ''],
    ['input-destination=', 'b'],
  ])('§3.1 an empty value compares with the empty text: ?%s finds "%s"', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  test('§3.1 summary-window must be an integer; one beyond 64 bits finds nothing', async () => {
    for (const text of ['abc', '', '1.5', '1e3', '0x10']) await expectRefused(`summary-window=${text}`);
    for (const text of ['9223372036854775807', '9223372036854775808', '-99999999999999999999', '-1'])
      expect(await find(`summary-window=${text}`)).toBe('');
  });

  test('§3.1 control parameters filter nothing', async () => {
    for (const query of ['format=json', 'order=desc', 'limit=10', 'offset=0', 'dns-match-rule=only-v4'])
      expect(await find(query)).toBe('abcd');
  });

  test('§3.7 an invalid token is 401, on a search too', async () => {
    const response = await archive.http.get(ARCHIVE).set('authorization', 'Token 0123456789');
    expect([response.status, response.headers['www-authenticate']]).toEqual([401, 'Token']);
  });
});

describe('times', () => {
  test.each([
    ['time=1000', 'a'],
    ['time=1001', ''],
    ['time=%201000%20', 'a'],
    ['time=%2B1000', 'a'],
    ['time=1000&time-start=4000&time-end=3000&time-range=5', 'a'],
    ['time-start=1000&time-end=2000', 'ab'],
    ['time-start=1000&time-end=1000', 'a'],
    ['time-start=1001&time-end=1999', ''],
    ['time-start=2000&time-end=3000&time-range=1', 'bc'],
    ['time-start=1000&time-range=1000', 'ab'],
    ['time-start=1000&time-range=999', 'a'],
    ['time-start=1000&time-range=0', 'a'],
    ['time-end=3000&time-range=1000', 'bc'],
    ['time-end=3000&time-range=999', 'c'],
    ['time-start=2000', 'abc'],
    ['time-start=5000', 'a'],
    ['time-start=5001', ''],
    ['time-end=2000', 'ab'],
    ['time-end=999', ''],
    ['time-end=999.999999', ''],
    ['time-end=1000.5', 'a'],
    ['time-start=1000.000001', 'abc'],
    ['time-start=3000.5&event-type=ntp-offset', ''],
    ['time-range=86400', ''],
    ['time-range=10000000000', 'abc'],
    ['time-range=-100', ''],
    ['time-start=-10&time-end=-5', ''],
    ['time-start=-99999999999999999999&time-end=99999999999999999999', 'abc'],
  ])('§3.5 ?%s finds "%s": what was last written then, bounds included', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  test('§3.5 a range that begins after its end is 400', async () => {
    for (const query of ['time-end=-1', 'time-start=5&time-end=4', 'time-start=10&time-range=-1'])
      await expectRefused(query);
    await expectRefused('time-end=10&time-range=-1');
  });

  test.each(['time', 'time-start', 'time-end', 'time-range'])('§3.5 %s must be a number of seconds', async (name) => {
    for (const text of ['abc', '', '1e3', 'NaN', 'Infinity', '0x10', '1_000', '1.', '1.1234567', '2024-05-01'])
      await expectRefused(`${name}=${text}`);
  });

  test.each([
    ['data-start=0', 'ad'],
    ['data-start=501', 'a'],
    ['data-start=900', 'a'],
    ['data-start=901', ''],
    ['data-end=99', ''],
    ['data-end=100', 'a'],
    ['data-end=500', 'ad'],
    ['data-start=101&data-end=499', 'a'],
    ['data-start=201&data-end=499', ''],
    ['data-start=200.5&data-end=200.5', 'a'],
    ['data-start=200.500001&data-end=499', ''],
    ['data-start=0&event-type=failures', ''],
    ['data-start=0&event-type=throughput&summary-window=86400', 'a'],
    ['data-start=0&time=1000', 'a'],
    ['data-start=0&time=5000', ''],
  ])('?%s finds "%s": what has points then', async (query, letters) => {
    expect(await find(query)).toBe(letters);
  });

  test('data-start and data-end must be numbers of seconds in order', async () => {
    for (const query of ['data-start=x', 'data-end=', 'data-start=5&data-end=4']) await expectRefused(query);
  });
});
