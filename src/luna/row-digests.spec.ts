import { expect, test } from 'vitest';
import { RowDigests, repeatedRows } from './row-digests.js';

/** An upload with a row for each number. */
function upload(...numbers: readonly number[]): RowDigests {
  const digests = new RowDigests();
  for (const number of numbers) digests.add([1, number]);
  return digests;
}

test.each([
  ['nothing is known of it', [], [1, 2, 3], 0],
  ['it is a kept one', [[1, 2, 3]], [1, 2, 3], 3],
  ['it is the first half of a kept one', [[1, 2, 3]], [1], 1],
  ['it is the other half', [[1, 2, 3]], [2, 3], 2],
  ['it begins with a kept one', [[1, 2, 3]], [1, 2, 3, 4, 5], 3],
  ['it begins with the halves that a chunk was stored in', [[1], [2, 3]], [1, 2, 3, 4], 3],
  ['it begins with the one half that was stored', [[1, 2]], [1, 2, 3, 4, 5], 2],
  ['it has rows of a kept one later', [[1, 2, 3]], [0, 1, 2, 3], 0],
  ['it has the rows of a kept one in another order', [[1, 2, 3]], [3, 2, 1], 0],
  ['it is empty', [[1, 2, 3], []], [], 0],
  ['it has the rows of a kept one several times', [[1]], [1, 1, 1], 1],
])('where %s', (_, kept, numbers, repeated) => {
  const uploads = kept.map((rows) => upload(...rows).upload());
  expect(repeatedRows(upload(...numbers), uploads)).toBe(repeated);
});

test('texts count, and where they end', () => {
  const digestOf = (...texts: string[]): string => {
    const digests = new RowDigests();
    for (const text of texts) digests.add([1], text);
    return digests.upload().whole.toString('hex');
  };
  const all = [digestOf('ä', ''), digestOf('', 'ä'), digestOf('a', 'bc'), digestOf('ab', 'c')];
  expect(new Set(all).size).toBe(4);
  expect(digestOf('x'.repeat(100_000), 'y')).toBe(digestOf('x'.repeat(100_000), 'y'));
});
