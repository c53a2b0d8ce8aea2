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
const FIRST = [30021, 30764, 29917, 30307];
const SECOND = [30081, 30466, 30990];

const named = (quantiles: readonly number[]): Record<string, number> =>
  Object.fromEntries(QUANTILE_PERCENTS.map((percent, index) => [`q${percent}`, quantiles[index]!]));

describe('quantiles and moments: the worked references', () => {
  test.each([
    [
      FIRST,
      { cnt: 4, sum: 121009, average: 30252.25, stddev: 378.92600421014475 },
      [29917, 29948.2, 29995, 30164, 30421.25, 30489.8, 30558.35, 30626.9, 30695.45, 30736.58, 30750.29, 30764],
    ],
    [
      SECOND,
      { cnt: 3, sum: 91537, average: 30512.333333333332, stddev: 456.26783070180755 },
      [30081, 30158, 30273.5, 30466, 30728, 30780.4, 30832.8, 30885.2, 30937.6, 30969.04, 30979.52, 30990],
    ],
    [
      [...FIRST, 30081],
      { cnt: 5, sum: 151090, average: 30218, stddev: 336.9777440722161 },
      [29917, 29958.6, 30021, 30081, 30307, 30398.4, 30489.8, 30581.2, 30672.6, 30727.44, 30745.72, 30764],
    ],
  ])('all of %j', (numbers, moments, quantiles) => {
    expect(summaryOf(numbers)).toEqual({ ...moments, ...named(quantiles) });
  });

  test.each([
    [
      [30466, 30990],
      {
        ...{ sum: 61456, average: 30728, stddev: 370.5239533417509, q10: 30518.4, q25: 30597, q50: 30728 },
        ...{ q75: 30859, q95: 30963.8, q99: 30984.76 },
      },
    ],
    [
      [...FIRST, 31000],
      {
        ...{ cnt: 5, sum: 152009, average: 30401.8, stddev: 468.5239588324166 },
        ...{ q50: 30307, q75: 30764, q95: 30952.8, q99: 30990.56, q100: 31000 },
      },
    ],
    [
      [30021, 29917, 30307],
      {
        ...{ cnt: 3, sum: 90245, average: 30081.666666666668, stddev: 201.95379009400477 },
        ...{ q50: 30021, q75: 30164, q95: 30278.4, q100: 30307 },
      },
    ],
    [
      [...FIRST, ...SECOND],
      {
        ...{ cnt: 7, sum: 212546, average: 30363.714285714286, stddev: 400.64020196252324, q10: 29979.4, q25: 30051 },
        ...{
          q50: 30307,
          q75: 30615,
          q80: 30704.4,
          q85: 30786.6,
          q90: 30854.4,
          q95: 30922.2,
          q98: 30962.88,
          q99: 30976.44,
        },
      },
    ],
    [
      [0.1, 0.2],
      {
        sum: 0.3,
        average: 0.15,
        stddev: 0.07071067811865475,
        q10: 0.11,
        q25: 0.125,
        q50: 0.15,
        q75: 0.175,
        q95: 0.195,
      },
    ],
    [
      [1, 1, 2, 2, 2, 10],
      {
        ...{ cnt: 6, sum: 18, average: 3, stddev: 3.4641016151377544, q25: 1.25, q85: 4 },
        ...{ q90: 6, q95: 8, q98: 9.2, q99: 9.6 },
      },
    ],
    [[1e16, 1, 1], { sum: 10000000000000002, q75: 5000000000000000, average: 3333333333333334 }],
    [[5], { ...named(QUANTILE_PERCENTS.map(() => 5)), sum: 5, average: 5, stddev: null, cnt: 1 }],
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
