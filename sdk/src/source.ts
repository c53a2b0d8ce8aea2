import { type FilterFields } from './api-filters.js';
import { type Archive } from './archive.js';
import { type ReadOptions } from './read-options.js';

/** Where metadata came from, and how they were asked for: what is read of them later, is read alike. */
export interface Source {
  readonly archive: Archive;
  readonly filters: FilterFields;
}

const TIMES = ['time', 'timeStart', 'timeEnd', 'timeRange'] as const;

/** The options of a read, with the times of the filters where the options name none. */
export function withTimes({ time, timeStart, timeEnd, timeRange }: FilterFields, options: ReadOptions): ReadOptions {
  if (TIMES.some((name) => options[name] !== undefined)) return options;
  return { ...options, time, timeStart, timeEnd, timeRange };
}
