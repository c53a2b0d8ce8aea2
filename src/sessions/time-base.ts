import { Invalid } from '../common/errors.js';
import { type Query } from '../common/time-range.js';

/** What the times of points count from: 1970, or the start of their session. */
export type TimeBase = 'absolute' | 'relative';

/** What a query string says that times count from. Throws `Invalid`. */
export function parseTimeBase({ time = 'absolute' }: Query): TimeBase {
  if (time !== 'absolute' && time !== 'relative')
    throw new Invalid(`time: expected absolute or relative, got ${JSON.stringify(time)}`);
  return time;
}
