import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDecimal, quotient } from 'marigram-client/exact';
import { binaryOf, type Numeric, quotientOf, readNumeric, readTimestamp } from './binary-decoding.js';

/** `numeric_send` of a decimal number, as src/backend/utils/adt/numeric.c has it. */
function numeric(text: string): Numeric {
  const { digits, scale } = parseDecimal(text);
  const padded = digits * 10n ** BigInt((4 - (scale % 4)) % 4);
  const below = Math.ceil(scale / 4);
  let rest = padded < 0n ? -padded : padded;
  let exponent = -below;
  // PostgreSQL stores no zeros at either end.
  for (; rest > 0n && rest % 10_000n === 0n; rest /= 10_000n) exponent++;
  const groups: number[] = [];
  for (; rest > 0n; rest /= 10_000n) groups.unshift(Number(rest % 10_000n));
  const bytes = Buffer.alloc(8 + 2 * groups.length);
  bytes.writeInt16BE(groups.length, 0);
  bytes.writeInt16BE(groups.length - 1 + exponent, 2);
  bytes.writeUInt16BE(digits < 0n ? 0x4000 : 0, 4);
  groups.forEach((group, index) => bytes.writeInt16BE(group, 8 + 2 * index));
  const read = readNumeric(binaryOf(bytes.toString('base64')), 0);
  if (read.digits === undefined) throw new Error(`${text} is not NaN`);
  expect(read.size).toBe(bytes.length);
  return read;
}

const exact = (a: string, b: string): number => quotient(parseDecimal(a), parseDecimal(b));

describe('a quotient is the double nearest to the exact one', () => {
  test.each([
    ['0', '3'],
    ['1', '3'],
    ['-1', '3'],
    ['0.01', '5'],
    ['10000', '3'],
    ['123456789.000001', '86400'],
    ['9007199254740993', '1'],
    ['9007199254740993', '7'],
    ['1e300', '3'],
    ['1e-300', '3'],
    ['5e-324', '1'],
    ['2e308', '1'],
    ['34', '1700000000000000000000'],
    ['-0.5', '0.25'],
  ])('%s / %s', (a, b) => {
    expect(quotientOf(numeric(a), numeric(b))).toBe(exact(a, b));
  });

  test('of any decimal numbers', () => {
    const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat(12)).map(([digits, scale]) => {
      const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0');
      const dot = text.length - scale;
      return `${digits < 0n ? '-' : ''}${text.slice(0, dot)}${scale > 0 ? `.${text.slice(dot)}` : ''}`;
    });
    const small = fc.tuple(fc.integer(), fc.nat(6)).map(([digits, scale]) => (digits / 10 ** scale).toFixed(scale));
    fc.assert(
      fc.property(fc.oneof(decimal, small), fc.integer({ min: 1 }), (a, b) => {
        expect(quotientOf(numeric(a), numeric(String(b)))).toBe(exact(a, String(b)));
      }),
      { numRuns: 500 },
    );
  });
});

test('NaN has no digits', () => {
  const bytes = Buffer.from([0, 0, 0, 0, 0xc0, 0, 0, 0]);
  expect(readNumeric(binaryOf(bytes.toString('base64')), 0)).toEqual({ digits: undefined, size: 8 });
});

test('timestamps are micros, rounded once where a double does not hold them', () => {
  const near = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const ours = fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n });
  fc.assert(
    fc.property(fc.oneof(near, ours), (sincePostgres) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64BE(sincePostgres);
      const read = readTimestamp(binaryOf(bytes.toString('base64')), 0);
      expect(read).toBe(Number(sincePostgres + 946_684_800_000_000n));
    }),
  );
});

test('no rows are no bytes', () => {
  expect(binaryOf(null).byteLength).toBe(0);
});
