import { expect, test } from 'vitest';
import { Condition, type ConditionText } from './condition.js';
import { Rule, type RuleText } from './rule.js';
import { NO_RUN, Run, type RunState } from './run.js';

const HOT: RuleText = {
  kind: 'value',
  match: { 'event-type': 'temperature' },
  condition: { op: '>=', value: 95 },
  warnings: 3,
  reset: { after: 1 },
  order: 'arrival',
  'max-age': null,
  event: { type: 'HOT', severity: 'warning', text: '' },
};

interface Course {
  /** `w/z` after each value. */
  readonly counters: string[];
  /** The value of each event, and the number of the value that closed it. */
  readonly opened: number[];
  readonly closedBy: number[];
  readonly states: RunState[];
}

/** @param values counted from 1. */
function course(values: readonly number[], changes: Partial<RuleText> = {}, state = NO_RUN): Course {
  const run = new Run(new Rule('rule', 'hot', { ...HOT, ...changes }), () => 'event', state);
  const result: Course = { counters: [], opened: [], closedBy: [], states: [] };
  values.forEach((value, index) => {
    const happening = run.count({ micros: index + 1, value });
    if (happening?.change === 'opened') result.opened.push(value);
    if (happening?.change === 'closed') result.closedBy.push(index + 1);
    result.counters.push(`${run.state.warnings}/${run.state.normals}`);
    result.states.push(run.state);
  });
  return result;
}

/** The values of the generator that the tests of servers post, too. */
function generated(count: number): number[] {
  let x = 1;
  return Array.from({ length: count }, () => {
    x = (16807 * x) % 2147483647;
    return Math.round((1200 * x) / 2147483647) / 10;
  });
}

const repeat = (value: number, times: number): number[] => Array<number>(times).fill(value);

test.each([
  ['eight values, two events', [10, 100, 97, 99, 10, 100, 107, 98], '0 1 2 3 0 1 2 3', [99, 98]],
  ['normal values', [18, 19, 20], '0 0 0', []],
  ['one warning', [18, 100], '0 1', []],
  ['two, and back', [100, 100, 18], '1 2 0', []],
  ['three', repeat(100, 3), '1 2 3', [100]],
  ['six, one event', repeat(100, 6), '1 2 3 4 5 6', [100]],
  ['three twice', [...repeat(100, 3), 18, ...repeat(100, 3)], '1 2 3 0 1 2 3', [100, 100]],
])('warnings in a row: %s', (_, values, counters, opened) => {
  const result = course(values);
  expect(result.counters.map((text) => text.split('/')[0]).join(' ')).toBe(counters);
  expect(result.opened).toEqual(opened);
});

test('an event with a threshold of its own for normal values closes after some of them in a row', () => {
  const values = [96, 94, 97, 92, 98, 99, 89, 93, 88, 97, 85, 84, 96];
  const result = course(values, { reset: { op: '<', value: 90, after: 2 } });
  expect(result.counters.join(' ')).toBe('1/0 1/0 2/0 2/0 3/0 4/0 4/1 4/1 0/0 1/0 0/0 0/0 1/0');
  expect(result.opened).toEqual([98]);
  expect(result.closedBy).toEqual([9]);
  expect(result.states[7]).toEqual({ warnings: 4, normals: 1, since: 1, peak: 99, last: 99, openEvent: 'event' });
});

test('an event resolved by hand opens again only after a normal value', () => {
  const resolved = { ...NO_RUN, warnings: 5, since: 1, peak: 100, last: 100 };
  expect(course(repeat(100, 3), {}, resolved)).toMatchObject({ opened: [], counters: ['6/0', '7/0', '8/0'] });
  expect(course([18, ...repeat(100, 3)], {}, resolved)).toMatchObject({ opened: [100], closedBy: [] });
});

test('10,000 generated values have 80 events in one series, and 73 where they are dealt to 100', () => {
  const values = generated(10_000);
  expect(values.slice(0, 5)).toEqual([0, 15.8, 90.7, 55, 63.9]);
  const one = course(values);
  expect(values.filter((value) => value >= 95)).toHaveLength(2122);
  expect(one.opened).toHaveLength(80);
  expect([one.opened[0], one.opened.at(-1), one.counters.at(-1)]).toEqual([102.2, 119.4, '0/0']);
  const dealt = Array.from({ length: 100 }, (_, sensor) => course(values.filter((_, index) => index % 100 === sensor)));
  expect(dealt.reduce((sum, { opened }) => sum + opened.length, 0)).toBe(73);
});

test.each<[ConditionText, number[], number[]]>([
  [{ op: '>=', value: 95 }, [95, Infinity], [94.99999999999999]],
  [{ op: '>', value: 95 }, [95.00000000000001], [95]],
  [{ op: '>=', value: 0 }, [-0], [-5e-324]],
  [{ op: '<', value: 0 }, [-1], [-0]],
  [{ op: '<=', value: 1 }, [1, 0], [1.1]],
  [{ op: '==', value: 3 }, [3], [2]],
  [{ op: '!=', value: 3 }, [2, 4], [3]],
  [{ op: 'inside', value: [10, 20] }, [10, 15, 20], [9.999, 20.001]],
  [{ op: 'outside', value: [10, 20] }, [9.999, 20.001], [10, 20]],
  [{ op: 'exists' }, [0, -1], []],
])('a condition and its bounds: %j', (text, holding, failing) => {
  const condition = new Condition(text);
  expect(holding.every((value) => condition.holds(value))).toBe(true);
  expect(failing.some((value) => condition.holds(value))).toBe(false);
  expect(condition.holds(null)).toBe(text.op === 'exists');
});

test.each<[ConditionText, ConditionText, boolean]>([
  [{ op: '>=', value: 95 }, { op: '<', value: 95 }, false],
  [{ op: '>=', value: 95 }, { op: '<=', value: 95 }, true],
  [{ op: '>=', value: 95 }, { op: '<', value: 96 }, true],
  [{ op: '==', value: 3 }, { op: '!=', value: 3 }, false],
  [{ op: 'outside', value: [10, 20] }, { op: 'inside', value: [10, 20] }, false],
  [{ op: 'outside', value: [10, 20] }, { op: 'inside', value: [12, 21] }, true],
])('whether a value can be a warning and normal: %j, %j', (condition, reset, contradicts) => {
  const rule = new Rule('rule', 'hot', { ...HOT, condition, reset: { ...reset, after: 1 } });
  expect(rule.contradictsItself).toBe(contradicts);
});

test.each<[ConditionText, number | null]>([
  [{ op: '>', value: 0 }, 9],
  [{ op: '<', value: 10 }, 1],
  [{ op: 'inside', value: [0, 10] }, 5],
])('the peak of a run is its worst value: %j', (condition, peak) => {
  const { states } = course([2, 9, 1, 5], { condition });
  expect(states.at(-1)?.peak).toBe(peak);
});
