import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBulk } from './parse-points.js';
import { type PlainBulk, scanPlainBulk } from './plain-bulk.js';

const MOST = 50;

/** A point as both readers tell it. */
interface Point {
  readonly eventType: string;
  readonly micros: number;
  readonly value: number;
}

function pointsOf({ eventTypes, micros, types, values }: PlainBulk): Point[] {
  return Array.from(values, (value, index) => {
    const eventType = eventTypes[types[index]!]!;
    return { eventType, micros: micros[index]!, value };
  });
}

function parsed(body: Buffer): Point[] {
  return parseBulk(body, MOST, 'key').map(({ eventType, micros, value }) => {
    expect(value.kind).toBe('number');
    return { eventType, micros, value: Number(value.text) };
  });
}

function isRefused(body: Buffer): boolean {
  try {
    parseBulk(body, MOST, 'key');
    return false;
  } catch {
    return true;
  }
}

/** Scans a body, and checks that the points are those that the full reader reads; returns whether there were any. */
function isScanned(text: string | Buffer): boolean {
  // Not at the beginning of its memory, as bodies are not.
  const body = Buffer.concat([Buffer.from(text)]);
  const bulk = scanPlainBulk(body, MOST);
  if (bulk) expect(pointsOf(bulk)).toStrictEqual(parsed(body)); // strict: −0 is not 0
  return bulk !== undefined;
}

const HOSTILE = [
  ...['0', '-0', '0.0', '-0.0', '-0.0000001', '0e0', '-0e5', '1e22', '1e23', '1E-22', '1e-23', '5e-324', '1e-400'],
  ...['1.7976931348623157e308', '1.7976931348623159e308', '-1e400', '9'.repeat(309), `1${'0'.repeat(400)}e-400`],
  ...['9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740993', '90071992547409.93'],
  ...[
    '0.1',
    '0.30000000000000004',
    '123456789012345678901234567890',
    '0.0000000000000000000001',
    '1.00000000000000000',
  ],
  ...['0.00000000000000000000001', `0.${'0'.repeat(40)}1`, '8.5e-7', '4.35', '1.005', '2.675', '179.99999999999997'],
  ...['1714557600.123456', '1714557600.1234567', '1714557600.1234565', '-1714557600.0000005', '9007199254.7409925'],
  ...['-62135596800', '-62135596800.000001', '-62135596801', '253402300799', '253402300799.99999', '253402300800'],
  ...['253402300799.9999999', '253402300799.999999999999', '1714557600000', `1.${'5'.repeat(60)}`, '1.7145576e9'],
  ...[
    '01',
    '-',
    '+1',
    '.5',
    '5.',
    '-.5',
    '1.e5',
    '1e',
    '1e+',
    '0x10',
    '1_0',
    '00',
    '-01',
    'NaN',
    'Infinity',
    '--1',
    '',
  ],
  ...['1 ', ' 1', '1\u00a0', '1.5.5', '1e5e5', '"1"', 'null', 'true', '[1]', '{}'],
];

const someNumber = fc.oneof(
  fc.integer().map(String),
  fc.maxSafeInteger().map(String),
  fc.tuple(fc.integer(), fc.integer({ min: 0, max: 9 })).map(([digits, places]) => (digits / 1000).toFixed(places)),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 }).map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?([eE][+-]?\d{1,3})?$/),
);
const someTime = fc.oneof(
  fc.integer({ min: -62_135_596_800, max: 253_402_300_799 }).map(String),
  fc.stringMatching(/^-?\d{10}\.\d{1,12}$/).filter((text) => !/^-?0/.test(text)),
);
const someType = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom('throughput', 'packet-count-lost', 'packet-count-sent', 'packet-rtt', '0-a'),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[a-z0-9-]{1,64}$/) },
);

type Item = readonly [time: string, values: readonly (readonly [eventType: string, value: string])[]];

function items(time: fc.Arbitrary<string>, value: fc.Arbitrary<string>): fc.Arbitrary<Item[]> {
  const values = fc.array(fc.tuple(someType, value), { minLength: 1, maxLength: 6 });
  return fc.array(fc.tuple(time, values), { minLength: 1, maxLength: 8 });
}

/** Each writes its body in a way of its own. */
const WRITERS: Readonly<Record<string, (items: readonly Item[]) => string>> = {
  compact: (data) => bodyOf(data, ',', ':'),
  Python: (data) => bodyOf(data, ', ', ': '),
  blanks: (data) => ` ${bodyOf(data, ' ,\t', '\r\n: ')}\n`,
};
const someWriter = fc.constantFrom(...Object.values(WRITERS));

function bodyOf(data: readonly Item[], comma: string, colon: string): string {
  const texts = data.map(([time, values]) => {
    const points = values.map(([type, value]) => `{"event-type"${colon}"${type}"${comma}"val"${colon}${value}}`);
    return `{"ts"${colon}${time}${comma}"val"${colon}[${points.join(comma)}]}`;
  });
  return `{"data"${colon}[${texts.join(comma)}]}`;
}

