import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ApiConnect, ApiFilters, EventTypePost, MetadataPost } from '../src/index.js';
import { all, PAIR, startClient, type TestClient } from './support/client.js';
import { TinyServer } from './support/server.js';

let client: TestClient;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());

test('the example of the README registers, posts, searches and reads', async () => {
  const { url, auth } = client;
  const mp = new MetadataPost(url, { ...auth, ...PAIR });
  mp.addEventType('throughput');
  mp.addSummaryType('throughput', 'average', [3600, 86400]);
  const md = await mp.postMetadata();
  const post = new EventTypePost(url, { ...auth, metadataKey: md.metadataKey, eventType: 'throughput' });
  const now = Math.floor(Date.now() / 1000);
  post.addDataPoint(1397075053, 23).addDataPoint(now, 24);
  await post.postData();
  const filters = new ApiFilters();
  filters.source = '10.10.0.1';
  filters.timeRange = 3600;
  const read: [Date, number][] = [];
  for await (const m of new ApiConnect(url, filters, auth).getMetadata())
    for (const p of (await m.getEventType('throughput')!.getData()).data) read.push([p.ts, p.val]);
  expect(read).toEqual([[new Date(now * 1000), 24]]);
});

describe('a search', () => {
  test('pages lazily, and finds each metadata once, sorted by key', async () => {
    const registered: string[] = [];
    for (let i = 0; i < 7; i++) {
      const post = client.newPost().addFreeformKeyValue('group', 'pages').addEventType('failures');
      registered.push((await post.postMetadata()).metadataKey);
    }
    const requests: string[] = [];
    const spy = async (request: Request): Promise<Response> => {
      requests.push(new URL(request.url).search);
      return fetch(request);
    };
    const connect = new ApiConnect(client.url, { group: 'pages' }, { pageSize: 3, fetch: spy });
    const metadata = connect.getMetadata();
    const keys: string[] = [];
    for (let i = 0; i < 4; i++) {
      keys.push((await metadata.next()).value!.metadataKey);
      expect(requests).toHaveLength(i < 3 ? 1 : 2);
    }
    for await (const one of metadata) keys.push(one.metadataKey);
    expect(keys).toEqual(registered.toSorted());
    expect(requests).toEqual([
      '?group=pages&limit=3',
      '?group=pages&limit=3&offset=3',
      '?group=pages&limit=3&offset=6',
    ]);
    expect(
      (await client.find({ group: 'pages', limit: 4, offset: 2 }, { pageSize: 3 })).map((m) => m.metadataKey),
    ).toEqual(registered.toSorted().slice(2, 6));
  });

  test('does not return twice what a new metadata moves to the next page', async () => {
    const group = (): MetadataPost => client.newPost().addFreeformKeyValue('group', 'moving').addEventType('failures');
    for (let i = 0; i < 4; i++) await group().postMetadata();
    const metadata = new ApiConnect(client.url, { group: 'moving' }, { pageSize: 2 }).getMetadata();
    const keys = [(await metadata.next()).value!.metadataKey, (await metadata.next()).value!.metadataKey];
    // One that sorts before the others, as it happens.
    while ((await group().postMetadata()).metadataKey > keys[0]!);
    for await (const one of metadata) keys.push(one.metadataKey);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('takes its conditions in camel case or as the archive names them, and booleans and dates', async () => {
    const post = client.newPost().addEventType('ntp-offset').addEventType('failures');
    post.addFreeformKeyValue('ip-transport-protocol', 'tcp').addFreeformKeyValue('mode-flip', true);
    post.addFreeformKeyValue('weird name & more', 'a=b').addFreeformKeyValue('MTU', '9000');
    const { metadataKey } = await post.postMetadata();
    const found = async (filters: ConstructorParameters<typeof ApiFilters>[0]): Promise<string[]> =>
      (await client.find(new ApiFilters({ metadataKey, ...filters }))).map((one) => one.metadataKey);
    expect(await found({ ipTransportProtocol: 'tcp' })).toEqual([metadataKey]);
    expect(await found({ 'ip-transport-protocol': 'tcp', 'weird name & more': 'a=b' })).toEqual([metadataKey]);
    expect(await found({ MTU: '9000' })).toEqual([metadataKey]);
    expect(await found({ 'ip-transport-protocol': 'udp' })).toEqual([]);
    expect(await found({ modeFlip: true, inputSource: 'host1', toolName: 'bwctl/iperf3' })).toEqual([metadataKey]);
    expect(await found({ modeFlip: false })).toEqual([]);
    expect(await found({ dataStart: new Date(1e12) })).toEqual([]);
    await client.store((await client.find({ metadataKey }))[0]!, 'ntp-offset', [[1e9 + 0.25, 1]]);
    expect(await found({ dataStart: new Date(1e12), dataEnd: new Date(1e12 + 250) })).toEqual([metadataKey]);
    expect(await found({ dataStart: new Date(1e12), dataEnd: new Date(1e12 + 249) })).toEqual([]);
    expect(await found({ time: new Date(0) })).toEqual([]);
  });

  test('finds nothing without an error, and takes any spelling of the URL', async () => {
    expect(await client.find({ source: '203.0.113.1' })).toEqual([]);
    const urls = ['', '/', '/esmond/perfsonar/archive/', '/esmond/perfsonar/archive'];
    for (const end of urls) {
      const connect = new ApiConnect(client.url + end, { group: 'pages', limit: 1 }, { scriptAlias: 'esmond' });
      expect(await all(connect.getMetadata())).toHaveLength(1);
    }
    expect(() => new ApiConnect('localhost', {})).toThrow(TypeError);
    expect(() => new ApiConnect('ftp://localhost', {})).toThrow(TypeError);
    expect(() => new ApiConnect('http://localhost', {}, { apiKey: 'a\nb' })).toThrow(TypeError);
  });
});

test('an archive under another prefix, or none, is reached by scriptAlias', async () => {
  const paths: string[] = [];
  const server = await TinyServer.start((request, response) => {
    paths.push(request.url ?? '');
    response.setHeader('content-type', 'application/json').end('[]');
  });
  const { url } = server;
  for (const scriptAlias of ['archive', '/a/b/', null, undefined])
    expect(await all(new ApiConnect(url, {}, { scriptAlias }).getMetadata())).toEqual([]);
  expect(await all(new ApiConnect(`${url}/proxy/`, {}).getMetadata())).toEqual([]);
  await server.close();
  expect(paths).toEqual(
    ['/archive', '/a/b', '', '/esmond', '/proxy/esmond'].map((prefix) => `${prefix}/perfsonar/archive/?limit=500`),
  );
  const other = await startClient({ PATH_PREFIX: '/' });
  expect(await all(new ApiConnect(other.url, {}, { scriptAlias: null }).getMetadata())).toEqual([]);
  await other.close();
});

test('a metadata shows its fields and parameters', async () => {
  const post = client.newPost().addEventType('histogram-owdelay').addEventType('failures');
  post.addFreeformKeyValue('sample-bucket-width', 0.0001).addFreeformKeyValue('ip-packet-interval', '0.1');
  const posted = await post.postMetadata();
  const [md] = await client.find({ metadataKey: posted.metadataKey });
  expect(md).toMatchObject({
    ...PAIR,
    timeDuration: '30',
    eventTypes: ['failures', 'histogram-owdelay'],
    sampleBucketWidth: '0.0001',
    ipPacketInterval: '0.1',
    metadataKey: posted.metadataKey,
    uri: `/esmond/perfsonar/archive/${posted.metadataKey}/`,
  });
  expect(md!.getFreeformKeyValue('sample_bucket_width')).toBe('0.0001');
  expect(md!.getFreeformKeyValue('constructor')).toBeUndefined();
  expect(md!.getFreeformKeyValue('event-types')).toBeUndefined();
  expect(md!.getAllEventTypes().map(({ eventType, dataType, baseUri }) => [eventType, dataType, baseUri])).toEqual([
    ['failures', 'json', `${md!.uri}failures/base`],
    ['histogram-owdelay', 'histogram', `${md!.uri}histogram-owdelay/base`],
  ]);
  expect(md!.getEventType('throughput')).toBeUndefined();
  expect(JSON.parse(JSON.stringify(md))).toMatchObject({ 'metadata-key': posted.metadataKey, source: PAIR.source });
  expect(md!.getEventType('failures')!.timeUpdated).toBeUndefined();
});

test('a network element has no destination', async () => {
  const { url, auth } = client;
  const { toolName, source, measurementAgent } = PAIR;
  const post = new MetadataPost(url, { ...auth, subjectType: 'network-element', toolName, source, measurementAgent });
  const md = await post.addEventType('ntp-offset').postMetadata();
  expect(md).toMatchObject({ subjectType: 'network-element', source, destination: undefined, inputSource: '' });
});
