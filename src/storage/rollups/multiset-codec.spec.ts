import fc from 'fast-check';
import { type Multiset, multisetOf } from 'marigram-client/exact';
import { describe, expect, test } from 'vitest';
import { decodeMultiset, encodeMultiset } from './multiset-codec.js';

/** Encodes and decodes a multiset, which must come back to the last bit; returns its bytes. */
function roundTrip(multiset: Multiset): Buffer {
  const data = encodeMultiset(multiset);
  expect(decodeMultiset(data)).toEqual(multiset);
  return data;
}

describe('the bytes never change', () => {
  test.each<[string, number[], string]>([
    ['no number', [], '010000'],
    ['one number', [5], '0101000a02'],
    ['integers, some of them equal', [30021, 30764, 29917, 30307, 30021], '010400bad303d001bc0492070202010000'],
    ['decimals', [0.25, -1.5, 0.25, 3], '010302ab02de02a604020201'],
    ['raw doubles', [0.1 + 0.2, 1e308, 5e-324], '01030a700100353333333333d33f0094fbd8b6c0ff3240020001'],
  ])('%s', (_, numbers, hex) => {
    expect(roundTrip(multisetOf(numbers)).toString('hex')).toBe(hex);
  });

  test('large counts', () => {
    const many = { values: Float64Array.of(1, 2), counts: Float64Array.of(2 ** 51 - 1, 1) };
    expect(roundTrip(many).toString('hex')).toBe('0102000202feffffffffffff07fbffffffffffff07');
  });
});

test('hostile doubles come back to the last bit', () => {
  const number = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(12)).map(([digits, places]) => digits / 10 ** places),
    fc.integer(),
    fc.constantFrom(
      0,
      -0,
      5e-324,
      2 ** -1022,
      2 ** 51 - 1,
      2 ** 51,
      2 ** 53,
      1e21,
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
    ),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), (numbers) => void roundTrip(multisetOf(numbers))),
    { numRuns: 1000 },
  );
});

test('a second of response times in whole microseconds takes little more than a byte a value', () => {
  // Log-normal, with a median of 20 ms: the quantiles at equal steps.
  const times = Array.from({ length: 1000 }, (_, index) => {
    const u = (index + 0.5) / 1000;
    const normal = Math.sqrt(2) * inverseErf(2 * u - 1);
    return Math.round(20_000 * Math.exp(0.5 * normal));
  });
  expect(roundTrip(multisetOf(times)).length).toBeLessThan(1400);
});

/** Winitzki's approximation. */
function inverseErf(x: number): number {
  const log = Math.log(1 - x * x);
  const a = 2 / (Math.PI * 0.147) + log / 2;
  return Math.sign(x) * Math.sqrt(Math.sqrt(a * a - log / 0.147) - a);
}

test.each([
  ['', 'its bytes end too early'],
  ['0201', 'its layout is unknown'],
  ['0109', 'it claims to hold 9 values'],
  ['0101000a', 'its bytes end too early'],
  ['0101000a0200', 'bytes stand behind its end'],
  ['0101000a0001', 'a run is too long'],
])('damaged bytes %j are refused', (hex, reason) => {
  expect(() => decodeMultiset(Buffer.from(hex, 'hex'))).toThrow(`a bin of a summary is damaged: ${reason}`);
});
