import { expect, test } from 'vitest';
import { date, expiry, moment } from './arguments.js';
import { filter } from './filters.js';

test.each(['2027-01-31', '2020-01-31T12:00', '1714557600', '-30d', '30d', 'now'])('%s is a time everywhere', (text) => {
  const seconds = Number(moment(text));
  expect(date(text).getTime() / 1000).toBeCloseTo(seconds, -1);
  expect(Number(filter('time-start', text)[1])).toBeCloseTo(seconds, -1);
});

test('a key ends at a time of the same grammar, where a length lies ahead', () => {
  expect(expiry('30d')).toEqual({ after: 2_592_000 });
  expect(expiry('+2w')).toEqual({ after: 1_209_600 });
  expect(expiry('4102444800')).toEqual({ at: new Date('2100-01-01T00:00:00Z') });
  expect(expiry('2100-01-01T02:00+02:00')).toEqual({ at: new Date('2100-01-01T00:00:00Z') });
  expect(expiry('never')).toBe('never');
  for (const past of ['-1d', '0d', '90', 'now', '2020-01-01']) expect(() => expiry(past)).toThrow('past');
  for (const wrong of ['soon', '2027-02-31', '40000d']) expect(() => expiry(wrong)).toThrow('It is no time');
});

test.each(['lately', '99999999999999'])('%s is no time for a list', (text) => {
  expect(() => date(text)).toThrow();
});
