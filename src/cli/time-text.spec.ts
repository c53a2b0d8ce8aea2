import { expect, test } from 'vitest';
import { relativeTime } from './time-text.js';

const NOW = 1_772_366_400_000;

test.each([
  [0, 'now'],
  [42, '42 s ago'],
  [60, '1 min ago'],
  [3599, '59 min ago'],
  [7200, '2 h ago'],
  [86_400, '1 day ago'],
  [3 * 86_400, '3 days ago'],
  [70 * 86_400, '2 months ago'],
  [800 * 86_400, '2 years ago'],
  [-180, 'in 3 min'],
])('%i seconds before now are "%s"', (seconds, words) => {
  expect(relativeTime(new Date(NOW - seconds * 1000), NOW)).toBe(words);
});

test('what has not been is never', () => {
  expect(relativeTime(undefined, NOW)).toBe('never');
});
