import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../common/errors.js';
import { loadPolicies, parsePolicies } from './policy-file.js';

type Entry = [eventType: unknown, summaryType: unknown, window: unknown, expire: unknown];

function textOf(...entries: Entry[]): string {
  const policies = entries.map(([event_type, summary_type, summary_window, expire]) => ({
    ...{ event_type, summary_type },
    ...{ summary_window, expire },
  }));
  return JSON.stringify({ policies });
}

function refusalOf(text: string): string {
  try {
    parsePolicies(text, 'policy.json');
  } catch (error) {
    expect(error).toBeInstanceOf(OperatorError);
    return (error as Error).message;
  }
  throw new Error(`taken: ${text}`);
}

test('the most specific policy counts: event type before summary type before window, with a way back', () => {
  const policies = parsePolicies(
    textOf(
      ['*', '*', '*', 1],
      ['*', '*', '86400', 2],
      ['*', 'average', '*', 3],
      ['throughput', '*', '*', 4],
      ['throughput', 'base', '0', 'never'],
      ['throughput', 'average', '300', 5],
      ['packet-trace', '*', '0', 6],
      ['ntp-offset', 'average', '60', 7],
    ),
    'policy.json',
  );
  const choose = (...place: [string, string, number]): unknown => policies.choose(...place)?.expire;
  expect(choose('throughput', 'base', 0)).toBe('never');
  expect(choose('throughput', 'average', 300)).toBe(5);
  // throughput average exists only for 300: back to throughput and any type.
  expect(choose('throughput', 'average', 86400)).toBe(4);
  expect(choose('throughput', 'statistics', 86400)).toBe(4);
  expect(choose('packet-trace', 'base', 0)).toBe(6);
  // Nothing of packet-trace and ntp-offset fits: back to any event type.
  expect(choose('packet-trace', 'aggregation', 86400)).toBe(2);
  expect(choose('ntp-offset', 'average', 86400)).toBe(3);
  expect(choose('ntp-offset', 'average', 60)).toBe(7);
  expect(choose('ntp-offset', 'aggregation', 60)).toBe(1);
});

test('without a fitting policy there is none', () => {
  const policies = parsePolicies(textOf(['throughput', 'base', 0, '30']), 'policy.json');
  expect(policies.choose('throughput', 'average', 300)).toBeUndefined();
  expect(policies.choose('ntp-offset', 'base', 0)).toBeUndefined();
});

test('a policy for a database counts before all others, and its event types are fields', () => {
  const text = JSON.stringify({
    policies: [
      { event_type: '*', summary_type: '*', summary_window: '*', expire: 1 },
      { event_type: 'throughput', summary_type: '*', summary_window: '*', expire: 2 },
      { database: 'k6', event_type: '*', summary_type: 'base', summary_window: '*', expire: 3 },
      { database: 'k6', event_type: 'p(95) value', summary_type: 'average', summary_window: 60, expire: 'never' },
    ],
  });
  const policies = parsePolicies(text, 'policy.json');
  const choose = (...place: [string, string, number, string | null]): unknown => policies.choose(...place)?.expire;
  expect(choose('throughput', 'base', 0, 'k6')).toBe(3);
  expect(choose('p(95) value', 'average', 60, 'k6')).toBe('never');
  expect(choose('p(95) value', 'base', 0, 'k6')).toBe(3);
  // Nothing of k6 fits: back to what is for everything, not to the event type of esmond.
  expect(choose('throughput', 'average', 60, 'k6')).toBe(1);
  expect(choose('throughput', 'base', 0, 'K6')).toBe(1);
  expect(choose('throughput', 'base', 0, null)).toBe(2);
});

test('windows and ages are texts or numbers, and the later of two policies for the same place counts', () => {
  const policies = parsePolicies(textOf(['*', 'base', '0', '10'], ['*', 'base', 0, 20]), 'policy.json');
  expect(policies.all()).toEqual([{ eventType: '*', summaryType: 'base', window: 0, expire: 20 }]);
});

test('the example file holds the periods of esmond', () => {
  const file = new URL('../../docs/retention-example.json', import.meta.url);
  const policies = parsePolicies(readFileSync(file, 'utf8'), 'example');
  expect(policies.choose('throughput', 'base', 0)?.expire).toBe(365);
  expect(policies.choose('throughput', 'average', 86400)?.expire).toBe(1825);
  expect(policies.choose('histogram-rtt', 'base', 0)?.expire).toBe(180);
  expect(policies.choose('histogram-rtt', 'statistics', 3600)?.expire).toBe(365);
});

describe('a bad file is refused with the policy and the key', () => {
  test.each([
    ['event_type', ['thruput', '*', '*', '1']],
    ['event_type', [7, '*', '*', '1']],
    ['summary_type', ['*', 'averages', '*', '1']],
    ['summary_type', ['*', null, '*', '1']],
    ['summary_window', ['*', '*', '-60', '1']],
    ['summary_window', ['*', '*', 1.5, '1']],
    ['summary_window', ['*', '*', '', '1']],
    ['summary_window', ['*', '*', '100000000001', '1']],
    ['expire', ['*', '*', '*', '-1']],
    ['expire', ['*', '*', '*', -1]],
    ['expire', ['*', '*', '*', '1.5']],
    ['expire', ['*', '*', '*', '1 year']],
    ['expire', ['*', '*', '*', 'Never']],
    ['expire', ['*', '*', '*', '9999999']],
    ['expire', ['*', '*', '*', null]],
  ] as [string, Entry][])('%s of %j', (key, entry) => {
    const refusal = refusalOf(textOf(['*', '*', '*', 'never'], entry));
    expect(refusal).toMatch(/^The policy file policy\.json is wrong: policy 2: [^\n]*\.$/);
    expect(refusal).toContain(`${key} must be `);
  });

  test.each(['', 7])('a database %j', (database) => {
    const entry = { database, event_type: '*', summary_type: '*', summary_window: '*', expire: '1' };
    expect(refusalOf(JSON.stringify({ policies: [entry] }))).toContain('database must be the name of a database');
  });

  test('a missing key', () => {
    const text = '{"policies": [{"event_type": "*", "summary_type": "*", "expire": "1"}]}';
    expect(refusalOf(text)).toContain('policy 1 has no summary_window');
  });

  test.each(['', '{', '[]', 'null', '{}', '{"policies": {}}', '{"policies": [1]}', '{"policies": [[]]}'])(
    'what is no policy file: %s',
    (text) => {
      expect(refusalOf(text)).toMatch(/^The policy file policy\.json is wrong: /);
    },
  );

  test('a file that is not there', async () => {
    await expect(loadPolicies('/nonexistent/policy.json', () => undefined)).rejects.toThrow(
      /^The policy file \/nonexistent\/policy\.json cannot be read: /,
    );
  });
});
