import { momentOf } from '../common/moment.js';
import { inStorableYears, MICROS_PER_SECOND } from '../common/time.js';
import { parseTime } from '../data/parse-points.js';

/** The times that `microsIn` reads, for messages. */
export const TIMES_EXPECTED = 'expected microseconds since 1970 or an ISO 8601 time with offset';

const ISO_WITH_OFFSET = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * The micros of a time as clients of sessions give it: an integer, or the text of an ISO 8601 time with its offset.
 * `undefined` for anything else, for times outside of the years 1 to 9999, and for those that a double can't hold to the
 * microsecond (from the year 2255 on).
 */
export function microsIn(value: unknown): number | undefined {
  const micros = typeof value === 'string' ? microsOfIso(value) : value;
  return typeof micros === 'number' && isTime(micros) ? micros : undefined;
}

/** Whether a number can be the time (micros) of a point. */
export function isTime(micros: number): boolean {
  return Number.isSafeInteger(micros) && inStorableYears(micros / MICROS_PER_SECOND);
}

function microsOfIso(text: string): number | undefined {
  const seconds = ISO_WITH_OFFSET.test(text) ? momentOf(text, 0) : undefined;
  return seconds === undefined ? undefined : parseTime({ kind: 'number', text: seconds });
}
