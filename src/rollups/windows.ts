import { MICROS_PER_SECOND } from '../common/time.js';

/**
 * The begin of the bin that a time falls into, in micros: bins are aligned to the origin of their series, and before it
 * too (floor, not towards zero). Window 0 makes a bin of each point.
 * @param window in seconds.
 * @param origin in micros; 0, which is 1970-01-01 UTC, for all series but streams.
 */
export function binOf(micros: number, window: number, origin: number): number {
  if (window === 0) return micros;
  const length = window * MICROS_PER_SECOND;
  return Math.floor((micros - origin) / length) * length + origin;
}
