import { expect, test } from 'vitest';
import { classify } from './sql-errors.js';

const withCode = (code: string, syscall?: string): Error =>
  Object.assign(new Error('no text to go by'), { code, syscall });

test.each([
  new Error('Connection terminated unexpectedly'),
  new Error('timeout exceeded when trying to connect'),
  new Error('Client has encountered a connection error and is not queryable'),
  withCode('ECONNREFUSED', 'connect'),
  withCode('ECONNRESET', 'read'),
  withCode('ENOENT', 'connect'),
  withCode('CERT_HAS_EXPIRED'),
  new AggregateError([withCode('ECONNREFUSED'), withCode('ENETUNREACH')]),
])('a connection that fails or breaks (%s, %#) is the database being away', (error) => {
  expect(classify(error)).toBe('unavailable');
});

test.each([
  new Error('not a decimal number: 1e'),
  new TypeError('undefined is not a function'),
  withCode('ENOENT', 'open'),
  withCode('ENOSPC', 'write'),
  new AggregateError([withCode('ECONNREFUSED'), new Error('something else')]),
  new AggregateError([]),
  'a text',
])('any other error (%s, %#) is a bug, not the database being away', (error) => {
  expect(classify(error)).toBe('bug');
});
