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
