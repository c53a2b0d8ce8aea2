import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest';
import { builtInDataType as archiveDataTypeOf, EVENT_TYPES as ARCHIVE_TYPES } from '../../src/event-types/catalogue.js';
import {
  DataHistogram,
  type DataPoint,
  dataTypeOf,
  EVENT_TYPES,
  EventTypeBulkPost,
  type Failure,
  type Histogram,
  type JsonValue,
  type Metadata,
  type Percentage,
  type Statistics,
  type Subinterval,
  type Summary,
} from '../src/index.js';
import { microsOf, microsOfDigits, secondsText } from '../src/time.js';
import { all, startClient, type TestClient } from './support/client.js';

let client: TestClient;
beforeAll(async () => {
  client = await startClient();
});
afterAll(() => client.close());

const SUBINTERVALS: Subinterval[] = [
  { start: 0, duration: '1.5', val: 9.4e9 },
  { start: 1.5, duration: 1, val: { of: 'any kind' }, more: [1] },
];

/** What is posted and read of each data type. */
const SAMPLES: Record<string, [posted: unknown, read: unknown]> = {
  integer: [9_400_000_000, 9_400_000_000],
  float: [-0.12345, -0.12345],
  percentage: [{ numerator: 1, denominator: 8 } satisfies Percentage, 0.125],
  histogram: [
    { '41.0': 98, '41.1': 2, label: 0 },
    { '41.0': 98, '41.1': 2, label: 0 },
  ],
  json: [
    { error: 'Grüße "…"\n', nested: [null, true, 1e-9] },
    { error: 'Grüße "…"\n', nested: [null, true, 1e-9] },
  ],
  subinterval: [SUBINTERVALS, SUBINTERVALS],
  string: ['GET "ü"', 'GET "ü"'],
};

test('the client knows the event types and data types of the archive', () => {
  expect(EVENT_TYPES).toEqual(ARCHIVE_TYPES);
  for (const name of EVENT_TYPES) expect(dataTypeOf(name), name).toBe(archiveDataTypeOf(name));
  expect([dataTypeOf('histogram-new'), dataTypeOf('new'), dataTypeOf('constructor')]).toEqual([
    'histogram',
    'json',
    'json',
  ]);
});

test('a value of every event type is posted in one bulk, and read as it was', async () => {
  const md = await client.register(...EVENT_TYPES);
  expect(md.eventTypes).toEqual(EVENT_TYPES);
  const bulk = new EventTypeBulkPost(client.url, { ...client.auth, metadataKey: md.metadataKey });
  const ts = 1714557600;
  for (const name of EVENT_TYPES) bulk.addDataPoint<string>(name, ts, SAMPLES[dataTypeOf(name)]![0] as JsonValue);
  await bulk.postData();
  for (const eventType of md.getAllEventTypes()) {
    const { dataType, data } = await eventType.getData();
    expect(dataType).toBe(archiveDataTypeOf(eventType.eventType));
    expect(
      data.map(({ tsEpoch, val }) => [tsEpoch, val]),
      eventType.eventType,
    ).toEqual([[ts, SAMPLES[dataType]![1]]]);
    expect(data[0] instanceof DataHistogram).toBe(dataType === 'histogram');
  }
  const [histogram] = await md.getEventType('histogram-rtt')!.getData();
  expect(histogram!.count).toBe(100);
  const [found] = await client.find({ metadataKey: md.metadataKey });
  expect(Date.now() - found!.getEventType('failures')!.timeUpdated!.getTime()).toBeLessThan(60_000);
});

test('null is a value', async () => {
  const md = await client.register('pscheduler-raw');
  const bulk = new EventTypeBulkPost(client.url, { ...client.auth, metadataKey: md.metadataKey });
  await bulk.addDataPoint('pscheduler-raw', 1, null).postData();
  expect((await md.getEventType('pscheduler-raw')!.getData()).data[0]!.val).toBeNull();
});

test('values have the type of their event type', () => {
  type Points<T extends { getData: () => Promise<{ data: readonly unknown[] }> }> = Awaited<
    ReturnType<T['getData']>
  >['data'][number];
  const md = undefined as unknown as Metadata;
  const of = {
    throughput: () => md.getEventType('throughput')!,
    rtt: () => md.getEventType('histogram-rtt')!,
    any: () => md.getEventType('unknown')!,
    failures: () => md.getEventType('failures')!,
  };
  expectTypeOf<Points<ReturnType<typeof of.throughput>>>().toEqualTypeOf<DataPoint<number>>();
  expectTypeOf<Points<ReturnType<typeof of.rtt>>>().toEqualTypeOf<DataHistogram>();
  expectTypeOf<Points<ReturnType<typeof of.rtt>>['val']>().toEqualTypeOf<Histogram>();
  expectTypeOf<Points<ReturnType<typeof of.any>>['val']>().toEqualTypeOf<JsonValue>();
  expectTypeOf<Points<ReturnType<typeof of.failures>>['val']>().toEqualTypeOf<Failure>();
  expectTypeOf<Points<Summary<'throughput', 'average'>>['val']>().toEqualTypeOf<number>();
  expectTypeOf<Points<Summary<'throughput', 'statistics'>>['val']>().toEqualTypeOf<Statistics>();
  expectTypeOf<Points<Summary<'histogram-rtt', 'aggregation'>>>().toEqualTypeOf<DataHistogram>();
  // @ts-expect-error histograms have no average
  const refused = () => of.rtt().getSummary('average', 3600);
  expectTypeOf(refused).toBeFunction();
});

