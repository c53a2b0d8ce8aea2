import {
  type DistributionBin,
  distributionBins,
  distributionOf,
  momentsOf,
  multisetOf,
  QUANTILE_PERCENTS,
  quantilesOf,
  type QuantilesValue,
  sumsOf,
} from 'marigram-client/exact';
import { describe, expect, test } from 'vitest';
import { FinishedBin, type FinishedPart } from './finished-bins.js';

const FIRST = [30021, 30764, 29917, 30307];

function quantiles(numbers: readonly number[]): QuantilesValue {
  const multiset = multisetOf(numbers);
  const values = quantilesOf(multiset);
  const named = Object.fromEntries(QUANTILE_PERCENTS.map((percent, index) => [`q${percent}`, values[index]]));
  return { ...named, ...momentsOf(sumsOf(multiset)) } as QuantilesValue;
}

function distribution(numbers: readonly number[]): DistributionBin[] {
  return distributionBins(distributionOf(multisetOf(numbers)));
}

/** The bin of some parts; each goes through the store once, as those of different uploads do. */
function binOf(...parts: readonly FinishedPart[]): FinishedBin {
  return parts.reduce((bin, part) => {
    const stored = FinishedBin.of(bin.texts());
    stored.add(part);
    return stored;
  }, new FinishedBin());
}

/** The value of `quantiles` of some parts. */
function merged(...parts: readonly FinishedPart[]): QuantilesValue {
  return JSON.parse(
    binOf(...parts)
      .texts()
      .get('quantiles') ?? '',
  ) as QuantilesValue;
}

describe('quantiles', () => {
  test('of one part stay as they are', () => {
    expect(merged({ quantiles: [quantiles(FIRST)] })).toEqual(quantiles(FIRST));
  });

  test('of two parts have exact moments and extremes, in whatever order the tables come', () => {
    const parts = [
      { quantiles: [quantiles(FIRST)] },
      { quantiles: [quantiles([31000])] },
      { distribution: distribution(FIRST) },
      { distribution: distribution([31000]) },
    ];
    const value = merged(...parts);
    expect(value).toMatchObject({ cnt: 5, average: 30401.8, stddev: 468.5239588324166, sum: 152009 });
    expect(value).toMatchObject({ q0: 29917, q100: 31000, within: 1 / 30 });
    expect(merged(...parts.toReversed())).toEqual(value);
    expect(Object.keys(value)).toEqual([
      ...QUANTILE_PERCENTS.map((percent) => `q${percent}`),
      ...['average', 'stddev', 'sum', 'cnt', 'within'],
    ]);
  });

  test('are within the error that they name', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const numbers = Array.from({ length: 3000 }, () => Math.round(Math.exp(8 + 3 * random())));
    const [a, b] = [numbers.slice(0, 1000), numbers.slice(1000)];
    const value = merged(
      { quantiles: [quantiles(a)], distribution: distribution(a) },
      { quantiles: [quantiles(b)], distribution: distribution(b) },
    );
    const exact = quantiles(numbers);
    for (const percent of QUANTILE_PERCENTS) {
      const name = `q${percent}` as const;
      expect(Math.abs(value[name] / exact[name] - 1), name).toBeLessThan(value.within ?? 0);
    }
    expect(value.within).toBeLessThan(0.1);
    expect(value.stddev).toBeCloseTo(exact.stddev ?? 0, 9);
  });

  test('lie between the extremes where no distribution is known', () => {
    const value = merged({ quantiles: [quantiles([10])] }, { quantiles: [quantiles([20, 30])] });
    expect(value).toMatchObject({ q0: 10, q50: 20, q100: 30, within: 1 });
  });

  test('of equal numbers are exact', () => {
    const [one, two] = [[5], [5, 5]].map((numbers) => ({
      quantiles: [quantiles(numbers)],
      distribution: distribution(numbers),
    }));
    expect(merged(one!, two!)).toEqual({ ...quantiles([5, 5, 5]), within: 0 });
  });
});

test('distributions add up', () => {
  const bin = binOf({ distribution: distribution([-1, 5, 30]) }, { distribution: distribution([5, 20, 4e8]) });
  expect(bin.texts()).toEqual(new Map([['distribution', JSON.stringify(distribution([-1, 5, 5, 20, 30, 4e8]))]]));
});

test('categories add up, in the order of their bytes', () => {
  const bin = binOf(
    { categories: new Map(Object.entries({ 9: 1, 10: 2, ['__proto__']: 1 })) },
    { categories: new Map(Object.entries({ '': 1, 9: 3 })) },
  );
  expect(bin.labels).toBe(4);
  expect(bin.texts()).toEqual(new Map([['categories', '{"":1,"10":2,"9":4,"__proto__":1}']]));
});
