import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ExactSum, parseDecimal, quotient } from '../src/exact/index.js';

const measured = fc
  .tuple(fc.integer({ min: -9e9, max: 9e9 }), fc.nat(9))
  .map(([digits, places]) => digits / 10 ** places);
const any = fc.oneof(
  measured,
  measured,
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0.1, 0.2, 0.3, -0.3, 2 ** 53, -(2 ** 53), 2 ** 51 + 0.5, 1e21, 5e-324, 1.7976931348623157e308),
);
const summands = fc.array(fc.tuple(any, fc.constantFrom<1 | -1>(1, 1, 1, -1)), { maxLength: 60 });

/** What the texts of the values add up to, in units of 10^−2000. */
function exact(values: readonly (readonly [number, 1 | -1])[], square: boolean): bigint {
  return values.reduce((sum, [value, sign]) => {
    const { digits, scale } = parseDecimal(String(value));
    const [d, s] = square ? [digits * digits, 2 * scale] : [digits, scale];
    return sum + BigInt(sign) * d * 10n ** BigInt(2000 - s);
  }, 0n);
}

test.each([false, true])('a sum is that of the texts of its values; squares: %s', (square) => {
  fc.assert(
    fc.property(summands, (values) => {
      const sum = new ExactSum();
      for (const [value, sign] of values)
        if (square) sum.addSquare(value, sign);
        else sum.add(value, sign);
      const { digits, scale } = parseDecimal(sum.toString());
      expect(digits * 10n ** BigInt(2000 - scale)).toBe(exact(values, square));
    }),
    { numRuns: 500 },
  );
});

test('a sum can be read in between', () => {
  const sum = new ExactSum();
  for (const value of [0.1, 0.25, 3]) sum.add(value);
  expect(sum.toString()).toBe('335e-2');
  sum.add(-3.35);
  expect(quotient(parseDecimal(sum.toString()), { digits: 1n, scale: 0 })).toBe(0);
});
