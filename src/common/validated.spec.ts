import { IsInt } from 'class-validator';
import { expect, test } from 'vitest';
import { Invalid } from './errors.js';
import { IsReadableBy, IsRecordOf, validated } from './validated.js';

class Example {
  @IsInt()
  count: number;

  @IsRecordOf('texts', (member) => typeof member === 'string')
  names: Record<string, string>;

  @IsReadableBy((value) => (value === 'a' ? value : undefined), 'a')
  letter: unknown;
}

const GOOD = { count: 1, names: { a: 'b' }, letter: 'a' };

test('what fits its class is an instance of it', () => {
  expect(validated(Example, GOOD)).toBeInstanceOf(Example);
  expect(validated(Example, GOOD)).toEqual(GOOD);
  expect(validated(Example, { ...GOOD, more: 1 }, '', null)).toMatchObject({ more: 1 });
});

test.each([
  [[], '', 'expected a JSON object'],
  [null, 'item 3', 'item 3: expected a JSON object'],
  [{ ...GOOD, count: 'x' }, '', 'count: must be an integer number'],
  [{ ...GOOD, count: 'x' }, 'item 3', 'item 3: count must be an integer number'],
  [{ ...GOOD, names: { a: 'b', c: 1 } }, 'item 3', 'item 3, names: expected an object of texts, but "c" is none'],
  [{ ...GOOD, names: [] }, '', 'names: expected an object of texts'],
  [{ ...GOOD, letter: 'b' }, 'item 3', 'item 3: letter must be a, but it is "b"'],
  [{ ...GOOD, letter: undefined }, 'item 3', 'item 3 has no letter'],
  [{ ...GOOD, more: 1 }, '', 'more: there is no such field here'],
])('%j in "%s" is refused by its field', (json, where, message) => {
  expect(() => validated(Example, json, where)).toThrow(new Invalid(message));
});
