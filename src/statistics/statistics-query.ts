import { Invalid } from '../common/errors.js';
import { momentOf, MOMENTS } from '../common/moment.js';
import { MICROS_PER_SECOND } from '../common/time.js';
import { type Query } from '../common/time-range.js';

/** Percentiles that an answer has at most. */
export const MAX_PERCENTILES = 20;

export const DEFAULT_PERCENTILES: readonly number[] = [25, 75, 95];

/** An hour: points of clocks that are ahead count, too. */
const AHEAD = 3600;

/** Which statistics to compute. */
export interface StatisticsQuery {
  /** Of the points from `since` (micros, inclusive) until `until` (exclusive). */
  readonly since: number;
  readonly until: number;
  readonly percentiles: readonly number[];
  readonly eventType: string | undefined;
}

const NAMES: readonly string[] = ['since', 'until', 'percentiles', 'event-type', 'format'];

/** Parses a query string. Throws `Invalid`, naming the parameter; also for one that there is not. */
export function parseStatistics(query: Query): StatisticsQuery {
  const other = Object.keys(query).find((name) => !NAMES.includes(name));
  if (other !== undefined) throw new Invalid(`${other}: statistics take ${NAMES.slice(0, 4).join(', ')}`);
  const now = Date.now();
  return {
    since: timeOf('since', query.since, now) ?? 0,
    until: timeOf('until', query.until, now) ?? (Math.floor(now / 1000) + AHEAD) * MICROS_PER_SECOND,
    percentiles: percentilesOf(query.percentiles),
    eventType: query['event-type'],
  };
}

function timeOf(name: string, text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = momentOf(text, now);
  if (seconds === undefined) throw new Invalid(`${name}: expected ${MOMENTS}, got ${JSON.stringify(text)}`);
  return Math.round(Number(seconds) * MICROS_PER_SECOND);
}

function percentilesOf(text: string | undefined): readonly number[] {
  if (text === undefined) return DEFAULT_PERCENTILES;
  const percents = text === '' ? [] : text.split(',');
  const isPercent = (percent: string): boolean => /^\d{1,3}$/.test(percent) && Number(percent) <= 100;
  if (!percents.every(isPercent) || percents.length > MAX_PERCENTILES)
    throw new Invalid(
      `percentiles: expected up to ${MAX_PERCENTILES} integers from 0 to 100, such as 25,75,95, got ${JSON.stringify(text)}`,
    );
  return percents.map(Number);
}
