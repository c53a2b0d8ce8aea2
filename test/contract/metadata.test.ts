import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata } from '../support/builders.js';
import {
  newElement,
  PAIR_FIELDS,
  postMetadata,
  storeMetadata,
  summarized,
  type WireMetadata,
  without,
  withSource,
} from '../support/metadata.js';

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

const stored = (body: object | string): Promise<WireMetadata> => storeMetadata(archive, body);

/** Posts what must be refused with 400, and looks that nothing at all was stored. */
async function expectRefused(...bodies: (object | string)[]): Promise<void> {
  const rows = 'SELECT (SELECT count(*) FROM metadata) AS metadata, (SELECT count(*) FROM series) AS series';
  const before = await archive.query(rows);
  for (const body of bodies) {
    const response = await postMetadata(archive, body);
    expect(response.status, JSON.stringify(body)).toBe(400);
  }
  expect(await archive.query(rows)).toEqual(before);
}

const withSummaries = (...summaries: (readonly [type: unknown, window: unknown])[]): object =>
  newMetadata([summarized('throughput', ...summaries)]);
/** `throughput` with these summaries, of whatever shape. */
const withOddSummaries = (summaries: unknown): object => newMetadata([{ 'event-type': 'throughput', summaries }]);

describe('fields', () => {
  test('§2.1 a metadata without subject-type or event-types, or with others than those possible, is 400', async () => {
    await expectRefused(without(['subject-type']), without(['event-types']));
    for (const type of ['path', '', 'Point-To-Point', 5, null, ['point-to-point']])
      await expectRefused(newMetadata([], { 'subject-type': type }));
    for (const types of ['throughput', 5, true, {}, { 'event-type': 'throughput' }])
      await expectRefused(newMetadata([], { 'event-types': types }));
  });

  test('§2.1 event-types may be null or empty', async () => {
    for (const types of [null, []])
      expect(await stored(newMetadata([], { 'event-types': types }))).toMatchObject({ 'event-types': [] });
  });

  test('§2.1 metadata-key is 400, whatever its value', async () => {
    for (const key of ['0123456789abcdef0123456789abcdef', '', null])
      await expectRefused(newMetadata([], { 'metadata-key': key }));
  });

  test.each(['source', 'destination', 'measurement-agent'])('§2.2 %s must be one literal address', async (field) => {
    await expectRefused(without([field]));
    const texts = ['', 'ps.example.net', '192.0.2.0/24', '2001:db8::/32', 'fe80::1%eth0', ' 192.0.2.1', '192.0.2.1 '];
    for (const value of [...texts, '192.0.2', '3221225985', '1.2.3.256', '::ffff:1.2.3.256', 5, null, ['::1'], true])
      await expectRefused(newMetadata([], { [field]: value }));
  });

  test('§2.2 a network element needs source and measurement-agent, and has no destination', async () => {
    await expectRefused(...['source', 'measurement-agent'].map((name) => without([name], newElement())));
    // Beyond esmond: a network element without an address is known by a name, but not by what is meant as an address.
    for (const source of [
      '192.0.2.256',
      '192.0.2.0/24',
      '010.1.1.1',
      'fe80::1%eth0',
      ' 192.0.2.1',
      '',
      'x'.repeat(129),
    ])
      await expectRefused(newElement({ source }));
    await expectRefused(newElement({ 'measurement-agent': 'ps.example.net' }));
    for (const name of PAIR_FIELDS) await expectRefused({ ...newElement(), [name]: '192.0.2.1' });
  });

  test.each(['tool-name', 'input-source', 'input-destination'])(
    '§2.2 %s may be missing, a text or a number',
    async (field) => {
      expect(await stored(without([field]))).toMatchObject({ [field]: '' });
      for (const value of ['', 'x'.repeat(128), '😀'.repeat(128)])
        expect(await stored(newMetadata([], { [field]: value }))).toMatchObject({ [field]: value });
      expect(await stored(newMetadata([], { [field]: 5 }))).toMatchObject({ [field]: '5' });
      await expectRefused(...[null, 'x'.repeat(129)].map((value) => newMetadata([], { [field]: value })));
    },
  );

  const ADDRESSES = ['2001:DB8:0:0::1', '2001:db8:0:0:1:0:0:1', '2001:db8:0:1:1:1:1:1', '0:0:0:0:0:0:0:1', '::'];
  test.each([...ADDRESSES, '::192.0.2.1', '::1:2', '::ffff:0:1.2.3.4', 'fe80::00a1', '64:ff9b::1.2.3.4', '192.0.2.1'])(
    '§2.2 the address %s is answered as PostgreSQL prints it, from the first answer on',
    async (posted) => {
      const [row] = await archive.query<{ host: string }>('SELECT host($1::inet)', [posted]);
      const fields = { source: posted, destination: posted, 'measurement-agent': posted };
      const body = await stored(newMetadata([], fields));
      expect(body).toMatchObject(Object.fromEntries(Object.keys(fields).map((name) => [name, row!.host])));
      await archive.http.get(body.uri).expect(200, body);
    },
  );

  test.each(['::ffff:192.0.2.7', '::FFFF:c000:207', '0:0:0:0:0:ffff:192.0.2.7'])(
    '§2.2 %s is 192.0.2.7',
    async (posted) => {
      const metadata = newMetadata([], { source: posted });
      const body = await stored(metadata);
      expect(body.source).toBe('192.0.2.7');
      expect(await stored({ ...metadata, source: '192.0.2.7' })).toEqual(body);
    },
  );
});

