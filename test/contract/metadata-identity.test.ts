import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata, postPoint } from '../support/builders.js';
import {
  newElement,
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
const keyOf = async (body: object | string): Promise<string> => (await stored(body))['metadata-key'];
const fetched = async (uri: string): Promise<WireMetadata> => (await archive.http.get(uri).expect(200)).body;

/** Two posts that differ in some members, given as JSON source text. */
type Variants = [what: string, first: string, second: string];

const SAME: Variants[] = [
  ['a number and its text', '"p":30', '"p":"30"'],
  ['a decimal number and its text', '"p":26.0', '"p":"26.0"'],
  ['values in upper and lower case', '"p":"TCP"', '"p":"tcp"'],
  ['names in upper and lower case', '"Ip-Tos":"1"', '"ip-tos":"1"'],
  ['a boolean and its name', '"p":true', '"p":"TRUE"'],
  ['a name with _ and with -', '"a_b":"1"', '"a-b":"1"'],
  ['parameters in another order', '"a":"1","b":"2"', '"b":"2","a":"1"'],
  ['a parameter that is null and none', '"q":"1","p":null', '"q":"1"'],
  ['tool names in upper and lower case', '"tool-name":"Iperf3"', '"tool-name":"iperf3"'],
  ['inputs in upper and lower case', '"input-source":"PS.Example"', '"input-source":"ps.example"'],
  ['spellings of an address', '"source":"2001:DB8:0::1"', '"source":"2001:db8::1"'],
  ['a mapped address and the IPv4 address', '"source":"::ffff:192.0.2.1"', '"source":"192.0.2.1"'],
  ['documents with and without white space', '"p":[1, 2]', '"p":[1,2]'],
];

const DIFFERENT: Variants[] = [
  ['30 and 30.0', '"p":30', '"p":30.0'],
  ['1e3 and 1000', '"p":1e3', '"p":1000'],
  ['a value and another one', '"p":"a"', '"p":"b"'],
  ['a parameter that is absent and an empty one', '"q":"1"', '"q":"1","p":""'],
  ['swapped values', '"a":"1","b":"2"', '"a":"2","b":"1"'],
  ['values that look like further parameters', '"a":"1,b::2"', '"a":"1","b":"2"'],
  ['a parameter more', '"a":"1"', '"a":"1","b":"2"'],
  ['sources', '"source":"192.0.2.8"', '"source":"192.0.2.9"'],
  ['tools', '"tool-name":"a"', '"tool-name":"b"'],
  ['blanks', '"p":"a"', '"p":"a "'],
];

describe('identity', () => {
  test('§2.4 a key is 32 hexadecimal digits in lower case, and another one for each metadata', async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => keyOf(newMetadata())));
    for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(keys).size).toBe(10);
  });

  test.each(SAME)('§2.4 the same metadata: %s', async (_what, first, second) => {
    const metadata = newMetadata();
    expect(await keyOf(withSource(second, metadata))).toBe(await keyOf(withSource(first, metadata)));
  });

  test.each(DIFFERENT)('§2.4 different metadata: %s', async (_what, first, second) => {
    const metadata = newMetadata();
    expect(await keyOf(withSource(second, metadata))).not.toBe(await keyOf(withSource(first, metadata)));
  });

  test.each(['tool-name', 'input-source', 'input-destination'])(
    '§2.4 a missing %s equals an empty one',
    async (name) => {
      const metadata = newMetadata();
      expect(await keyOf({ ...metadata, [name]: '' })).toBe(await keyOf(without([name], metadata)));
    },
  );

  test('§2.4 a point-to-point metadata and a network element are never the same', async () => {
    const element = newElement();
    const pair = { ...element, 'subject-type': 'point-to-point', destination: '192.0.2.1' };
    expect(await keyOf(pair)).not.toBe(await keyOf(element));
  });

  test('§2.4 source and destination are not interchangeable', async () => {
    const metadata = newMetadata([], { source: '192.0.2.1', destination: '192.0.2.2' });
    const reverse = { ...metadata, source: '192.0.2.2', destination: '192.0.2.1' };
    expect(await keyOf(reverse)).not.toBe(await keyOf(metadata));
  });

  test('§2.4 posting again is 201 with the object as it is stored: first letter case, current times', async () => {
    const metadata = newMetadata(['throughput', 'failures'], { 'ip-transport-protocol': 'TCP' });
    const first = await stored(metadata);
    await postPoint(archive, first.uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    const again = await stored({ ...metadata, 'ip-transport-protocol': 'tcp', 'tool-name': 'PSCHEDULER/IPERF3' });
    expect(again).toEqual(await fetched(first.uri));
    expect(again).toMatchObject({ 'ip-transport-protocol': 'TCP', 'tool-name': 'pscheduler/iperf3' });
    expect(again['event-types'].map((type) => type['time-updated'])).toEqual([null, expect.any(Number)]);
  });

  test('§2.4 concurrent posts of one metadata are all 201 with one key, and lose no event type', async () => {
    const metadata = newMetadata();
    const eventTypes = ['throughput', 'failures', 'packet-rtt', 'histogram-rtt'];
    const answers = await Promise.all(
      Array.from({ length: 24 }, (_, index) => {
        const eventType = summarized(eventTypes[index % 4]!, ...(index % 4 === 0 ? [['average', index] as const] : []));
        return postMetadata(archive, { ...metadata, 'event-types': [eventType] });
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
    const keys = new Set(answers.map(({ body }) => body['metadata-key']));
    expect(keys.size).toBe(1);
    const { 'event-types': types } = await fetched(`${ARCHIVE}${String([...keys][0])}/`);
    expect(types.map((type) => type['event-type'])).toEqual([...eventTypes].sort());
    const windows = types.find((type) => type['event-type'] === 'throughput')!.summaries;
    expect(windows.map((summary) => summary['summary-window'])).toEqual(['0', '4', '8', '12', '16', '20']);
  });
});

describe('extension', () => {
  const shape = ({ 'event-types': types }: WireMetadata): [string, string[]][] =>
    types.map((type) => [
      type['event-type'],
      type.summaries.map((summary) => `${String(summary['summary-type'])} ${String(summary['summary-window'])}`),
    ]);

  test('further event types and summaries extend the metadata under its key; the union is answered', async () => {
    const metadata = newMetadata([summarized('throughput', ['average', 3600])]);
    const first = await stored(metadata);
    const extend = (...types: object[]): Promise<WireMetadata> => stored({ ...metadata, 'event-types': types });

    const second = await extend({ 'event-type': 'failures' });
    expect(shape(second)).toEqual([
      ['failures', []],
      ['throughput', ['average 3600']],
    ]);
    const third = await extend(summarized('throughput', ['average', 300], ['aggregation', '86400'], ['average', 3600]));
    expect(shape(third)).toEqual([
      ['failures', []],
      ['throughput', ['aggregation 86400', 'average 300', 'average 3600']],
    ]);
    expect(await extend()).toEqual(third);
    expect(await stored(metadata)).toEqual(third);
    expect(await fetched(first.uri)).toEqual(third);
    for (const { 'metadata-key': key } of [second, third]) expect(key).toBe(first['metadata-key']);
  });

  test('an extension keeps the points and their time', async () => {
    const metadata = newMetadata(['throughput']);
    const { uri } = await stored(metadata);
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    const { 'event-types': before } = await fetched(uri);
    const { 'event-types': after } = await stored({ ...metadata, 'event-types': [{ 'event-type': 'failures' }] });
    expect(after[1]).toEqual(before[0]);
    await archive.http.get(`${uri}throughput/base`).expect(200, [{ ts: 1, val: 1 }]);
  });

  test('an extension that is refused adds nothing', async () => {
    const metadata = newMetadata(['throughput']);
    const first = await stored(metadata);
    const types = [{ 'event-type': 'failures' }, { 'event-type': 'nonsense' }];
    await postMetadata(archive, { ...metadata, 'event-types': types }).expect(400);
    expect(await fetched(first.uri)).toEqual(first);
  });
});

describe('the object on output', () => {
  test('§2.6 of a point-to-point metadata has exactly these fields, in the answer to POST and to GET', async () => {
    const metadata = {
      ...newMetadata([summarized('throughput', ['average', 86_400], ['aggregation', '3600']), 'failures']),
      'time-duration': 30,
    };
    const response = await postMetadata(archive, metadata).set('host', 'ma.example.net').expect(201);
    const key: string = response.body['metadata-key'];
    const uri = `${ARCHIVE}${key}/`;
    const summary = (type: string, path: string, window: string): object => ({
      uri: `${uri}throughput/${path}/${window}`,
      'summary-type': type,
      'summary-window': window,
      'time-updated': null,
    });
    expect(response.body).toEqual({
      ...metadata,
      url: `http://ma.example.net${uri}`,
      uri,
      'metadata-key': key,
      'test-number': expect.stringMatching(/^\d+$/),
      'time-duration': '30',
      'event-types': [
        { 'event-type': 'failures', 'base-uri': `${uri}failures/base`, 'time-updated': null, summaries: [] },
        {
          'event-type': 'throughput',
          'base-uri': `${uri}throughput/base`,
          'time-updated': null,
          summaries: [summary('aggregation', 'aggregations', '3600'), summary('average', 'averages', '86400')],
        },
      ],
    });
    expect(response.headers.location).toBe(response.body.url);
    await archive.http.get(uri).set('host', 'ma.example.net').expect(200, response.body);
    await archive.http.get(`${uri}throughput/`).expect(200, [response.body['event-types'][1]]);
  });

  test('§2.6 of a network element has no destination', async () => {
    const { 'event-types': _types, ...fields } = newElement() as Record<string, unknown>;
    const body = await stored(newElement());
    const generated = ['url', 'uri', 'metadata-key', 'event-types'];
    expect(Object.keys(body).sort()).toEqual([...Object.keys(fields), ...generated].sort());
  });

  test('§2.6 event types are sorted by name, summaries by type and then by window as a number', async () => {
    const windows = [3600, 60, 86_400, 300].flatMap((window) => [
      ['average', window] as const,
      ['aggregation', window] as const,
    ]);
    const types = ['throughput', 'packet-rtt', 'packet-count-sent', 'failures'];
    const { 'event-types': listed } = await stored(
      newMetadata(types.map((type) => summarized(type, ...(type === 'failures' ? [] : windows)))),
    );
    expect(listed.map((type) => type['event-type'])).toEqual([...types].sort());
    expect(
      listed[3]!.summaries.map((summary) => `${String(summary['summary-type'])}/${String(summary['summary-window'])}`),
    ).toEqual(
      ['aggregation', 'average'].flatMap((type) => [60, 300, 3600, 86_400].map((window) => `${type}/${window}`)),
    );
  });

  test('§4.1 an event type of old rows that is not known any more is still listed', async () => {
    const { uri, 'metadata-key': key } = await stored(newMetadata(['throughput']));
    await archive.query(
      `INSERT INTO series (metadata, event_type, data_type)
       SELECT id, 'streams-retransmits', 'json' FROM metadata WHERE key = $1`,
      [key],
    );
    expect((await fetched(uri))['event-types']).toMatchObject([{ 'event-type': 'streams-retransmits' }, {}]);
  });
});

describe('time-updated', () => {
  const eventTypes = [summarized('throughput', ['average', 60]), summarized('packet-rtt', ['average', 60])];
  const times = async (uri: string): Promise<unknown[]> =>
    (await fetched(uri))['event-types'].map((type) => [
      type['time-updated'],
      ...type.summaries.map((summary) => summary['time-updated']),
    ]);

  test('§2.7 is null until the first point, then the time of the write, for the event type and its summaries', async () => {
    const { uri } = await stored(newMetadata(eventTypes));
    expect(await times(uri)).toEqual([
      [null, null],
      [null, null],
    ]);
    await postPoint(archive, uri, 'throughput', { ts: 1000, val: 1 }).expect(201);
    const [rtt, [now, summary]] = (await times(uri)) as [number[], number[]];
    expect(rtt).toEqual([null, null]);
    expect(Number.isInteger(now)).toBe(true);
    expect(summary).toBe(now);
    const [row] = await archive.query<{ age: number }>('SELECT extract(epoch FROM now())::float8 - $1 AS age', [now]);
    expect(row!.age).toBeGreaterThanOrEqual(0);
    expect(row!.age).toBeLessThan(3600);
  });

  test('§2.7 stays as it is when a point is refused or there already, and moves with the next one', async () => {
    const { uri } = await stored(newMetadata(eventTypes));
    await postPoint(archive, uri, 'throughput', { ts: 1000, val: 1 }).expect(201);
    await archive.query(`UPDATE series SET time_updated = to_timestamp(5000)`);
    await postPoint(archive, uri, 'throughput', { ts: 1000, val: 2 }).expect(409);
    await postPoint(archive, uri, 'throughput', { ts: 1001, val: 'fast' }).expect(400);
    expect((await times(uri))[1]).toEqual([5000, 5000]);
    await postPoint(archive, uri, 'throughput', { ts: 1, val: 1 }).expect(201);
    const [rtt, [now]] = (await times(uri)) as [number[], number[]];
    expect(rtt).toEqual([5000, 5000]);
    expect(now).toBeGreaterThan(5000);
  });
});
