import { MICROS_PER_SECOND } from '../../common/time.js';

/*
 * Segments of a stream may overlap, so none is the only one that reaches into a range of time. Each lies within one hour
 * of UTC, so those that can are few.
 */

const HOUR = 3600 * MICROS_PER_SECOND;

/** The begin of the hour that a time falls into, in micros. */
export function beginOfHour(micros: number): number {
  return Math.floor(micros / HOUR) * HOUR;
}

/** Its end (exclusive). */
export function endOfHour(micros: number): number {
  return beginOfHour(micros) + HOUR;
}

/** An SQL expression of the begin of the hour that a time falls into. */
export function beginOfHourSql(time: string): string {
  return `date_trunc('hour', ${time}, 'UTC')`;
}