describe('event types', () => {
  test('§2.3 an event type that is unknown, missing or no object is 400; extra members are not', async () => {
    for (const type of ['through*', '', 'Throughput', null, 5])
      await expectRefused(newMetadata([{ 'event-type': type }]));
    for (const item of [{}, 5, null, 'throughput', []]) await expectRefused(newMetadata([], { 'event-types': [item] }));
    const extra = { 'event-type': 'throughput', 'base-uri': '/x', 'time-updated': 5 };
    expect((await stored(newMetadata([extra])))['event-types']).toMatchObject([{ 'time-updated': null }]);
  });

  test('§2.3 summaries may be missing, null or empty, but nothing else than an array of objects', async () => {
    for (const summaries of [undefined, null, []])
      expect(await stored(withOddSummaries(summaries))).toMatchObject({
        'event-types': [{ summaries: [] }],
      });
    for (const summaries of ['average', 5, {}, { 'summary-type': 'average' }])
      await expectRefused(withOddSummaries(summaries));
    await expectRefused(...[5, null, 'average', []].map((item) => withOddSummaries([item])));
  });

  test('§2.3 "base" is no summary and is passed over', async () => {
    const body = withSummaries(['base', undefined], ['base', 0], ['average', 60]);
    expect((await stored(body))['event-types'][0]!.summaries).toMatchObject([{ 'summary-type': 'average' }]);
  });

  test('§1.2 a summary type in the plural form of URLs is 400, as any unknown one', async () => {
    for (const type of ['averages', 'aggregations', 'Average', 'maximum', '', null, 5])
      await expectRefused(withSummaries([type, 60]));
    await expectRefused(withSummaries([undefined, 60]));
  });

  test('§2.3 a window is an integer from 0, or a text of one', async () => {
    const windows = [0, '0', 1, '60', ' 60 ', 86_400, 100_000_000_000];
    for (const window of windows)
      expect((await stored(withSummaries(['average', window])))['event-types'][0]!.summaries).toMatchObject([
        { 'summary-window': String(window).trim() },
      ]);
    const others = [-1, '-1', 60.5, '60.5', true, null, '', 'day', [60], '1e3'];
    const large = [100_000_000_001, '99999999999999999999'];
    await expectRefused(...[...others, ...large].map((window) => withSummaries(['average', window])));
    await expectRefused(withSummaries(['average', undefined]));
  });

  test('§2.3 duplicates are merged', async () => {
    const throughput = summarized('throughput', ['average', 60], ['average', '60'], ['average', 60]);
    const { 'event-types': listed } = await stored(newMetadata([throughput, 'throughput', throughput]));
    expect(listed).toHaveLength(1);
    expect(listed[0]!.summaries).toHaveLength(1);
  });
});

