import { expect, test } from 'vitest';
import { lengthOf, momentOf } from './moment.js';

const NOW = Date.parse('2026-03-01T12:00:00.5Z');

test.each([
  ['1714557600', '1714557600'],
  ['-1', '-1'],
  ['1714557600.25', '1714557600.25'],
  ['now', '1772366400'],
  ['-1d', '1772280000'],
  ['-90m', '1772361000'],
  ['+1h', '1772370000'],
  ['2026-03-01', '1772323200'],
  ['2026-03-01T12:00', '1772366400'],
  ['2026-03-01 12:00:00.5', '1772366400.5'],
  ['2026-03-01T13:00+01:00', '1772366400'],
])('%s is the time %s', (text, seconds) => {
  expect(momentOf(text, NOW)).toBe(seconds);
});

test.each(['', 'soon', '-1y', '2026-13-01', '1d', '2026-03-01Z', '12:00'])('%j is no time', (text) => {
  expect(momentOf(text, NOW)).toBeUndefined();
});

test.each([
  ['3600', 3600],
  ['90m', 5400],
  ['2w', 1_209_600],
  ['-1d', undefined],
  ['1.5h', undefined],
])('%s lasts %s seconds', (text, seconds) => {
  expect(lengthOf(text)).toBe(seconds);
});
