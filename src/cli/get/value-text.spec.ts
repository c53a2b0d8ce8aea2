import { expect, test } from 'vitest';
import { quantityOf } from './quantity.js';
import { numberOf, valueText } from './value-text.js';

test.each([
  ['throughput', 9_400_000_000, '9.40 Gb/s'],
  ['throughput', 999, '999 b/s'],
  ['throughput', 94_123_456, '94.1 Mb/s'],
  ['throughput', -1500, '-1.50 kb/s'],
  ['ntp-offset', 0.25, '250 µs'],
  ['ntp-offset', -2, '-2.00 ms'],
  ['ntp-offset', 1500, '1.50 s'],
  ['ntp-offset', 0, '0 s'],
  ['ntp-polling-interval', 64, '64.0 s'],
  ['packet-loss-rate', 0.04, '4 %'],
  ['packet-loss-rate', 1 / 6000, '0.0167 %'],
  ['packet-count-sent', 123_456, '123,456'],
  ['path-mtu', 9000, '9,000 B'],
  ['tcp-windowsize', 87_380, '87.4 kB'],
  ['queue-lengths', 0.123_456, '0.123'],
  ['histogram-owdelay', { '41.0': 1, '41.2': 2, '45': 1 }, '41.2 ms (41.0 ms – 45.0 ms, 4 samples)'],
  ['histogram-ttl', { five: 1 }, '{"five":1}'],
  ['failures', { error: 'refused', code: 1 }, 'refused'],
  [
    'packet-trace',
    [
      { ttl: 1, ip: '192.0.2.1' },
      { ttl: 2, ip: null },
    ],
    '192.0.2.1 → *',
  ],
  ['streams-throughput', [1e9, 2e9], '1.00 Gb/s, 2.00 Gb/s'],
  ['pscheduler-raw', null, 'null'],
])('%s %j is "%s"', (eventType, value, text) => {
  expect(valueText(value, quantityOf(eventType))).toBe(text);
});

test('the course of a series is drawn from numbers, and from the medians of what has them', () => {
  const values = [3, { '1': 1, '5': 3 }, { median: 7, mode: [7] }, {}, null, 'x', [1]];
  expect(values.map(numberOf)).toEqual([3, 5, 7, undefined, undefined, undefined, undefined]);
});
