import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExactSum, nearestDouble, parseDecimal, quotient } from 'marigram-client/exact';
import { atOnce } from '../common/turns.js';
import { bucketOf, valueOf } from './sketch.js';
import { percentile } from './statistics.js';
import { type StoredBin } from './stored-bin.js';
import { summaryValue } from './summary-kinds.js';
import { binOf } from './windows.js';

const EMPTY: StoredBin = {
  micros: 0,
  count: 1,
  sum: null,
  sumOfSquares: null,
  min: null,
  max: null,
  denominatorSum: null,
  histogram: null,
  quantiles: null,
  isBeyond: false,
  samples: null,
  distribution: null,
  sealed: null,
};

function statistics(histogram: Record<string, number>): unknown {
  return JSON.parse(atOnce(summaryValue({ ...EMPTY, histogram }, 'histogram', 'statistics')) ?? 'null');
}

describe('statistics of histograms: the worked references of the contract', () => {
  test('three histograms of a day', () => {
    expect(statistics({ '41.00': 196, '41.10': 100, '41.20': 3, '50.0': 1 })).toEqual({
      minimum: 41,
      maximum: 50,
      mode: [41],
      mean: 41.065333333333335,
      median: 41,
      'percentile-25': 41,
      'percentile-75': 41.1,
      'percentile-95': 41.1,
      variance: 0.2694648888888889,
      'standard-deviation': 0.5191000759862099,
    });
  });

  test('a tie of modes', () => {
    expect(statistics({ '1': 10, '2': 10, '3': 1, '10': 2 })).toMatchObject({
      mode: [1, 2],
      mean: 2.3043478260869565,
      median: 2,
      'percentile-25': 1,
      'percentile-75': 2,
      'percentile-95': 10,
      variance: 5.950850661625708,
    });
  });

  test('one point alone', () => {
    expect(statistics({ '2': 5, '3': 1, '10': 2 })).toMatchObject({
      mean: 4.125,
      median: 2,
      'percentile-25': 2,
      'percentile-75': 8.25,
      'percentile-95': 10,
      variance: 11.609375,
    });
  });

  test.each([{ a: 1 }, { '1': 0 }, {}, { ' 5 ': 1 }, { '1_0': 1 }, { nan: 1 }, { inf: 1 }, { '1': 1, Infinity: 1 }])(
    '%j has none',
    (histogram) => {
      expect(statistics(histogram as Record<string, number>)).toEqual({});
    },
  );

  test('an empty bucket does not count', () => {
    expect(statistics({ '1': 0, '2': 1, x: 0 })).toMatchObject({ minimum: 2, mode: [2] });
  });
});

test.each([
  [95, [1, 1, 1, 1, 1, 1, 1, 1, 7], 7],
  [25, [42], 42],
  [75, [0, 0, 0, 0, 0, 3, 10, 10], 8.25],
])('percentile %d of %j is %d', (percent, values, expected) => {
  expect(
    percentile(
      values.map((value) => ({ value, count: 1 })),
      percent,
    ),
  ).toBe(expected);
});

describe('exact sums', () => {
  test('the order of the summands makes no difference, and decimals stay decimals', () => {
    const sum = new ExactSum();
    for (const value of [0.001, 0.003, 0.002, 0.003, 0.001]) sum.add(value);
    expect(quotient(parseDecimal(sum.toString()), parseDecimal('1'))).toBe(0.01);
    expect(quotient(parseDecimal(sum.toString()), parseDecimal('5'))).toBe(0.002);
  });

  test('what is added and taken away again leaves nothing', () => {
    const doubles = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(doubles, doubles, (some, others) => {
        const sum = new ExactSum();
        for (const value of [...some, ...others]) sum.add(value);
        for (const value of others.toReversed()) sum.add(value, -1);
        const direct = new ExactSum();
        for (const value of some.toReversed()) direct.add(value);
        expect(quotient(parseDecimal(sum.toString()), parseDecimal('1'))).toBe(
          quotient(parseDecimal(direct.toString()), parseDecimal('1')),
        );
      }),
    );
  });

  test('the nearest double to a double is the double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        fc.pre(Math.abs(value) > 1e-300);
        const { digits, scale } = parseDecimal(String(value));
        expect(nearestDouble(digits, 10n ** BigInt(scale))).toBe(value);
      }),
    );
  });

  test('a fraction of integers is divided as doubles are', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1 }), (a, b) => {
        expect(nearestDouble(BigInt(a), BigInt(b))).toBe(a / b + 0);
      }),
    );
  });
});

test('a bucket of a sketch stands for all its numbers within 1 %', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e300, max: 1e300 }), (value) => {
      fc.pre(value === 0 || Math.abs(value) > 1e-300);
      expect(Math.abs(valueOf(bucketOf(value)) - value)).toBeLessThanOrEqual(0.010_000_1 * Math.abs(value));
    }),
  );
});

test.each([
  [-5, 86_400, -86_400],
  [0, 86_400, 0],
  [86_399.999_999, 86_400, 0],
  [1_398_902_400, 86_400, 1_398_902_400],
  [7.5, 0, 7.5],
])('%d s in windows of %d s lies in the bin that begins at %d s', (ts, window, begin) => {
  expect(binOf(ts * 1_000_000, window, 0)).toBe(begin * 1_000_000);
});

test.each([
  [-1_000_001, -2],
  [-1, -1],
  [0, 0],
  [999_999, 0],
  [1_000_000, 1],
])('%d µs after an origin lies in its second %d', (micros, second) => {
  const origin = 1_574_164_720_249_248;
  expect(binOf(origin + micros, 1, origin)).toBe(origin + second * 1_000_000);
});

test('the statistics of a large histogram are made in many steps, and are those of its sorted labels', () => {
  const size = 50_000;
  // Every number below the size once, in an order of its own.
  const labels = Array.from({ length: size }, (_, index) => String((index * 7919) % size));
  const histogram = Object.fromEntries(labels.map((label) => [`${label}.0`, 1]));
  const steps = summaryValue({ ...EMPTY, histogram }, 'histogram', 'statistics');
  let count = 0;
  let step = steps.next();
  for (; !step.done; step = steps.next()) count++;
  expect(count).toBeGreaterThan(100);
  expect(JSON.parse(String(step.value))).toMatchObject({
    minimum: 0,
    maximum: size - 1,
    mean: (size - 1) / 2,
    median: (size - 1) / 2,
  });
});
