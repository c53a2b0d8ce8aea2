import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ARCHIVE, startArchive, type TestArchive } from '../support/archive.js';
import { newMetadata, postPoint, readAll, register } from '../support/builders.js';

/** Every event type of the contract by its data type; deliberately not taken from the server's catalogue. */
const EVENT_TYPES = {
  integer: [
    'ntp-reach',
    'ntp-stratum',
    'packet-count-lost',
    'packet-count-lost-bidir',
    'packet-count-sent',
    'packet-duplicates',
    'packet-duplicates-bidir',
    'packet-reorders',
    'packet-reorders-bidir',
    'packet-retransmits',
    'packet-rtt',
    'path-mtu',
    'tcp-windowsize',
    'throughput',
  ],
  float: [
    'ntp-delay',
    'ntp-dispersion',
    'ntp-jitter',
    'ntp-offset',
    'ntp-polling-interval',
    'ntp-wander',
    'time-error-estimates',
  ],
  percentage: ['packet-loss-rate', 'packet-loss-rate-bidir'],
  histogram: ['histogram-owdelay', 'histogram-rtt', 'histogram-ttl', 'histogram-ttl-reverse'],
  json: [
    'failures',
    'iostat',
    'mpstat',
    'packet-trace',
    'packet-trace-multi',
    'pscheduler-raw',
    'pscheduler-run-href',
    'rusage',
    'streams-packet-retransmits',
    'streams-packet-retransmits-subintervals',
    'streams-packet-rtt',
    'streams-packet-rtt-subintervals',
    'streams-tcp-windowsize',
    'streams-tcp-windowsize-subintervals',
    'streams-tcpinfo',
    'streams-throughput',
    'streams-throughput-subintervals',
    'tcpinfo',
  ],
  subinterval: [
    'packet-retransmits-subintervals',
    'packet-rtt-subintervals',
    'tcp-windowsize-subintervals',
    'throughput-subintervals',
  ],
} as const;

type DataType = keyof typeof EVENT_TYPES;

/** A value of each data type as it is posted and as it is read; a value of one type is refused by most others. */
const SAMPLES: Readonly<Record<DataType, { posted: unknown; read: unknown }>> = {
  integer: { posted: 12.9, read: 12 },
  float: { posted: 12.9, read: 12.9 },
  percentage: { posted: { numerator: 1, denominator: 4 }, read: 0.25 },
  histogram: { posted: { '41.10': '2' }, read: { '41.10': 2 } },
  json: { posted: [['a'], { b: null }], read: [['a'], { b: null }] },
  subinterval: {
    posted: [{ start: 0, duration: '1.0', val: 5 }],
    read: [{ start: 0, duration: '1.0', val: 5 }],
  },
};

const SUMMARIES: Readonly<Record<DataType, { allowed: readonly string[]; forbidden: readonly string[] }>> = {
  integer: { allowed: ['base', 'aggregation', 'average'], forbidden: [] },
  float: { allowed: ['base', 'aggregation', 'average'], forbidden: [] },
  percentage: { allowed: ['base', 'aggregation'], forbidden: ['average', 'statistics'] },
  histogram: { allowed: ['base', 'aggregation', 'statistics'], forbidden: ['average'] },
  json: { allowed: ['base'], forbidden: ['aggregation', 'average', 'statistics'] },
  subinterval: { allowed: ['base'], forbidden: ['aggregation', 'average', 'statistics'] },
};

const DATA_TYPES = Object.keys(EVENT_TYPES) as DataType[];
const ALL = DATA_TYPES.flatMap((dataType) => EVENT_TYPES[dataType].map((eventType) => ({ eventType, dataType })));

let archive: TestArchive;
beforeAll(async () => {
  archive = await startArchive();
});
afterAll(() => archive.close());

function post(metadata: object) {
  return archive.http.post(ARCHIVE).set('authorization', archive.auth).send(metadata);
}

/** Expects the metadata to be refused with 400, and to leave nothing behind. */
async function expectRefused(eventTypes: readonly (string | object)[]): Promise<string> {
  const metadata = newMetadata(eventTypes) as { 'test-number': number };
  const { body } = await post(metadata).expect(400);
  await archive.http.get(`${ARCHIVE}?test-number=${metadata['test-number']}`).expect(200, []);
  return body.detail;
}