describe('parameters', () => {
  test.each([
    ['20', '20'],
    ['20.0', '20.0'],
    ['26.0', '26.0'],
    ['0.1', '0.1'],
    ['1e3', '1e3'],
    ['1.50', '1.50'],
    ['-0', '-0'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', 'True'],
    ['false', 'False'],
    ['""', ''],
    ['" a "', ' a '],
    ['"\\u00e9\\ud83d\\ude00\\/"', 'é😀/'],
    ['[1, "a b"]', '[1,"a b"]'],
    ['{"a" : 1.0}', '{"a":1.0}'],
  ])('§2.5 %s is answered as the text %j', async (source, text) => {
    const body = await stored(withSource(`"value":${source}`));
    expect(body.value).toBe(text);
    await archive.http.get(body.uri).expect(200, body);
  });

  test('§2.5 null is ignored', async () => {
    expect(await stored(withSource('"value":null'))).not.toHaveProperty('value');
  });

  test('§2.5 a name has at most 128 characters, a value as many as it likes', async () => {
    for (const name of ['n'.repeat(128), '😀'.repeat(128)])
      expect(await stored(newMetadata([], { [name]: 'x' }))).toMatchObject({ [name]: 'x' });
    await expectRefused(newMetadata([], { ['n'.repeat(129)]: 'x' }));
    expect((await stored(newMetadata([], { value: 'é'.repeat(500_000) }))).value).toHaveLength(500_000);
  });

  test('§2.5 names are answered with dashes; two that become equal are 400', async () => {
    const body = await stored(newMetadata([], { extra_under_score: '1' }));
    expect(body).toMatchObject({ 'extra-under-score': '1' });
    expect(body).not.toHaveProperty('extra_under_score');
    await expectRefused(newMetadata([], { a_b: '1', 'a-b': '1' }));
  });

  const GENERATED = [
    'url',
    'metadata-count-total',
    'metadata-previous-page',
    'metadata-next-page',
    'metadata_next_page',
  ];
  const SHADOWING = ['event_types', 'subject_type', 'metadata_key', 'measurement_agent', 'tool_name', 'input_source'];
  test.each([...GENERATED, ...SHADOWING, 'input_destination'])('§2.5 %s is no name of a parameter', async (name) => {
    await expectRefused(newMetadata([], { [name]: 'x' }), { ...newElement(), [name]: 'x' });
  });

  test('§2.5 uri is ignored', async () => {
    const metadata = newMetadata();
    const body = await stored(metadata);
    expect(await stored({ ...metadata, uri: '/elsewhere/' })).toEqual(body);
  });

  test('§2.5 names of query parameters and of JavaScript are parameters like others', async () => {
    const query = ['time', 'time-start', 'limit', 'offset', 'order', 'format', 'event-type', 'summary-window'];
    const names = [...query, 'dns-match-rule', 'data-start', 'constructor', 'toString', 'detail', ''];
    const parameters = Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
    expect(await stored(newMetadata([], parameters))).toMatchObject(parameters);
    expect(await stored(withSource('"__proto__":"x"'))).toMatchObject({ '--proto--': 'x' });
  });

  test('§1.3 of duplicate JSON members the last counts', async () => {
    const twice =
      '"a":"1","source":"192.0.2.9","a":"2","event-types":[{"event-type":"failures","event-type":"iostat"}]';
    expect(await stored(withSource(twice))).toMatchObject({
      a: '2',
      source: '192.0.2.9',
      'event-types': [{ 'event-type': 'iostat' }],
    });
  });
});
