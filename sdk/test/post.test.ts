import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ConflictError, EventTypeBulkPost, EventTypePost } from '../src/index.js';
import { failureOf, startClient, type TestClient } from './support/client.js';

let client: TestClient;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());

describe('a metadata', () => {
  test('keeps its key when it is posted again, and is extended by what is new', async () => {
    const post = client.newPost().addEventType('throughput');
    const first = await post.postMetadata();
    const second = await post
      .addEventType('failures')
      .addSummaryType('throughput', 'average', [3600, 60])
      .postMetadata();
    expect(second.metadataKey).toBe(first.metadataKey);
    expect(second.eventTypes).toEqual(['failures', 'throughput']);
    expect(second.getEventType('throughput')!.summaries).toEqual([
      { summaryType: 'average', summaryWindow: 60 },
      { summaryType: 'average', summaryWindow: 3600 },
    ]);
  });

  test('has the event types of its summaries', async () => {
    const md = await client.newPost().addSummaryType('packet-count-sent', 'aggregation', [0]).postMetadata();
    expect(md.getEventType('packet-count-sent')!.summaries).toEqual([{ summaryType: 'aggregation', summaryWindow: 0 }]);
  });

  test('is refused with the sentence of the archive', async () => {
    const post = client.newPost().addEventType('no-such-type');
    await expect(post.postMetadata()).rejects.toMatchObject({
      name: 'ApiError',
      status: 400,
      detail: expect.stringContaining('no-such-type'),
      method: 'POST',
      url: `${client.url}/esmond/perfsonar/archive/`,
    });
  });
});

describe('points', () => {
  test('are posted in one request, and the next one begins empty', async () => {
    const md = await client.register('throughput');
    const requests: Request[] = [];
    const spy = async (request: Request): Promise<Response> => {
      requests.push(request.clone());
      return fetch(request);
    };
    const options = { ...client.auth, metadataKey: md.metadataKey, eventType: 'throughput', fetch: spy } as const;
    const post = new EventTypePost(client.url, options);
    await post.postData();
    expect(requests).toEqual([]);
    await post.addDataPoint(1, 10).addDataPoint(2.5, 11).addDataPoint(new Date(3250), 12).postData();
    await post.addDataPoint(4, 13).postData();
    expect(requests).toHaveLength(2);
    expect(await requests[1]!.json()).toEqual({ data: [{ ts: 4, val: [{ 'event-type': 'throughput', val: 13 }] }] });
    const keys = requests.map((request) => request.headers.get('idempotency-key'));
    expect(new Set(keys).size).toBe(2);
    for (const key of keys)
      expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const { data } = await md.getEventType('throughput')!.getData();
    expect(data.map(({ tsEpoch, val }) => [tsEpoch, val])).toEqual([
      [1, 10],
      [2.5, 11],
      [3.25, 12],
      [4, 13],
    ]);
  });

  test('that are there already are named by a ConflictError; all others are stored', async () => {
    const md = await client.register('throughput', 'packet-loss-rate', 'failures');
    const bulk = new EventTypeBulkPost(client.url, { ...client.auth, metadataKey: md.metadataKey });
    bulk.addDataPoint('throughput', 1, 1).addDataPoint('failures', 1, { error: 'old' });
    await bulk.postData();
    bulk.addDataPoint('throughput', 1, 2).addDataPoint('throughput', 2, 2);
    bulk.addDataPoint('failures', 1, { error: 'new' });
    bulk.addDataPoint('packet-loss-rate', 1, { numerator: 1, denominator: 4 });
    const error = (await failureOf(bulk.postData())) as ConflictError;
    expect(error).toMatchObject({
      name: 'ConflictError',
      status: 409,
      stored: 3,
      conflicts: [{ eventType: 'throughput', ts: 1 }],
      repeated: false,
    });
    const values = async (name: string): Promise<unknown[]> =>
      (await md.getEventType(name)!.getData()).data.map(({ val }) => val);
    expect(await values('throughput')).toEqual([1, 2]);
    expect(await values('failures')).toEqual([{ error: 'new' }]);
    expect(await values('packet-loss-rate')).toEqual([0.25]);
    // What is settled is not sent again.
    await bulk.postData();
  });

  test('are all kept by the post when the archive refuses one', async () => {
    const md = await client.register('packet-loss-rate');
    const options = { ...client.auth, metadataKey: md.metadataKey, eventType: 'packet-loss-rate' } as const;
    const post = new EventTypePost(client.url, options);
    post.addDataPoint(1, { numerator: 1, denominator: 2 }).addDataPoint(2, { numerator: 1, denominator: 0 });
    for (let i = 0; i < 2; i++)
      await expect(post.postData()).rejects.toMatchObject({
        status: 400,
        detail: expect.stringContaining('data item 2'),
      });
    expect((await md.getEventType('packet-loss-rate')!.getData()).data).toEqual([]);
  });

  test('that are added while others are posted go with the next write', async () => {
    const md = await client.register('throughput');
    const options = { ...client.auth, metadataKey: md.metadataKey, eventType: 'throughput' } as const;
    const post = new EventTypePost(client.url, options).addDataPoint(1, 1);
    const first = post.postData();
    await Promise.resolve();
    post.addDataPoint(2, 2).addDataPoint(1.5, 3);
    await Promise.all([first, post.postData(), post.postData()]);
    const { data } = await md.getEventType('throughput')!.getData();
    expect(data.map(({ val }) => val)).toEqual([1, 3, 2]);
  });

  test('that are no JSON are refused before they are sent', async () => {
    const { metadataKey } = await client.register('ntp-offset');
    const post = new EventTypePost(client.url, { ...client.auth, metadataKey, eventType: 'ntp-offset' });
    expect(() => post.addDataPoint(NaN, 1)).toThrow(RangeError);
    expect(() => post.addDataPoint(new Date('no date'), 1)).toThrow(RangeError);
    expect(() => post.addDataPoint(1, Infinity)).toThrow(RangeError);
  });
});
