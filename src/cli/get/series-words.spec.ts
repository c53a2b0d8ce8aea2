import { expect, test } from 'vitest';
import { seriesWords } from './series-words.js';

const KEY = '0123456789abcdef0123456789abcdef';

test.each([
  ['', {}],
  [`${KEY} throughput`, { metadataKey: KEY, eventType: 'throughput' }],
  [
    `${KEY} throughput averages 1d`,
    { metadataKey: KEY, eventType: 'throughput', summaryType: 'average', window: 86_400 },
  ],
  [`/esmond/perfsonar/archive/${KEY}/`, { metadataKey: KEY }],
  [`/perfsonar/archive/${KEY}/throughput/base`, { metadataKey: KEY, eventType: 'throughput' }],
  [`/perfsonar/archive/${KEY}/a%2Fb%20c/base`, { metadataKey: KEY, eventType: 'a/b c' }],
  [
    `https://ma.example.net/x/perfsonar/archive/${KEY}/throughput/statistics/0`,
    {
      archive: 'https://ma.example.net/x/perfsonar/archive/',
      metadataKey: KEY,
      eventType: 'throughput',
      summaryType: 'statistics',
      window: 0,
    },
  ],
])('"%s" names %j', (line, named) => {
  expect(seriesWords(line.split(' ').filter(Boolean))).toEqual({ filters: [], ...named });
});

test('a filter is a word with =, whose times are made seconds', () => {
  const { filters, ...named } = seriesWords(['a-name=x=y/z', 'time-range=1h', 'throughput', 'time=1970-01-02']);
  expect(filters).toEqual([
    ['a-name', 'x=y/z'],
    ['time-range', '3600'],
    ['time', '86400'],
  ]);
  expect(named).toEqual({ eventType: 'throughput' });
});

test.each([
  'throughput failures',
  'average statistics',
  `${KEY} /perfsonar/archive/${KEY}/`,
  '/elsewhere',
  'limit=1',
  `/perfsonar/archive/${KEY}/100%/base`,
])('%s is refused', (line) => {
  expect(() => seriesWords(line.split(' '))).toThrow();
});
