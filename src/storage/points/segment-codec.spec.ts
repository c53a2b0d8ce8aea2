import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LAST_MICRO } from '../../common/time.js';
import {
  decodeDocuments,
  decodeNumbers,
  encodeDocuments,
  encodeNumbers,
  MAX_SEGMENT_POINTS,
  numberAt,
  RAW_SCALE,
  type DecodedColumn,
  type NumberColumns,
} from './segment-codec.js';

const MAY_2024 = 1_714_557_600_000_000;
const FIRST_MICRO = -62_135_596_800_000_000;

/** `count` times, a minute apart. */
function minutes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => MAY_2024 + index * 60_000_000);
}

function numbersOf(column: DecodedColumn | undefined): number[] | undefined {
  return column && Array.from(column.digits, (_, index) => numberAt(column, index));
}

/** Encodes and decodes all points, which must come back to the last bit; returns the scale of the values. */
function roundTrip(columns: NumberColumns): number {
  const decoded = decodeNumbers(encodeNumbers(columns, 0, columns.micros.length));
  expect([...decoded.micros]).toEqual(columns.micros);
  expect(decoded.rows && [...decoded.rows]).toEqual(columns.rows);
  // `toEqual` tells −0 from 0.
  expect(numbersOf(decoded.values)).toEqual(columns.values);
  expect(numbersOf(decoded.denominators)).toEqual(columns.denominators);
  return decoded.values.scale;
}

describe('the bytes never change', () => {
  test.each<[string, NumberColumns, string]>([
    ['one point', { micros: [MAY_2024], values: [5] }, '000100e8b18c61170600000a'],
    [
      'equal steps, equal values',
      { micros: minutes(5), values: [7, 7, 7, 7, 7] },
      '000500e8b18c61170600809c9c390002000e0003',
    ],
    [
      'decimals',
      { micros: minutes(4), values: [1.5, 1.25, -3, 0] },
      '000400e8b18c61170600809c9c39000102ac0231d106d804',
    ],
    ['irregular times', { micros: [-2, -1, 1, 1000], values: [1, 2, 3, 4] }, '0004feffffffffffffff0202ca0f0002020202'],
    [
      'raw doubles',
      { micros: minutes(4), values: [0.1 + 0.2, 0.1 + 0.2, -0, 1e308] },
      '000400e8b18c61170600809c9c3900010a00343333333333d33f8000343333333333d3bf00a0c8eb85f3cce1ff',
    ],
    [
      'percentages',
      { micros: minutes(2), values: [3, 4], denominators: [100, 200] },
      '040200e8b18c61170600809c9c3900060200c801c801',
    ],
    [
      'years 1 and 9999',
      { micros: [FIRST_MICRO, LAST_MICRO], values: [1, 2] },
      '01020040d400014023ffc05f73cc0c448403000202',
    ],
    [
      'rows in the order of time',
      { micros: minutes(5), rows: [100, 101, 102, 103, 104], values: [7, 7, 7, 7, 7] },
      '020500e8b18c61170600809c9c390002' + '64020002' + '000e0003',
    ],
    [
      'rows in another order, several at one time',
      { micros: [MAY_2024, MAY_2024, MAY_2024 + 1], rows: [7, 2 ** 31 - 1, 0], values: [1, 2, 3] },
      '020300e8b18c61170600000002' + '07f0ffffff0fedffffff1f' + '00020202',
    ],
  ])('numbers: %s', (_, columns, hex) => {
    expect(encodeNumbers(columns, 0, columns.micros.length).toString('hex')).toBe(hex);
    roundTrip(columns);
  });

  test('documents', () => {
    const columns = { micros: minutes(3), documents: ['{"1":2}', '"ü🙂"', '[]'] };
    const data = encodeDocuments(columns, 0, 3);
    expect(data.toString('hex')).toBe('000300e8b18c61170600809c9c3900000e020b7b2231223a327d22c3bcf09f9982225b5d');
    expect(decodeDocuments(data)).toEqual({ micros: Float64Array.from(columns.micros), documents: columns.documents });
    const rows = [3, 4, 5];
    const withRows = encodeDocuments({ ...columns, rows }, 0, 3);
    expect(withRows.toString('hex')).toBe(
      '020300e8b18c61170600809c9c390000' + '03020000' + '0e020b7b2231223a327d22c3bcf09f9982225b5d',
    );
    expect(decodeDocuments(withRows)).toMatchObject({ rows: Float64Array.from(rows), documents: columns.documents });
  });
});

