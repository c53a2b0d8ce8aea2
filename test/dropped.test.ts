import { EventTypeBulkPost, EventTypePost } from 'marigram-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startArchive, type TestArchive } from './support/archive.js';
import { postPoint, readAll, register } from './support/builders.js';
import { expectDocumented } from './support/openapi.js';

let archive: TestArchive;
let uri: string;
beforeAll(async () => {
  archive = await startArchive();
  uri = await register(archive, 'throughput', 'packet-loss-rate', 'histogram-ttl', 'ntp-offset', 'failures');
});
afterAll(() => archive.close());

/** What the headers of an answer tell of its points. */
function reportOf({ headers }: { headers: Record<string, string> }): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('marigram-')));
}

function put(data: readonly object[]) {
  return archive.http.put(uri).set('authorization', archive.auth).send({ data });
}

test('a point of an event type that is not registered is dropped with 201, and the headers say so', async () => {
  const answer = await postPoint(archive, uri, 'packet-reorders', { ts: 1, val: 1 }).expect(201, '""');
  expect(reportOf(answer)).toEqual({
    'marigram-stored': '0',
    'marigram-dropped': '1',
    'marigram-dropped-reason': 'event type not registered: 1',
  });
});

test('a write whose points are all stored as sent has none of the headers', async () => {
  for (const [eventType, val] of [
    ...[
      ['throughput', 10],
      ['throughput', '11'],
      ['throughput', 2.0],
      ['ntp-offset', 0.5],
    ],
    ...[
      ['packet-loss-rate', { numerator: 1, denominator: 3 }],
      ['histogram-ttl', { 1.5: 2 }],
      ['failures', { a: 1.5 }],
    ],
  ] as [string, unknown][]) {
    const ts = 100 + Math.floor(Math.random() * 1e8);
    expect(reportOf(await postPoint(archive, uri, eventType, { ts, val }).expect(201))).toEqual({});
  }
});

test.each([
  ['throughput', '1.9'],
  ['throughput', '15e-1'],
  ['packet-loss-rate', '{"numerator":1.5,"denominator":3}'],
  ['packet-loss-rate', '{"numerator":1,"denominator":3.5}'],
  ['histogram-ttl', '{"a":1,"b":1.5}'],
])('a fraction that is cut off is told of: %s %s', async (eventType, val) => {
  const ts = 200_000_000 + Math.floor(Math.random() * 1e8);
  const answer = await postPoint(archive, uri, eventType, `{"ts":${ts},"val":${val}}`).expect(201);
  expect(reportOf(answer)).toEqual({ 'marigram-stored': '1', 'marigram-dropped': '0', 'marigram-cut': '1' });
});

test('a bulk counts them by reason; a conflict has the headers, too, and so has the same write sent again', async () => {
  await archive.query(`UPDATE series SET base_cut_off = to_timestamp(1000), version = version + 1
                       WHERE event_type = 'ntp-offset'`);
  const data = [
    {
      ts: 500,
      val: [
        { 'event-type': 'ntp-offset', val: 1 },
        { 'event-type': 'packet-reorders', val: 1 },
      ],
    },
    {
      ts: 2000,
      val: [
        { 'event-type': 'ntp-offset', val: 1 },
        { 'event-type': 'path-mtu', val: 1 },
      ],
    },
    { ts: 2001, val: [{ 'event-type': 'throughput', val: 1.5 }] },
  ];
  const expected = {
    'marigram-stored': '2',
    'marigram-dropped': '3',
    'marigram-dropped-reason': 'older than retention keeps: 1; event type not registered: 2',
    'marigram-cut': '1',
  };
  for (let time = 0; time < 2; time++) {
    const answer = await put(data).set('idempotency-key', 'dropped-1').expect(201);
    expectDocumented('addPoints', answer);
    expect(reportOf(answer)).toEqual(expected);
  }
  data.push({ ts: 2002, val: [{ 'event-type': 'throughput', val: 1 }] });
  for (let time = 0; time < 2; time++) {
    const answer = await put(data).set('idempotency-key', 'dropped-2').expect(409);
    expectDocumented('addPoints', answer);
    expect(reportOf(answer)).toEqual({ ...expected, 'marigram-stored': '1' });
    expect(answer.body).toMatchObject({ stored: 1 });
  }
});

test('the SDK throws where it is told to be strict, once: the points are settled', async () => {
  const metadataKey = uri.split('/').at(-2)!;
  const options = { apiKey: archive.auth.replace('Token ', ''), metadataKey };
  const url = await archive.app.getUrl();
  const easy = new EventTypePost(url, { ...options, eventType: 'packet-reorders' }).addDataPoint(3000, 1);
  await easy.postData();
  const strict = new EventTypeBulkPost(url, { ...options, strict: true });
  strict.addDataPoint('packet-reorders', 3000, 1).addDataPoint('throughput', 3000, 2.5);
  await expect(strict.postData()).rejects.toMatchObject({
    name: 'DroppedError',
    message:
      'not all points were stored as sent: 1 dropped (event type not registered: 1), 1 stored without a fraction',
    ...{ stored: 1, dropped: 1, cut: 1 },
  });
  await strict.postData();
  await strict.addDataPoint('throughput', 3001, 2).postData();
  expect(await readAll(archive, uri, 'throughput')).toEqual(
    expect.arrayContaining([
      { ts: 3000, val: 2 },
      { ts: 3001, val: 2 },
    ]),
  );
});
