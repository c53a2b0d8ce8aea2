import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSeconds } from '../common/time.js';
import { RowWriter } from './row-writer.js';

const FORMAT = { open: '<', middle: '=', close: '>', separator: ';', quote: (json: string) => `'${json}'` };

function written(rows: readonly (readonly [micros: number, value: number | string])[]): string {
  const writer = new RowWriter(FORMAT);
  for (const [micros, value] of rows)
    if (typeof value === 'number') writer.number(micros, value);
    else writer.json(micros, value);
  return writer.take().toString();
}

describe('a row is written as JavaScript prints its numbers', () => {
  const edges = [
    0,
    -0,
    1,
    9,
    10,
    99,
    100,
    9999,
    10_000,
    99_999_999,
    1e8,
    1e8 + 1,
    123_456_789_012,
    2 ** 53,
    2 ** 53 - 1,
  ];
  const values = [
    ...edges,
    ...edges.map((value) => -value),
    0.5,
    -1.25,
    1e21,
    1e-7,
    1.7976931348623157e308,
    5e-324,
    9e15,
  ];
  test.each(values)('%d', (value) => {
    expect(written([[0, value]])).toBe(`<0=${value === 0 ? '0' : String(value)}>`);
  });

  test.each([
    0, 1, -1, 999_999, 1_000_000, -1_000_000, 1_714_557_600_250_000, 253_402_300_799_000_000, -62_135_596_800_000_000,
  ])('%d micros', (micros) => {
    expect(written([[micros, 1]])).toBe(`<${formatSeconds(micros)}=1>`);
  });

  test.each([NaN, Infinity, -Infinity])('%d, which JSON has not', (value) => {
    expect(written([[0, value]])).toBe('<0=null>');
  });

  test('any decimal, from its digits', () => {
    const digits = fc.oneof(
      fc.integer({ min: -(2 ** 51) + 1, max: 2 ** 51 - 1 }),
      fc.integer({ min: -2000, max: 2000 }),
      fc.constantFrom(0, 1, -1, 10, 100_000_000, 1_000_000_000, 2 ** 51 - 1),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(digits, fc.nat(9)), { minLength: 1 }), (numbers) => {
        const writer = new RowWriter(FORMAT);
        for (const [integer, scale] of numbers) writer.decimal(0, integer, scale);
        const texts = numbers.map(([integer, scale]) => `<0=${String(integer / 10 ** scale)}>`);
        expect(writer.take().toString()).toBe(texts.join(';'));
      }),
      { numRuns: 2000 },
    );
  });

  test('blocks of decimals, as one by one', () => {
    const time = fc.oneof(
      fc.integer({ min: 0, max: 2e9 }).map((seconds) => seconds * 1_000_000),
      fc.integer({ min: 1_714_557_600, max: 1_714_577_600 }).map((seconds) => seconds * 1_000_000),
      fc.constantFrom(-1, 1, 500_000, 253_402_300_799_000_000, -62_135_596_800_000_000),
    );
    const row = fc.tuple(
      time,
      fc.integer({ min: -(2 ** 51) + 1, max: 2 ** 51 - 1 }).map((n) => n % 1e12),
    );
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(9), fc.nat(3), (rows, scale, skipped) => {
        const [one, block] = [new RowWriter(FORMAT), new RowWriter(FORMAT)];
        for (const [micros, digits] of rows.slice(skipped)) one.decimal(micros, digits, scale);
        const columns = [0, 1].map((column) => Float64Array.from(rows, (pair) => pair[column] ?? 0));
        block.decimals(columns[0]!, columns[1]!, scale, Math.min(skipped, rows.length), rows.length);
        expect(block.take().toString()).toBe(one.take().toString());
      }),
      { numRuns: 2000 },
    );
  });

  test('blocks of decimals with row numbers, at times in units', () => {
    const format = { ...FORMAT, row: '#' };
    const time = fc.oneof(
      fc.integer({ min: 1_574_164_720_000_000, max: 1_574_164_730_000_000 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 }),
      fc.constantFrom(-1, 0, 1, 99_999_999, 100_000_000, 9_007_199_254_740_991),
    );
    const digit = fc.integer({ min: -(2 ** 31), max: 2 ** 31 });
    const row = fc.tuple(time, digit, fc.nat(2 ** 31 - 1));
    const origin = fc.constantFrom(0, 1_574_164_720_000_000);
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 30 }), fc.nat(9), origin, (all, scale, from) => {
        const writer = new RowWriter(format, { origin: from, unit: 1 });
        const [micros, digits, rows] = [0, 1, 2].map((column) => Float64Array.from(all, (one) => one[column] ?? 0));
        writer.decimals(micros!, digits!, scale, 0, all.length, rows);
        const texts = all.map(([at, integer, number]) => `<${at - from}=${String(integer / 10 ** scale)}#${number}>`);
        expect(writer.take().toString()).toBe(texts.join(';'));
      }),
      { numRuns: 2000 },
    );
  });

  test('any numbers at any times', () => {
    const time = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer().map((seconds) => seconds * 1_000_000),
    );
    const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger(), fc.integer());
    fc.assert(
      fc.property(fc.array(fc.tuple(time, number)), (rows) => {
        const expected = rows.map(([micros, value]) => `<${formatSeconds(micros)}=${String(value)}>`);
        expect(written(rows)).toBe(expected.join(';'));
      }),
    );
  });
});

test('other values are quoted as the format says, in UTF-8, however large they are', () => {
  const large = 'ü€😀'.repeat(10_000);
  expect(
    written([
      [0, large],
      [1_000_000, '[]'],
      [2_000_000, 7],
    ]),
  ).toBe(`<0='${large}'>;<1='[]'>;<2=7>`);
});

test('rows that are taken in pieces are separated as those of one piece', () => {
  const writer = new RowWriter(FORMAT);
  expect(writer.any).toBe(false);
  expect(writer.take().toString()).toBe('');
  writer.number(0, 1);
  expect(writer.take().toString()).toBe('<0=1>');
  writer.expect(1000);
  for (let index = 0; index < 1000; index++) writer.number(0, 2);
  expect(writer.take().toString()).toBe(';<0=2>'.repeat(1000));
  expect(writer.any).toBe(true);
});
