import { afterAll, beforeAll, expect, test } from 'vitest';
import { EventTypeBulkPost } from '../src/index.js';
import { all, startClient, type TestClient } from './support/client.js';

let client: TestClient;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());

test('summaries of every kind are read', async () => {
  const post = client.newPost();
  post.addEventType('throughput').addEventType('packet-loss-rate').addEventType('histogram-rtt');
  post.addSummaryType('throughput', 'average', [60]).addSummaryType('throughput', 'aggregation', [60]);
  post.addSummaryType('throughput', 'statistics', [60]).addSummaryType('packet-loss-rate', 'aggregation', [60]);
  post.addSummaryType('histogram-rtt', 'aggregation', [60]).addSummaryType('histogram-rtt', 'statistics', [60, 0]);
  const md = await post.postMetadata();
  const bulk = new EventTypeBulkPost(client.url, { ...client.auth, metadataKey: md.metadataKey });
  bulk.addDataPoint('throughput', 61, 1).addDataPoint('throughput', 119.5, 4).addDataPoint('throughput', 120, 7);
  bulk.addDataPoint('packet-loss-rate', 61, { numerator: 0, denominator: 10 });
  bulk.addDataPoint('packet-loss-rate', 62, { numerator: 5, denominator: 10 });
  bulk.addDataPoint('histogram-rtt', 61, { '1': 2 }).addDataPoint('histogram-rtt', 62, { '1': 1, '3': 1 });
  await bulk.addDataPoint('histogram-rtt', 121, { other: 1 }).postData();

  const throughput = md.getEventType('throughput')!;
  const averages = throughput.getSummary('average', '60')!;
  expect(averages).toMatchObject({
    summaryType: 'average',
    summaryWindow: 60,
    dataType: 'float',
    uri: `${md.uri}throughput/averages/60`,
  });
  const payload = await averages.getData();
  expect(payload).toMatchObject({ dataType: 'float', retryAfter: undefined });
  expect([...payload].map(({ tsEpoch, val }) => [tsEpoch, val])).toEqual([
    [60, 2.5],
    [120, 7],
  ]);
  expect((await all(averages.points({ order: 'desc', limit: 1 })))[0]).toMatchObject({ tsEpoch: 120, val: 7 });
  expect((await throughput.getSummary('aggregation', 60)!.getData({ time: 60 })).data[0]!.val).toBe(5);
  const [statistics] = (await throughput.getSummary('statistics', 60)!.getData()).data;
  expect(statistics!.val).toMatchObject({ minimum: 1, maximum: 4, mean: 2.5, variance: 2.25 });

  const [lost] = (await md.getEventType('packet-loss-rate')!.getSummary('aggregation', 60)!.getData()).data;
  expect(lost!.val).toBe(0.25);

  const rtt = md.getEventType('histogram-rtt')!;
  expect(rtt.summaries).toEqual([
    { summaryType: 'aggregation', summaryWindow: 60 },
    { summaryType: 'statistics', summaryWindow: 0 },
    { summaryType: 'statistics', summaryWindow: 60 },
  ]);
  const merged = await rtt.getSummary('aggregation', 60)!.getData();
  expect(merged.dataType).toBe('histogram');
  expect(merged.data.map((point) => [point.val, point.count])).toEqual([
    [{ '1': 3, '3': 1 }, 4],
    [{ other: 1 }, 1],
  ]);
  const spread = await rtt.getSummary('statistics', 60)!.getData();
  expect(spread.dataType).toBe('json');
  expect(spread.data.map(({ val }) => val.mode)).toEqual([[1], undefined]);
  expect(rtt.getSummary('statistics', 3600)).toBeUndefined();
  expect(rtt.getAllSummaries()).toHaveLength(3);
});

test('quantiles, distributions and categories are typed, and read', async () => {
  const post = client.newPost().addEventType('throughput').addEventType('event');
  post.addSummaryType('throughput', 'quantiles', [60]).addSummaryType('throughput', 'distribution', [60]);
  const md = await post.addSummaryType('event', 'categories', [60]).postMetadata();
  const bulk = new EventTypeBulkPost(client.url, { ...client.auth, metadataKey: md.metadataKey });
  bulk.addDataPoint('throughput', 61, 1).addDataPoint('throughput', 62, 4);
  await bulk.addDataPoint('event', 61, '200').addDataPoint('event', 62, '200').postData();
  const throughput = md.getEventType('throughput')!;
  const [quantiles] = (await throughput.getSummary('quantiles', 60)!.getData()).data;
  const { q50, q100, average, stddev, cnt, within } = quantiles!.val;
  expect([q50, q100, average, stddev, cnt, within]).toEqual([2.5, 4, 2.5, 2.1213203435596424, 2, undefined]);
  const [distribution] = (await throughput.getSummary('distribution', 60)!.getData()).data;
  expect(distribution!.val.map(({ l, r, cnt: count }) => [l, r, count])).toEqual([[0, 10, 2]]);
  const codes = await md.getEventType('event')!.getSummary('categories', 60)!.getData();
  expect(codes.data.map((point) => [point.val['200'], point.count])).toEqual([[2, 2]]);
});

test('a payload tells that the archive still fills the summary', async () => {
  const md = await client
    .newPost()
    .addEventType('throughput')
    .addSummaryType('throughput', 'average', [60])
    .postMetadata();
  await client.store(md, 'throughput', [[61, 1]]);
  const busy = async (request: Request): Promise<Response> => {
    const response = await fetch(request);
    const headers = new Headers(response.headers);
    if (request.url.includes('/averages/')) headers.set('retry-after', '7');
    return new Response(response.body, { status: response.status, headers });
  };
  const [found] = await client.find({ metadataKey: md.metadataKey }, { fetch: busy });
  const payload = await found!.getEventType('throughput')!.getSummary('average', 60)!.getData();
  expect(payload).toMatchObject({ retryAfter: 7, data: [{ val: 1 }] });
});
