import { nowMicros } from '../session/now.js';
import { LoggerError } from './errors.js';

/** A time: a `Date`, integer µs since 1970-01-01 UTC, or an ISO 8601 text with at most 6 decimals that count. */
export type TimeInput = Date | number | string;

/** A time in µs. Throws a `LoggerError` for what is no time. */
export function microsOf(time: TimeInput): number {
  const micros =
    typeof time === 'number' ? time : typeof time === 'string' ? microsOfText(time) : time.getTime() * 1000;
  if (!Number.isSafeInteger(micros))
    throw new LoggerError(`time: expected a Date, integer microseconds or an ISO 8601 text, got ${String(time)}`);
  return micros;
}

function microsOfText(text: string): number {
  const [fraction = '', digits = ''] = /\.(\d+)/.exec(text) ?? [];
  const seconds = Date.parse(text.replace(fraction, ''));
  return seconds * 1000 + Number(digits.slice(0, 6).padEnd(6, '0'));
}

/** A time as ISO 8601 text with microseconds. */
export function textOfMicros(micros: number): string {
  const millis = Math.floor(micros / 1000);
  const rest = String(micros - millis * 1000).padStart(3, '0');
  return new Date(millis).toISOString().replace('Z', `${rest}Z`);
}

/**
 * The clock of records, in µs since 1970. It never shows the same time twice in a process: two records of one measurement
 * with the same tags and time would be one in a database.
 */
export function nextMicros(): number {
  return (last = Math.max(nowMicros(), last + 1));
}

let last = 0;
