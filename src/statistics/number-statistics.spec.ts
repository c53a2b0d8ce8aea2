import { expect, test } from 'vitest';
import { atOnce } from '../common/turns.js';
import { NumberStatistics } from './number-statistics.js';

test('beyond the numbers that are kept, percentiles are within 1 % and all else is exact', () => {
  const [exact, sketched] = [new NumberStatistics(), new NumberStatistics(99)];
  for (let value = -50; value < 150; value++)
    for (const one of [exact, sketched]) one.add({ micros: value, value: value / 10 });
  const [a, b] = [exact, sketched].map((one) => atOnce(one.figures([1, 50, 99])));
  expect([a?.exact, b?.exact]).toEqual([true, false]);
  expect({ ...b, exact: true, percentiles: [] }).toEqual({ ...a, percentiles: [] });
  expect(a?.percentiles[1]).toBeCloseTo(4.95, 12);
  a?.percentiles.forEach((percentile, index) => {
    const error = Math.abs((b?.percentiles[index] ?? 0) - percentile);
    expect(error).toBeLessThanOrEqual(0.011 * Math.abs(percentile));
  });
});
