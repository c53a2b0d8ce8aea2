import { momentOf } from '../common/moment.js';
import { inStorableYears, LAST_MICRO } from '../common/time.js';
import { parseTime } from '../data/parse-points.js';
import { type JsonSlice, stringOf } from '../json/json-text.js';

/** What `at` may be, for messages. */
export const AT = 'milliseconds since 1970, or ISO 8601 with Z or an offset such as 2026-01-05T10:00:03.25+01:00';

/** A date, or a date and time with a zone; digits behind the sixth of a second are dropped. */
const ISO = /^(\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?)\d*(Z|[+-]\d\d:?\d\d)?$/i;

/** The time of a measurement in micros; `undefined` for what is none. */
export function parseAt(slice: JsonSlice): number | undefined {
  if (slice.kind === 'number') return ofMilliseconds(Number(slice.text));
  if (slice.kind !== 'string') return undefined;
  const [, time = '', zone = ''] = ISO.exec(stringOf(slice)) ?? [];
  if (time === '' || (zone === '') !== !/t/i.test(time)) return undefined;
  const seconds = momentOf(time + zone, 0);
  return seconds === undefined ? undefined : parseTime({ kind: 'number', text: seconds });
}

function ofMilliseconds(milliseconds: number): number | undefined {
  if (!Number.isInteger(milliseconds) || !inStorableYears(milliseconds / 1000)) return undefined;
  return Math.min(milliseconds * 1000, LAST_MICRO);
}
