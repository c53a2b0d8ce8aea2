import { Invalid } from './errors.js';
import { FIRST_SECOND, LAST_MICRO, MICROS_PER_SECOND } from './time.js';

const FAR_SECONDS = 1e12;

/** About 1,900 years in micros: as far as the database can go from now in both directions. */
const MAX_SINCE_NOW_MICROS = 6e16;

/** The last parameter of each name in a query string. */
export type Query = Readonly<Record<string, string>>;

/**
 * A range of time in micros, both ends inclusive, before "now" is known: comparisons with now use the database's
 * clock. An absent end is open; `sinceNow` (micros, may be negative) stands for a begin of now − sinceNow.
 */
export interface TimeRange {
  readonly begin?: number;
  readonly sinceNow?: number;
  readonly end?: number;
}

/** The query parameters that make a time range. */
export const TIME_PARAMETERS = ['time', 'time-start', 'time-end', 'time-range'] as const;

/**
 * The time range that a query asks for, or `undefined` where it names no time. `time` beats all others; then
 * `time-start` with `time-end` beats `time-range`; a single end is combined with `time-range` where that is given.
 * An integer end covers its whole second (to .999999), a decimal one is exact. Times are clamped to the years 1 to
 * 9999. Throws `Invalid`, naming the parameter, on anything that is no number of seconds and on a begin after the end.
 */
export function parseTimeRange(query: Query): TimeRange | undefined {
  const time = parseInstant(query, 'time');
  if (time) return { begin: clamp(time.micros), end: clamp(time.lastMicro) };
  const start = parseInstant(query, 'time-start');
  const end = parseInstant(query, 'time-end');
  if (start && end) return bounded(start.micros, end.lastMicro);
  const length = parseInstant(query, 'time-range');
  if (start) return length ? bounded(start.micros, start.lastMicro + length.micros) : { begin: clamp(start.micros) };
  if (end) return bounded(length ? end.micros - length.micros : 0, end.lastMicro);
  return length && { sinceNow: Math.min(Math.max(length.micros, -MAX_SINCE_NOW_MICROS), MAX_SINCE_NOW_MICROS) };
}

/** How far an open end reaches into the future: clocks of measurement hosts run ahead. */
const OPEN_END_MICROS = 3600 * MICROS_PER_SECOND;

/**
 * The bounds of a read, both inclusive, in micros. Without any time parameter that is 0 to the end of this second; an
 * open end reaches one hour into the future.
 * @param now the database's time, in micros.
 */
export function resolveRange(range: TimeRange | undefined, now: number): { begin: number; end: number } {
  const second = Math.floor(now / MICROS_PER_SECOND) * MICROS_PER_SECOND;
  const begin = range?.begin ?? (range?.sinceNow === undefined ? 0 : second - range.sinceNow);
  return {
    // Nothing was measured before the year 1, but long bins begin there.
    begin: begin <= FIRST_SECOND * MICROS_PER_SECOND ? -Infinity : begin,
    end: range?.end ?? (range ? second + OPEN_END_MICROS : second + MICROS_PER_SECOND - 1),
  };
}

/** Parses a range from two parameters, each of which may be absent; returns `undefined` if both are. */
export function parseBounds(query: Query, startName: string, endName: string): TimeRange | undefined {
  const start = parseInstant(query, startName);
  const end = parseInstant(query, endName);
  if (start && end && start.micros > end.lastMicro) throw new Invalid(`${startName} is after ${endName}`);
  if (!start && !end) return undefined;
  return { ...(start && { begin: clamp(start.micros) }), ...(end && { end: clamp(end.lastMicro) }) };
}

/** The micros of a time parameter, clamped to the years 1 to 9999; `undefined` where it is absent. Throws `Invalid`. */
export function parseMoment(query: Query, name: string): number | undefined {
  const instant = parseInstant(query, name);
  return instant && clamp(instant.micros);
}

/** A time parameter in seconds, with up to six decimals; blanks around it are fine. */
function parseInstant(query: Query, name: string): Instant | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const match = /^\s*([+-]?)(\d+)(?:\.(\d{1,6}))?\s*$/.exec(text);
  if (!match) throw new Invalid(`${name}: expected a number of seconds, got ${JSON.stringify(text)}`);
  const [, sign, whole, fraction] = match;
  // Far outside of what can be stored already; without a bound the sums of two parameters could become NaN.
  const seconds = Math.min(Number(whole), FAR_SECONDS);
  // Digit by digit: from about 2106 on, the double of the whole text is up to half a microsecond off.
  const magnitude = seconds * MICROS_PER_SECOND + Number((fraction ?? '').padEnd(6, '0'));
  const micros = sign === '-' ? 0 - magnitude : magnitude;
  return { micros, lastMicro: fraction === undefined ? micros + MICROS_PER_SECOND - 1 : micros };
}

/** One instant of a query: the micros it names, and the last micro it covers. */
interface Instant {
  readonly micros: number;
  readonly lastMicro: number;
}

function bounded(begin: number, end: number): TimeRange {
  if (begin > end) throw new Invalid('the time range begins after its end (time-start, time-end, time-range)');
  return { begin: clamp(begin), end: clamp(end) };
}

function clamp(micros: number): number {
  return Math.min(Math.max(micros, FIRST_SECOND * MICROS_PER_SECOND), LAST_MICRO);
}