/** Doubles at the edges of what the codec does, and of doubles. */
const HOSTILE = [
  ...[0, -0, 1, 0.1, 0.1 + 0.2, 1 / 3, 1e-9, 1.5e-9, 1e-10, 123_456.789, 999_999_999.999999, 1e21, 1e22, 1e23],
  ...[2 ** 31, 2 ** 32, 2 ** 51 - 1, 2 ** 51, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 62, 2 ** 63, 2 ** 64],
  ...[5e-324, 2 ** -1022, 2 ** -1022 - 5e-324, 1e-310, 1e308, Number.MAX_VALUE, Number.EPSILON, 1 + Number.EPSILON],
  ...[2_251_799_813_685.247, 2_251_799_813_685.248, 225_179.981368524, 0.000_000_5, Infinity],
].flatMap((value) => [value, -value]);

describe('numbers come back to the last bit', () => {
  test.each(HOSTILE)('%d alone, and among others', (value) => {
    roundTrip({ micros: [0], values: [value] });
    roundTrip({ micros: minutes(5), values: [1.5, value, value, 2, value] });
    roundTrip({ micros: minutes(3), values: [value, 0.5, 0], denominators: [1, 0.001, value] });
  });

  test('any doubles, of any scale', () => {
    const decimal = fc
      .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 12 }))
      .map(([digits, scale]) => digits / 10 ** scale);
    const value = fc.oneof(decimal, fc.double({ noNaN: true }), fc.constantFrom(...HOSTILE), fc.integer());
    const column = fc.oneof(fc.array(value, { minLength: 1, maxLength: 40 }), fc.array(decimal, { minLength: 1 }));
    fc.assert(
      fc.property(column, (values) => void roundTrip({ micros: minutes(values.length), values })),
      {
        numRuns: 2000,
      },
    );
  });

  test('NaN, which no series should have, comes back too', () => {
    roundTrip({ micros: minutes(3), values: [1, NaN, 2] });
  });

  test.each([1, 2, 3, 127, 128, 129, 1000, MAX_SEGMENT_POINTS])('%d points', (count) => {
    const micros = minutes(count);
    roundTrip({ micros, values: micros.map(() => 42) });
    expect(roundTrip({ micros, values: micros.map((_, index) => index % 1000) })).toBe(0);
    roundTrip({ micros, values: micros.map((_, index) => Math.sin(index)), denominators: micros.map(() => 1e308) });
  });
});

test.each<[string, number[], number]>([
  ['integers', [1, -2, 1e15, 0], 0],
  ['a scale that grows', [1, 20.5, 3.25, -0.125, 7], 3],
  ['nine decimals', [0.000_000_001, 2_000_000], 9],
  ['ten decimals', [0.000_000_000_1], RAW_SCALE],
  ['digits that the scale of another makes too large', [2 ** 50, 0.5], RAW_SCALE],
  ['the largest digits', [2 ** 51 - 1, 1 - 2 ** 51], 0],
  ['an integer beyond them', [2 ** 51], RAW_SCALE],
  ['−0', [1, -0], RAW_SCALE],
])('the scale of %s', (_, values, scale) => {
  expect(roundTrip({ micros: minutes(values.length), values })).toBe(scale);
});

test('a point a minute with three decimals takes two bytes', () => {
  const values = minutes(MAX_SEGMENT_POINTS).map((_, index) => Math.round(40_000 + 5000 * Math.sin(index)) / 1000);
  const data = encodeNumbers({ micros: minutes(MAX_SEGMENT_POINTS), values }, 0, MAX_SEGMENT_POINTS);
  expect(data.length / MAX_SEGMENT_POINTS).toBeLessThan(2.1);
});

