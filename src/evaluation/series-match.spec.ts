import { expect, test } from 'vitest';
import { eventText } from './event-text.js';
import { Rule, type RuleMatch } from './rule.js';
import { matcherOf, type SeriesFacts } from './series-match.js';

const SENSOR: SeriesFacts = {
  ...{ metadataKey: 'abc', eventType: 'temperature', subjectType: 'sensor', inputSource: null, inputDestination: null },
  ...{
    source: null,
    destination: null,
    measurementAgent: null,
    toolName: null,
    parameters: { sensor: 's1', site: 'B1', 'rack-row': '3' },
  },
};
const PAIR: SeriesFacts = {
  ...SENSOR,
  ...{ subjectType: 'point-to-point', source: 'Web01', destination: '2001:db8::1', toolName: 'iperf3' },
};

test.each<[RuleMatch, SeriesFacts, boolean]>([
  [{ 'event-type': 'temperature' }, SENSOR, true],
  [{ 'event-type': ['humidity', 'temperature'] }, SENSOR, true],
  [{ 'event-type': 'humidity' }, SENSOR, false],
  [{ 'subject-type': 'sensor', site: ['B1', 'B2'] }, SENSOR, true],
  [{ site: 'B2' }, SENSOR, false],
  [{ rack_row: '3' }, SENSOR, true],
  [{ floor: '1' }, SENSOR, false],
  [{ constructor: 'x' }, SENSOR, false],
  [{ sensor: 's1' }, SENSOR, true],
  [{ sensor: 'S1' }, SENSOR, false],
  [{ sensor: 's1' }, PAIR, false],
  [{ 'metadata-key': 'abc', 'tool-name': 'iperf3' }, PAIR, true],
  [{ destination: '2001:DB8:0::1' }, PAIR, true],
  [{ source: 'web01' }, PAIR, true],
  [{ destination: '2001:db8::2' }, PAIR, false],
  [{ source: 'web01' }, SENSOR, false],
])('which series a rule is for: %j', (match, series, expected) => {
  expect(matcherOf(match)(series)).toBe(expected);
});

test('placeholders in the text of an event', () => {
  const rule = new Rule('id', 'hot', {
    ...{ kind: 'value', match: {}, warnings: 3, reset: { after: 1 }, order: 'arrival', 'max-age': null },
    condition: { op: 'outside', value: [10, 20] },
    event: {
      type: 'HOT',
      severity: 'warning',
      text: '{{rule}}: {{ value }} at {{sensor}} in {{site}}{{floor}}, not {{threshold}}, {{warnings}} times; {{x',
    },
  });
  expect(eventText(rule, SENSOR, 99.5)).toBe('hot: 99.5 at s1 in B1, not 10 … 20, 3 times; {{x');
  expect(eventText(rule, PAIR, null)).toBe('hot:  at  in B1, not 10 … 20, 3 times; {{x');
});
