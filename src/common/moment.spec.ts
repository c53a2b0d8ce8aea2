import { expect, test } from 'vitest';
import { lengthOf, momentOf, secondsAhead } from './moment.js';

const NOW = Date.parse('2026-03-01T12:00:00.5Z');

test.each([
  ['1714557600', '1714557600'],
  ['-1', '-1'],
  ['1714557600.25', '1714557600.25'],
  ['now', '1772366400'],
  ['-1d', '1772280000'],
  ['1d', '1772280000'],
  ['-90m', '1772361000'],
  ['+1h', '1772370000'],
  ['2026-03-01', '1772323200'],
  ['2026-03-01T12:00', '1772366400'],
  ['2026-03-01 12:00:00.5', '1772366400.5'],
  ['2026-03-01T12:00:00.123456Z', '1772366400.123456'],
  ['1969-12-31T23:59:58.75', '-1.25'],
  ['2026-03-01T13:00+01:00', '1772366400'],
])('%s is the time %s', (text, seconds) => {
  expect(momentOf(text, NOW)).toBe(seconds);
});

test.each(['', 'soon', '-1y', '2026-13-01', '2026-02-31', '0000-01-01', '-9999999999w', '2026-03-01Z', '12:00'])(
  '%j is no time',
  (text) => {
    expect(momentOf(text, NOW)).toBeUndefined();
  },
);

test.each([
  ['3600', 3600],
  ['90m', 5400],
  ['2w', 1_209_600],
  ['-1d', undefined],
  ['1.5h', undefined],
])('%s lasts %s seconds', (text, seconds) => {
  expect(lengthOf(text)).toBe(seconds);
});

test.each([
  ['90d', 'ahead', 7_776_000],
  ['90d', 'ago', -7_776_000],
  ['+1h', 'ago', 3600],
  ['-1h', 'ahead', -3600],
  ['90', 'ahead', undefined],
] as const)('%s, unless it says otherwise %s, lies %s seconds ahead', (text, unsigned, seconds) => {
  expect(secondsAhead(text, unsigned)).toBe(seconds);
});