describe('times come back exactly', () => {
  test.each<[string, number[]]>([
    ['a micro apart', [MAY_2024, MAY_2024 + 1, MAY_2024 + 2, MAY_2024 + 4]],
    ['around 1970', [-1_000_001, -1, 0, 1, 999_999]],
    ['the year 1', [FIRST_MICRO, FIRST_MICRO + 64, FIRST_MICRO + 1_000_000]],
    ['the year 9999', [LAST_MICRO - 64, LAST_MICRO]],
    ['all years', [FIRST_MICRO, -1, 0, LAST_MICRO]],
    ['the year 2255', [2 ** 53 - 2, 2 ** 53 - 1]],
    ['its end', [2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2]],
    ['71 years', [0, 2 ** 51 - 1]],
    ['a micro more', [0, 2 ** 51]],
    ['both ends of the years without gaps', [1 - 2 ** 53, 2 ** 53 - 1]],
  ])('%s', (_, micros) => {
    roundTrip({ micros, values: micros.map((_, index) => index) });
  });

  test('any times', () => {
    const time = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer().map((micros) => MAY_2024 + micros),
      fc.double({ min: FIRST_MICRO, max: LAST_MICRO, noNaN: true }).map((micros) => Math.round(micros) + 0),
    );
    const times = fc.uniqueArray(time, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(times, (unsorted) => {
        const micros = unsorted.sort((a, b) => a - b);
        roundTrip({ micros, values: micros.map(() => 1) });
      }),
    );
  });
});

test('any rows come back, with any number of points at one time', () => {
  const row = fc.oneof(fc.nat(2 ** 31 - 1), fc.nat(100), fc.constantFrom(0, 2 ** 31 - 1));
  const step = fc.oneof(fc.constant(0), fc.nat(5), fc.nat(2 ** 40));
  const points = fc.array(fc.tuple(step, row), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(points, (all) => {
      let time = MAY_2024;
      const micros = all.map(([micro]) => (time += micro));
      const rows = all.map(([, number]) => number);
      roundTrip({ micros, rows, values: rows.map((number) => number / 8) });
      const documents = rows.map(String);
      expect(decodeDocuments(encodeDocuments({ micros, rows, documents }, 0, rows.length))).toEqual({
        micros: Float64Array.from(micros),
        rows: Float64Array.from(rows),
        documents,
      });
    }),
  );
});

test('rows in the order of time cost a few bytes a segment, and equal times none', () => {
  const micros = minutes(MAX_SEGMENT_POINTS);
  const rows = micros.map((_, index) => 2 ** 30 + index);
  const values = micros.map(() => 1);
  const size = (columns: NumberColumns): number => encodeNumbers(columns, 0, MAX_SEGMENT_POINTS).length;
  expect(size({ micros, rows, values }) - size({ micros, values })).toBeLessThan(10);
  expect(size({ micros: micros.map(() => MAY_2024), rows, values })).toBeLessThan(40);
});

test('documents come back to the last byte', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'null', '{"ключ":"値"}', '🙂'.repeat(100)));
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), (documents) => {
      const micros = minutes(documents.length);
      expect(decodeDocuments(encodeDocuments({ micros, documents }, 0, documents.length)).documents).toEqual(documents);
    }),
  );
  const many = Array.from({ length: MAX_SEGMENT_POINTS }, (_, index) => `{"${index}":"ü"}`);
  const data = encodeDocuments({ micros: minutes(many.length), documents: many }, 0, many.length);
  expect(decodeDocuments(data).documents).toEqual(many);
});

test('a part of the columns is encoded, whatever arrays they are', () => {
  const micros = Float64Array.from(minutes(10));
  const values = Float64Array.from(micros.keys());
  const part = decodeNumbers(encodeNumbers({ micros, values, denominators: values }, 3, 7));
  expect(part.micros).toEqual(micros.subarray(3, 7));
  expect([numbersOf(part.values), numbersOf(part.denominators)]).toEqual([
    [3, 4, 5, 6],
    [3, 4, 5, 6],
  ]);
  const documents = Array.from(values, String);
  expect(decodeDocuments(encodeDocuments({ micros, documents }, 9, 10)).documents).toEqual(['9']);
});

