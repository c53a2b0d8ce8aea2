import { type Order, type TimeFields } from './time-span.js';

/** What can end a call early. */
export interface CallOptions {
  /** Ends the call when it aborts; the call then throws the signal's reason. */
  signal?: AbortSignal | undefined;
}

/** Which points to read. Without any of the four times, those of the filters count; without those, all since 1970. */
export interface ReadOptions extends TimeFields, CallOptions {
  /** Oldest first (`asc`) unless given. */
  order?: Order | undefined;
  /** How many points at most: all unless given. With `order: 'desc'` the latest ones. */
  limit?: number | undefined;
  /**
   * Percentages come as `{numerator, denominator}` where the archive has both, and else as numbers; their type does not
   * tell. An archive that does not know of this gives numbers.
   */
  fractions?: boolean | undefined;
}
