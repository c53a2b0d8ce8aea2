import { type SessionComparison } from 'marigram-client/session';
import { streamLabel } from '../texts.js';
import { type Check } from './check.js';

type Metric = SessionComparison['metrics'][number];
type Event = SessionComparison['events'][number];
type Figure = Metric['figures']['cnt'];

/** What became of a check in one pair of streams. */
export interface CheckOutcome {
  readonly check: Check;
  /** The streams. */
  readonly label: string;
  /** `unknown` where there is nothing to check. */
  readonly state: 'passes' | 'fails' | 'unknown';
  /** The number that was compared with the limit, or why there is none. */
  readonly found: string;
}

/** Looks at all pairs of streams that a check names; one outcome is `unknown` where there is none. */
export function outcomesOf(check: Check, { metrics, events }: SessionComparison): CheckOutcome[] {
  const named = ({ name }: Metric | Event): boolean => check.name === '*' || name === check.name;
  const found = [
    ...(check.category === undefined ? metrics : [])
      .filter(named)
      .map((metric) => outcomeOf(check, metric, metricNumber(check, metric))),
    ...(check.category !== undefined || check.figure === 'cnt' ? events : [])
      .filter(named)
      .map((event) => outcomeOf(check, event, eventNumber(check, event))),
  ];
  const none = { check, label: check.name, state: 'unknown', found: 'no such streams were compared' } as const;
  return found.length > 0 ? found : [none];
}

function outcomeOf(check: Check, streams: Metric | Event, number: number | null): CheckOutcome {
  const label = streamLabel(streams);
  if (number === null) return { check, label, state: 'unknown', found: 'a stream has no points' };
  const unit = check.measure === 'percent' || check.category !== undefined ? ' %' : '';
  const sign = check.measure !== 'value' && number >= 0 ? '+' : '';
  return { check, label, state: holds(check, number) ? 'fails' : 'passes', found: `${sign}${number}${unit}` };
}

function holds({ operator, limit }: Check, number: number): boolean {
  if (operator === '>') return number > limit;
  if (operator === '>=') return number >= limit;
  return operator === '<' ? number < limit : number <= limit;
}

function metricNumber({ figure = '', measure }: Check, { figures, d }: Metric): number | null {
  if (figure === 'd') return d;
  return measured(measure, figures[figure as keyof Metric['figures']]); // as the pattern says
}

/** Of a share in percent, or points of percent. */
function eventNumber({ category, measure }: Check, { cnt, categories }: Event): number | null {
  if (category === undefined) return measured(measure, cnt);
  const share = (session: 'base' | 'other'): number | null => {
    const total = cnt[session] ?? 0;
    const matching = categories.filter((one) => isOf(one.category, category));
    return total === 0 ? null : (100 * matching.reduce((sum, one) => sum + one[session].cnt, 0)) / total;
  };
  const [base, other] = [share('base'), share('other')];
  if (measure === 'value' || other === null) return other;
  return base === null ? null : other - base;
}

function measured(measure: Check['measure'], { base, other, difference, percent }: Figure): number | null {
  if (measure === 'value') return other;
  if (measure === 'difference' || difference === null || difference === 0) return difference;
  // Anything is infinitely more than 0.
  return base === 0 ? Math.sign(difference) * Infinity : percent;
}

/** Whether a category is meant by a pattern, in which `x` stands for any digit; or is that very text. */
function isOf(category: string, pattern: string): boolean {
  const digits = pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('x', String.raw`\d`);
  return category === pattern || new RegExp(`^${digits}$`, 's').test(category);
}