test('what was encoded does not change when the next segment is encoded', () => {
  const first = encodeNumbers({ micros: [1], values: [1] }, 0, 1);
  const copy = Buffer.from(first);
  encodeNumbers({ micros: [2], values: [2.5] }, 0, 1);
  expect(first).toEqual(copy);
});

test.each([0, MAX_SEGMENT_POINTS + 1])('%d points are no segment', (count) => {
  const micros = minutes(count);
  expect(() => encodeNumbers({ micros, values: micros }, 0, count)).toThrow(RangeError);
  expect(() => encodeDocuments({ micros, documents: micros.map(String) }, 0, count)).toThrow(RangeError);
});

describe('damaged bytes', () => {
  const micros = minutes(50).map((time, index) => time + (index % 7));
  const percentages = { micros, values: micros.map((_, i) => i / 8), denominators: micros.map((_, i) => Math.sqrt(i)) };
  const documents = { micros, documents: micros.map((_, index) => JSON.stringify({ [`ü${index}`]: index })) };
  const far = { micros: [FIRST_MICRO, 0, LAST_MICRO], values: [1, 2, 3] };
  const rows = micros.map((_, index) => (index * 37) % 1000);
  const segments: [string, Buffer, (data: Uint8Array) => unknown][] = [
    ['percentages', encodeNumbers(percentages, 0, 50), decodeNumbers],
    ['far times', encodeNumbers(far, 0, 3), decodeNumbers],
    ['documents', encodeDocuments(documents, 0, 50), decodeDocuments],
    ['numbers with rows', encodeNumbers({ ...percentages, rows }, 0, 50), decodeNumbers],
    ['documents with rows', encodeDocuments({ ...documents, rows }, 0, 50), decodeDocuments],
  ];

  test.each(segments)('%s that were cut off are refused, and so are further bytes', (_, data, decode) => {
    for (let length = 0; length < data.length; length++)
      expect(() => decode(data.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
    expect(() => decode(Buffer.concat([data, Buffer.of(0)]))).toThrow('bytes stand behind its end');
  });

  test.each(segments)('%s with other bits are refused, or decode to something', (_, data, decode) => {
    const flips = fc.array(fc.tuple(fc.nat(data.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(flips, (changes) => {
        const changed = Buffer.from(data);
        for (const [at, bits] of changes) changed[at]! ^= bits;
        refusedOrDecoded(decode, changed);
      }),
      { numRuns: 5000 },
    );
  });

  test('any bytes', () => {
    const anything = fc.uint8Array({ maxLength: 200 });
    // The first bytes are made likely to pass.
    const likely = fc.tuple(fc.nat(7), fc.integer({ min: 1, max: 20 }), anything);
    const bytes = fc.oneof(
      anything,
      likely.map(([flags, count, rest]) => Uint8Array.of(flags, count, ...rest)),
    );
    fc.assert(
      fc.property(bytes, (data) => {
        refusedOrDecoded(decodeNumbers, data);
        refusedOrDecoded(decodeDocuments, data);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['no points', '0000', 'it claims to hold 0 points'],
    ['too many points', '008140', 'it claims to hold 8193 points'],
    ['an unknown flag', '0801', 'it has unknown flags'],
    ['an unknown scale', '0001' + '00'.repeat(8) + '0b', 'a column has an unknown scale'],
    ['a run that is too long', '0001' + '00'.repeat(8) + '000001', 'a run is too long'],
    ['an integer that is too large', '0001' + '00'.repeat(8) + '00ffffffffffffffff01', 'an integer is too large'],
    ['a double of too many zeros', '0001' + '00'.repeat(8) + '0a81', 'a double has too many zero bytes'],
  ])('%s', (_, hex, reason) => {
    expect(() => decodeNumbers(Buffer.from(hex, 'hex'))).toThrow(`a segment of points is damaged: ${reason}`);
  });
});

function refusedOrDecoded(decode: (data: Uint8Array) => unknown, data: Uint8Array): void {
  try {
    decode(data);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}