describe('times', () => {
  const MICROS = [
    0, 1, -1, -1_000_001, 1_714_557_600_000_000, 1_714_557_600_000_001, 1_714_557_600_250_000, 1_714_557_600_999_999,
    // In these years, the product of seconds and a million is off by one now and then.
    4_294_967_296_000_001, 4_400_000_000_123_457, 4_503_599_627_370_497, 8_000_000_000_654_321,
    // The end of the year 2254: a double of seconds cannot tell these apart any more, digits can.
    8_993_800_000_123_457,
  ];

  test('are exact to the microsecond, there and back', async () => {
    const md = await client.register('ntp-offset');
    const storable = MICROS.filter((micros) => micros < 2 ** 32 * 1e6);
    await client.store(
      md,
      'ntp-offset',
      storable.map((micros) => [micros / 1e6, 1]),
    );
    const points = await all(md.getEventType('ntp-offset')!.points({ timeStart: -10, timeEnd: 9e9 }));
    expect(points.map((point) => point.tsMicros)).toEqual(storable.toSorted((a, b) => a - b));
    expect(points.map((point) => point.tsEpoch)).toEqual(
      storable.toSorted((a, b) => a - b).map((micros) => micros / 1e6),
    );
    expect(points.map((point) => point.ts.getTime())).toEqual(
      storable.toSorted((a, b) => a - b).map((micros) => Math.floor(micros / 1000)),
    );
    expect(JSON.stringify(points.at(-1))).toBe('{"ts":1714557600.999999,"val":1}');
  });

  test.each(MICROS)('%i µs survive as text, and as a number until 2242', (micros) => {
    const [whole = '', fraction = ''] = secondsText(micros).split('.');
    expect(microsOfDigits(whole, fraction)).toBe(micros);
    if (micros < 2 ** 33 * 1e6) expect(microsOf(Number(secondsText(micros)))).toBe(micros);
  });

  test('bound a read: options before filters, both ends inclusive, dates and decimals exact', async () => {
    const md = await client.register('ntp-offset');
    const seconds = [1000, 1000.5, 1001, 1001.000001, 1002];
    await client.store(
      md,
      'ntp-offset',
      seconds.map((ts) => [ts, 1]),
    );
    const { metadataKey } = md;
    const [found] = await client.find({ metadataKey, timeStart: 1001, timeEnd: 4e9 });
    const eventType = found!.getEventType('ntp-offset')!;
    const read = async (options?: Parameters<typeof eventType.getData>[0]): Promise<number[]> =>
      (await eventType.getData(options)).data.map((point) => point.tsEpoch);
    expect(await read()).toEqual([1001, 1001.000001, 1002]);
    expect(await read({ timeStart: 0 })).toEqual(seconds);
    expect(await read({ time: 1000 })).toEqual([1000, 1000.5]);
    expect(await read({ time: 1001.000001 })).toEqual([1001.000001]);
    expect(await read({ timeStart: new Date(1_000_500), timeEnd: 1001 })).toEqual([1000.5, 1001, 1001.000001]);
    expect(await read({ timeEnd: 1001, timeRange: 0.5 })).toEqual([1000.5, 1001, 1001.000001]);
    expect(await read({ timeStart: '1000.5', timeRange: 0.5 })).toEqual([1000.5, 1001]);
    expect(await read({ timeRange: 86_400 })).toEqual([]);
    expect(await read({ timeRange: Date.now() / 1000, order: 'desc' })).toEqual(seconds.toReversed());
    expect(await read({ timeStart: 0, order: 'desc', limit: 2 })).toEqual([1002, 1001.000001]);
    expect(await read({ timeStart: 0, limit: 2 })).toEqual([1000, 1000.5]);
    expect(await read({ timeStart: 0, limit: 0 })).toEqual([]);
    await expect(read({ timeStart: 2, timeEnd: 1 })).rejects.toMatchObject({ name: 'ApiError', status: 400 });
    await expect(read({ time: new Date(NaN) })).rejects.toThrow(RangeError);
  });
});
