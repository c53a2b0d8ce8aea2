import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareLabels,
  DISTRIBUTION_EDGES,
  distributionBinOf,
  distributionBins,
  distributionOf,
  kolmogorovSmirnov,
  labelOf,
  merged,
  momentsOf,
  multisetOf,
  nearestDouble,
  parseDecimal,
  QUANTILE_PERCENTS,
  quantilesOf,
  sumsOf,
} from 'marigram-client/exact';
import {
  ALL_SEVEN,
  FIRST_SECOND,
  LAST_TWO,
  NEXT_SECOND,
  OF_EQUALS,
  OF_HUGE,
  OF_TENTHS,
  quantiles,
  RESPONSE_TIMES,
  SECOND_FROM_FIRST,
  WITH_LATE,
  WITHOUT_SECOND,
} from '../../test/support/response-times.js';

/** The value of the summary `quantiles` of some numbers. */
function summaryOf(numbers: readonly number[]): Record<string, number | null> {
  const multiset = multisetOf(numbers);
  const quantiles = quantilesOf(multiset);
  const named = QUANTILE_PERCENTS.map((percent, index) => [`q${percent}`, quantiles[index]]);
  return { ...Object.fromEntries(named), ...momentsOf(sumsOf(multiset)) } as Record<string, number | null>;
}

function distribution(numbers: readonly number[]): unknown[] {
  return distributionBins(distributionOf(multisetOf(numbers))).map(({ l, r, cnt }) => [l, r, cnt]);
}

/** Response times in the first and the second second. */
const FIRST = RESPONSE_TIMES.slice(0, 4).map(([, value]) => value);
const SECOND = RESPONSE_TIMES.slice(4).map(([, value]) => value);

describe('quantiles and moments: the worked references', () => {
  test.each([
    [FIRST, FIRST_SECOND],
    [SECOND, NEXT_SECOND],
    [[...FIRST, 30081], SECOND_FROM_FIRST],
    [[5], quantiles(1, 5, 5, null, ...QUANTILE_PERCENTS.map(() => 5))],
  ])('all of %j', (numbers, expected) => {
    expect(summaryOf(numbers)).toEqual(expected);
  });

  test.each([
    [[30466, 30990], LAST_TWO],
    [[...FIRST, 31000], WITH_LATE],
    [[30021, 29917, 30307], WITHOUT_SECOND],
    [[...FIRST, ...SECOND], ALL_SEVEN],
    [[0.1, 0.2], OF_TENTHS],
    [[1, 1, 2, 2, 2, 10], OF_EQUALS],
    [[1e16, 1, 1], OF_HUGE],
  ])('some of %j', (numbers, expected) => {
    expect(summaryOf(numbers)).toMatchObject(expected);
  });

  test('a sine', () => {
    const sine = Array.from({ length: 100 }, (_, i) => Math.sin(i / 100));
    const { q0, q50, q95, average, stddev } = summaryOf(sine);
    const near = (value: number | null | undefined, expected: number): void => {
      expect(Math.abs(Number(value) / expected - 1)).toBeLessThanOrEqual(1e-12);
    };
    expect(q0).toBe(0);
    near(q50, 0.4750257133876805);
    near(q95, 0.8078509706243272);
    near(average, 0.4554865083873183);
    near(stddev, 0.2495954189079061);
    expect(distribution(sine)).toEqual([[0, 10, 100]]);
  });
});

/** Numbers as measured, and hostile ones. Below 10^-300 doubles have fewer digits. */
const measured = fc
  .tuple(fc.integer({ min: -9e9, max: 9e9 }), fc.nat(9))
  .map(([digits, places]) => digits / 10 ** places);
