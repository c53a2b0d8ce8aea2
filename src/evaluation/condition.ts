/** What a condition compares a value with; `exists` holds for every point, whatever its value. */
export const OPERATORS = ['>', '>=', '<', '<=', '==', '!=', 'inside', 'outside', 'exists'] as const;

export type Operator = (typeof OPERATORS)[number];

/** A condition as it is written in a rule: `{"op": ">=", "value": 95}`. */
export interface ConditionText {
  readonly op: Operator;
  /** A number; for `inside` and `outside` two, the lower first, which are inside; absent for `exists`. */
  readonly value?: number | readonly number[];
}

/** Some values in a row: all between two bounds. An open bound is not one of them. */
interface Interval {
  readonly low: number;
  readonly high: number;
  readonly lowIsOpen: boolean;
  readonly highIsOpen: boolean;
}

function interval(low: number, high: number, { lowIsOpen = false, highIsOpen = false } = {}): Interval {
  return { low, high, lowIsOpen, highIsOpen };
}

const below = (bound: number): Interval => interval(-Infinity, bound, { highIsOpen: true });
const above = (bound: number): Interval => interval(bound, Infinity, { lowIsOpen: true });

/** The values that satisfy each operator. */
const INTERVALS: Readonly<Record<Operator, (low: number, high: number) => readonly Interval[]>> = {
  '>': (bound) => [above(bound)],
  '>=': (bound) => [interval(bound, Infinity)],
  '<': (bound) => [below(bound)],
  '<=': (bound) => [interval(-Infinity, bound)],
  '==': (value) => [interval(value, value)],
  '!=': (value) => [below(value), above(value)],
  inside: (low, high) => [interval(low, high)],
  outside: (low, high) => [below(low), above(high)],
  exists: () => [interval(-Infinity, Infinity)],
};

/** A condition on the values of points, as the intervals that satisfy it. */
export class Condition {
  /** Which way values are worse: the peak of a run is the largest or the smallest; `undefined` where neither is. */
  readonly direction: 'up' | 'down' | undefined;
  private readonly intervals: readonly Interval[];
  private readonly takesAll: boolean;

  constructor({ op, value = 0 }: ConditionText) {
    const [low = 0, high = low] = typeof value === 'number' ? [value] : value;
    this.intervals = INTERVALS[op](low, high);
    this.takesAll = op === 'exists';
    if (op === '>' || op === '>=') this.direction = 'up';
    if (op === '<' || op === '<=') this.direction = 'down';
  }

  /** @param value `null` of a point that has no number. */
  holds(value: number | null): boolean {
    return this.takesAll || (value !== null && this.intervals.some((one) => contains(one, value)));
  }

  /** Whether some value satisfies this condition and the other one, too. */
  overlaps({ intervals }: Condition): boolean {
    return this.intervals.some((one) => intervals.some((other) => meet(one, other)));
  }
}

function contains({ low, high, lowIsOpen, highIsOpen }: Interval, value: number): boolean {
  return (lowIsOpen ? value > low : value >= low) && (highIsOpen ? value < high : value <= high);
}

function meet(one: Interval, other: Interval): boolean {
  const low = Math.max(one.low, other.low);
  const high = Math.min(one.high, other.high);
  return low < high || (low === high && contains(one, low) && contains(other, low));
}