describe('a plain body', () => {
  test('is read as the full reader reads it', () => {
    const plain = fc.tuple(items(someTime, someNumber), someWriter).map(([data, write]) => write(data));
    fc.assert(
      fc.property(plain, (text) => {
        const body = Buffer.from(text);
        expect(isScanned(body), text).toBe(!isRefused(body));
      }),
      { numRuns: 1000 },
    );
  });

  test('may be indented', () => {
    const point = { 'event-type': 'throughput', val: 1.5 };
    const item = { ts: 1_714_557_600, val: [point, { ...point, 'event-type': 'x'.repeat(64) }] };
    expect(isScanned(JSON.stringify({ data: [item, item, item] }, null, 10))).toBe(true);
  });

  test.each(HOSTILE)('takes and refuses the number %j as the full reader does', (number) => {
    for (const [time, value] of [
      [number, '1'],
      ['1', number],
    ] as const) {
      const text = bodyOf(
        [
          ['5', [['packet-rtt', '7']]],
          [time, [['packet-rtt', value]]],
        ],
        ',',
        ':',
      );
      const isNumber = /^[-+\d.]/.test(number) && !number.includes(' ');
      if (isNumber) expect(isScanned(text), text).toBe(!isRefused(Buffer.from(text)));
      else isScanned(text);
    }
  });

  test('has no more points than are allowed', () => {
    const item: Item = ['1', Array.from({ length: 10 }, () => ['throughput', '1'] as const)];
    const text = (count: number): string => bodyOf(Array<Item>(count).fill(item), ',', ':');
    expect(isScanned(text(MOST / 10))).toBe(true);
    expect(isScanned(text(MOST / 10 + 1))).toBe(false);
  });

  test('has some repetition in it', () => {
    const values = Array.from({ length: 2000 }, (_, index) => [`type-${index}`, '1'] as const);
    expect(scanPlainBulk(Buffer.from(bodyOf([['1', values]], ',', ':')), 5000)).toBeUndefined();
  });
});

test('a body with changed bytes is either left to the full reader or read as that reads it', () => {
  const bytes = fc.oneof(fc.constantFrom(...Buffer.from('{}[]",:.-+eE01 9\n\\')), fc.integer({ min: 0, max: 255 }));
  const change = fc.record({
    at: fc.nat(),
    removed: fc.oneof(fc.constant(1), fc.nat({ max: 12 })),
    added: fc.oneof(
      bytes.map((byte) => [byte]),
      fc.array(bytes, { maxLength: 3 }),
    ),
  });
  const changes = fc.array(change, { minLength: 1, maxLength: 2 });
  fc.assert(
    fc.property(items(someTime, someNumber), someWriter, changes, (data, write, mutations) => {
      let body = Buffer.from(write(data));
      for (const { at, removed, added } of mutations) {
        const place = at % (body.length + 1);
        body = Buffer.concat([body.subarray(0, place), Buffer.from(added), body.subarray(place + removed)]);
      }
      isScanned(body);
    }),
    { numRuns: 5000 },
  );
});

const PLAIN = '{"data":[{"ts":1,"val":[{"event-type":"throughput","val":1}]}]}';
test.each([
  '',
  '{}',
  '[]',
  '{"data":[]}',
  '{"data":[{"ts":1,"val":[]}]}',
  '{"data":[{"ts":1}]}',
  '{"data":[{"ts":1}]}]}',
  '{"data":[{"ts":1,"val":[{"event-type":"throughput","val":1}]},{"ts":1}]}]}',
  PLAIN.slice(0, -1),
  `${PLAIN}}`,
  `${PLAIN}x`,
  `\ufeff${PLAIN}`,
  `\u00a0${PLAIN}`,
  PLAIN.replace('[{"ts"', '[,{"ts"'),
  PLAIN.replace('}]}]}', '},]}]}'),
  PLAIN.replace('}]}]}', '}]},]}'),
  PLAIN.replace('throughput', ''),
  PLAIN.replace('throughput', 'Throughput'),
  PLAIN.replace('throughput', 'through\\u0070ut'),
  PLAIN.replace('throughput', 'thröughput'),
  PLAIN.replace('"throughput"', 'throughput'),
  PLAIN.replace('"val":1', '"val":1,"val":2'),
  PLAIN.replace('"ts":1', '"ts":1,"ts":2'),
  PLAIN.replace('"ts":1', '"ts":"1"'),
  PLAIN.replace('"ts":1', '"ts":1,"metadata-key":"other"'),
  PLAIN.replace('"val":1', '"val":{"1.5":1}'),
  PLAIN.replace('"val":1', `"val":1.${'0'.repeat(1_000_000)}`),
  PLAIN.replace('throughput', 'x'.repeat(1_000_000)),
  PLAIN.replace(',', `,${' '.repeat(1_000_000)}`),
])('it is left to the full reader: %.100s', (text) => {
  expect(isScanned(text)).toBe(false);
});