const number = fc.oneof(
  measured,
  measured,
  fc.integer({ min: -3, max: 3 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => value === 0 || Math.abs(value) > 1e-300),
  fc.constantFrom(-0, 0.1, 0.2, 2 ** 53, -(2 ** 53), 2 ** 51 + 0.5, 1e21, 1e100, -1e100),
);
const numbers = fc.array(number, { minLength: 1, maxLength: 40 });

/** What a number's text says, in units of 10^−700. */
function unitsOf(value: number): bigint {
  const { digits, scale } = parseDecimal(String(value));
  return digits * 10n ** BigInt(700 - scale);
}

/** Whether `value` is the double nearest to a ÷ b, or one of two. */
function isNearest(value: number, a: bigint, b: bigint): boolean {
  const exactly = (double: number): [bigint, bigint] => {
    let [scaled, denominator] = [double, 1n];
    while (!Number.isInteger(scaled)) {
      scaled *= 2;
      denominator *= 2n;
    }
    return [BigInt(scaled), denominator];
  };
  const distance = (double: number): [bigint, bigint] => {
    const [n, d] = exactly(double);
    const difference = n * b - a * d;
    return [difference < 0n ? -difference : difference, d];
  };
  const [off, scale] = distance(value);
  const step = Math.max(Math.abs(value) * Number.EPSILON, 2 ** -1074);
  return [value + step, value - step].filter(Number.isFinite).every((other) => {
    const [otherOff, otherScale] = distance(other);
    return other === value || off * otherScale <= otherOff * scale;
  });
}

test('quantiles are the nearest doubles to the exact ones of the sorted list', () => {
  fc.assert(
    fc.property(numbers, (list) => {
      const sorted = list.map(unitsOf).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      quantilesOf(multisetOf(list)).forEach((quantile, index) => {
        const position = BigInt((list.length - 1) * QUANTILE_PERCENTS[index]!);
        const k = Number(position / 100n);
        const low = sorted[k]!;
        const exact = 100n * low + (position % 100n) * ((sorted[k + 1] ?? low) - low);
        expect(isNearest(quantile, exact, 100n * 10n ** 700n)).toBe(true);
      });
    }),
    { numRuns: 300 },
  );
});

test('a standard deviation is the root of the double nearest to the exact variance', () => {
  fc.assert(
    fc.property(fc.array(measured, { minLength: 2, maxLength: 20 }), (list) => {
      const units = list.map(unitsOf);
      const n = BigInt(list.length);
      const sum = units.reduce((a, b) => a + b, 0n);
      const spread = n * units.reduce((a, b) => a + b * b, 0n) - sum * sum;
      const { stddev } = momentsOf(sumsOf(multisetOf(list)));
      const variance = nearestDouble(spread, n * (n - 1n) * 10n ** 1400n);
      expect(isNearest(variance, spread, n * (n - 1n) * 10n ** 1400n)).toBe(true);
      expect(stddev).toBe(Math.sqrt(variance));
    }),
  );
});

test('what is too small for a double is 0, not −0', () => {
  expect(quantilesOf(multisetOf([-Number.MIN_VALUE, 0]))[5]).toBe(0);
  expect(momentsOf(sumsOf(multisetOf([-Number.MIN_VALUE, 0, 0]))).average).toBe(0);
});

test('two merged multisets are the multiset of both lists', () => {
  fc.assert(
    fc.property(fc.array(number), fc.array(number), (a, b) => {
      expect(merged(multisetOf(a), multisetOf(b))).toEqual(multisetOf([...a, ...b]));
    }),
  );
});

describe('the distance of two distributions', () => {
  test.each([
    [[1, 2, 3], [1, 2, 3], 0],
    [[1, 2, 3], [4, 5], 1],
    [[1, 2, 3, 4], [3, 4, 5, 6], 0.5],
    [[1, 1, 1, 2], [1, 2, 2, 2], 0.5],
    [[5], [1, 9], 0.5],
  ])('of %j and %j', (a, b, expected) => {
    expect(kolmogorovSmirnov(multisetOf(a), multisetOf(b))).toBe(expected);
    expect(kolmogorovSmirnov(multisetOf(b), multisetOf(a))).toBe(expected);
  });

  test('is that of the definition', () => {
    const few = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(few, few, (a, b) => {
        const upTo = (list: number[], value: number): number => list.filter((one) => one <= value).length;
        // Shares with one denominator: a difference of two quotients would be rounded three times.
        const distances = [...a, ...b].map((value) => Math.abs(upTo(a, value) * b.length - upTo(b, value) * a.length));
        expect(kolmogorovSmirnov(multisetOf(a), multisetOf(b))).toBe(Math.max(...distances) / (a.length * b.length));
      }),
    );
  });
});

describe('distribution', () => {
  test('has the bins of the worked reference', () => {
    expect(DISTRIBUTION_EDGES.length).toBe(3721);
    expect(distribution(FIRST)).toEqual([
      [29000, 30000, 1],
      [30000, 31000, 3],
    ]);
    expect(distribution(SECOND)).toEqual([[30000, 31000, 3]]);
    const edges = [
      ...[-1, 0, 9.99, 10, 4989, 4990, 4999.5, 5000, 9999, 10000, 499999, 500000, 2999999, 3000000, 9999999, 10000000],
      ...[29999999, 30000000, 119999999, 120000000, 299999999, 300000000, 300000001],
    ];
    expect(distribution(edges)).toEqual([
      [null, 0, 1],
      [0, 10, 2],
      [10, 20, 1],
      [4980, 4990, 1],
      [4990, 5000, 2],
      [5000, 5100, 1],
      [9900, 10000, 1],
      [10000, 11000, 1],
      [499000, 500000, 1],
      [500000, 505000, 1],
      [2995000, 3000000, 1],
      [3000000, 3010000, 1],
      [9990000, 10000000, 1],
      [10000000, 10050000, 1],
      [29950000, 30000000, 1],
      [30000000, 30100000, 1],
      [119900000, 120000000, 1],
      [120000000, 121000000, 1],
      [299000000, 300000000, 2],
      [300000000, null, 1],
    ]);
  });

  test('each edge begins a bin, and the number just below it lies in the one before', () => {
    DISTRIBUTION_EDGES.forEach((edge, index) => {
      expect(distributionBinOf(edge)).toBe(Math.min(index + 1, 3720));
      // The next double towards 0.
      const below = edge === 0 ? -Number.MIN_VALUE : edge * (1 - Number.EPSILON / 2);
      expect(below).toBeLessThan(edge);
      expect(distributionBinOf(below), String(below)).toBe(index);
    });
  });
});

describe('labels', () => {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

  test.each([['200'], [''], ['é'.repeat(512)], ['x'.repeat(1024)], ['€'.repeat(341)]])('%# are the text', (text) => {
    expect(labelOf(text, () => 'not called')).toBe(text);
  });

  test.each([
    ['x'.repeat(1025), 'x'.repeat(1000)],
    ['é'.repeat(513), 'é'.repeat(500)],
    ['€'.repeat(342), '€'.repeat(333)],
    [`${'x'.repeat(998)}😀${'x'.repeat(100)}`, 'x'.repeat(998)],
  ])('%# is cut at a character', (text, begin) => {
    expect(labelOf(text, sha256)).toBe(`${begin}…${sha256(text).slice(0, 16)}`);
    expect(Buffer.byteLength(labelOf(text, sha256))).toBeLessThanOrEqual(1024);
  });

  test('are ordered by their bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(Math.sign(compareLabels(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    expect(['\u{1f600}', '\uff5e', '10', '2'].sort(compareLabels)).toEqual(['10', '2', '\uff5e', '\u{1f600}']);
  });
});
