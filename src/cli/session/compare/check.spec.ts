import { type SessionComparison } from 'marigram-client/session';
import { expect, test } from 'vitest';
import { outcomesOf } from './check-outcome.js';
import { parseCheck } from './check.js';

const figure = (base: number | null, other: number | null) => ({
  ...{ base, other },
  difference: base === null || other === null ? null : other - base,
  percent: base === null || other === null || base === 0 ? null : (100 * (other - base)) / base,
});

const FIGURES = {
  ...{ cnt: figure(1000, 500), average: figure(0, 8), stddev: figure(null, 3), q50: figure(100, 110) },
  ...{ q90: figure(200, 190), q95: figure(200, 250), q99: figure(300, 300), q100: figure(400, 400) },
};

const COMPARISON: SessionComparison = {
  ...{ base: 'a', other: 'b', by: ['name', 'case'], unpaired: [] },
  metrics: [
    { name: 'latency', case: 'GET /', base: 's', other: 's', figures: FIGURES, d: 0.25 },
    { name: 'a:b', case: null, base: 's', other: 's', figures: FIGURES, d: null },
  ],
  events: [
    {
      ...{ name: 'codes', case: null, base: 's', other: 's', cnt: figure(100, 200) },
      categories: [
        { category: '200', base: { cnt: 99, share: 0.99 }, other: { cnt: 190, share: 0.95 }, points: -4 },
        { category: '502', base: { cnt: 1, share: 0.01 }, other: { cnt: 6, share: 0.03 }, points: 2 },
        { category: '5x2', base: { cnt: 0, share: 0 }, other: { cnt: 4, share: 0.02 }, points: 2 },
      ],
    },
  ],
};

test.each([
  ['latency:q95>+5%', 'fails', '+25 %'],
  ['latency:q95>+25%', 'passes', '+25 %'],
  ['latency:q95>=+25%', 'fails', '+25 %'],
  ['latency:q95 > 249', 'fails', '250'],
  ['latency:q90<-9', 'fails', '-10'],
  ['latency:cnt<-40%', 'fails', '-50 %'],
  ['latency:average>+5%', 'fails', '+Infinity %'],
  ['latency:q99>+0%', 'passes', '+0 %'],
  ['latency:d>0.2', 'fails', '0.25'],
  ['latency:stddev>+5%', 'unknown', 'a stream has no points'],
  ['a:b:d>0.2', 'unknown', 'a stream has no points'],
  ['a:b:q50>+9.5', 'fails', '+10'],
  ['codes:cnt>150', 'fails', '200'],
  ['codes:share(502)>1%', 'fails', '3 %'],
  ['codes:share(5xx)>4%', 'passes', '3 %'],
  ['codes:share(5x2)>4%', 'fails', '5 %'],
  ['codes:share(200)<-3.5%', 'fails', '-4 %'],
  ['codes:share(404)>0%', 'passes', '0 %'],
  ['codes:q95>1', 'unknown', 'no such streams were compared'],
])('%s %s: %s', (text, state, found) => {
  expect(outcomesOf(parseCheck(text), COMPARISON)).toMatchObject([{ state, found }]);
});

test('a condition for all streams looks at each that has the figure', () => {
  const outcomes = outcomesOf(parseCheck('*:cnt>600'), COMPARISON);
  expect(outcomes.map(({ label, state }) => [label, state])).toEqual([
    ['latency (GET /)', 'passes'],
    ['a:b', 'passes'],
    ['codes', 'passes'],
  ]);
});

test.each([
  ['latency:q95', 'is no condition: expected such as'],
  ['latency:q96>1', 'is no condition'],
  ['latency:q95>5%', 'a change has a sign, such as +5%'],
  ['codes:share(500)>1', 'a share is in percent, such as 1%'],
  ['latency:d>+0.1', 'D is a number from 0 to 1'],
])('%s is refused: %s', (text, problem) => {
  expect(() => parseCheck(text)).toThrow(problem);
});