describe('§4.1 event types', () => {
  test('§4.1 there are 49 event types', () => {
    expect(new Set(ALL.map(({ eventType }) => eventType)).size).toBe(49);
  });

  test.each(ALL)('§4.1 $eventType takes $dataType values', async ({ eventType, dataType }) => {
    const { posted, read } = SAMPLES[dataType];
    const uri = await register(archive, eventType);
    await postPoint(archive, uri, eventType, { ts: 1_714_557_600, val: posted }).expect(201, '""');
    expect(await readAll(archive, uri, eventType)).toEqual([{ ts: 1_714_557_600, val: read }]);
    // A boolean is a value of no data type but json.
    await postPoint(archive, uri, eventType, { ts: 1, val: true }).expect(dataType === 'json' ? 201 : 400);
  });

  test('§4.1 one metadata takes all event types, and lists them by name', async () => {
    const names = ALL.map(({ eventType }) => eventType);
    const { body } = await post(newMetadata(names)).expect(201);
    const listed = body['event-types'] as Record<string, unknown>[];
    expect(listed.map((entry) => entry['event-type'])).toEqual([...names].sort());
    expect(listed[0]).toEqual({
      'event-type': 'failures',
      'base-uri': `${body.uri}failures/base`,
      'time-updated': null,
      summaries: [],
    });
  });

  test.each(['bogus', 'Throughput', 'throughput ', '', 'constructor', '__proto__'])(
    '§4.1 an event type %j is unknown, and its metadata is refused',
    async (eventType) => {
      expect(await expectRefused(['throughput', eventType])).toContain('item 2');
    },
  );
});

describe('§4.2 summaries', () => {
  const cases = (which: 'allowed' | 'forbidden') =>
    DATA_TYPES.flatMap((dataType) =>
      SUMMARIES[dataType][which].map((summaryType) => ({ dataType, summaryType, eventType: EVENT_TYPES[dataType][0] })),
    );
  const withSummary = (eventType: string, summaryType: string, window: unknown = 300): object => ({
    'event-type': eventType,
    summaries: [{ 'summary-type': summaryType, 'summary-window': window }],
  });

  test.each(cases('allowed'))('§4.2 $dataType values have the summary $summaryType', async (entry) => {
    const { body } = await post(newMetadata([withSummary(entry.eventType, entry.summaryType)])).expect(201);
    const { summaries } = body['event-types'][0] as { summaries: Record<string, unknown>[] };
    // Every event type has a base, which is never listed.
    const expected =
      entry.summaryType === 'base' ? [] : [{ 'summary-type': entry.summaryType, 'summary-window': '300' }];
    expect(summaries).toMatchObject(expected);
    expect(summaries).toHaveLength(expected.length);
  });

  test.each(cases('forbidden'))('§4.2 $dataType values have no summary $summaryType', async (entry) => {
    expect(await expectRefused([withSummary(entry.eventType, entry.summaryType)])).toContain('item 1, summary 1');
  });

  test.each(['averages', 'aggregations', 'Average', 'sum', '', 'toString'])(
    '§4.2 a summary type %j is refused, plural forms belong to URLs',
    async (summaryType) => {
      expect(await expectRefused([withSummary('throughput', summaryType)])).toContain('summary-type');
    },
  );

  test.each([
    [0, '0'],
    ['0', '0'],
    [60, '60'],
    [' 3600 ', '3600'],
    [7, '7'],
    [100_000_000_000, '100000000000'],
  ])('§4.3 a summary window of %j seconds is possible', async (window, listed) => {
    const { body } = await post(newMetadata([withSummary('throughput', 'average', window)])).expect(201);
    expect(body['event-types'][0].summaries[0]).toEqual({
      uri: `${body.uri}throughput/averages/${listed}`,
      'summary-type': 'average',
      'summary-window': listed,
      'time-updated': null,
    });
  });

  test.each([undefined, null, -1, '-60', 1.5, '1.5', true, '', 'day', [60], 100_000_000_001])(
    '§4.3 a summary window of %j is refused',
    async (window) => {
      const summary = { 'summary-type': 'average', 'summary-window': window };
      const detail = await expectRefused([{ 'event-type': 'throughput', summaries: [summary] }]);
      expect(detail).toContain('summary-window');
    },
  );
});
