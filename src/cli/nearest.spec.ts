import { expect, test } from 'vitest';
import { nearest } from './nearest.js';

test.each([
  ['sorce', 'source'],
  ['soruce', 'source'],
  ['Source', 'source'],
  ['event_type', 'event-type'],
  ['eventType', 'event-type'],
  ['ip-tos', undefined],
  ['mtu', undefined],
  ['time-duration', undefined],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, ['source', 'destination', 'event-type', 'time', 'time-range'])).toBe(meant);
});
