import { InvalidArgumentError } from 'commander';
import { type FilterFields } from 'marigram-client';
import { lengthOf, momentOf } from './moment.js';

/** A condition of a search: its name on the wire and its value. */
export type Filter = readonly [name: string, value: string];

/** The filters that are options, too: their name, what stands for the value in the help, and what they mean. */
export const FILTERS: readonly (readonly [name: string, value: string, about: string])[] = [
  ['source', 'host', 'address or host name'],
  ['destination', 'host', 'address or host name'],
  ['measurement-agent', 'host', 'address or host name of who measured'],
  ['tool-name', 'tool', 'such as pscheduler/iperf3'],
  ['input-source', 'name', 'the name of the source that was given to the tool'],
  ['input-destination', 'name', 'the name of the destination that was given to the tool'],
  ['subject-type', 'type', 'point-to-point or network-element'],
  ['metadata-key', 'key', 'this metadata'],
  ['event-type', 'type', 'such as throughput'],
  ['summary-type', 'type', 'average, aggregation or statistics'],
  ['summary-window', 'time', 'seconds, or such as 1h or 1d'],
  ['dns-match-rule', 'rule', 'v4v6, only-v4, only-v6, prefer-v4 or prefer-v6'],
  ['time', 'when', 'in this second'],
  ['time-start', 'when', 'from then on'],
  ['time-end', 'when', 'until then'],
  ['time-range', 'time', 'in the last 1h or 7d; after --time-start or before --time-end where one of them is given'],
  ['data-start', 'when', 'that has points from then on'],
  ['data-end', 'when', 'that has points until then'],
];

const MOMENTS: readonly string[] = ['time', 'time-start', 'time-end', 'data-start', 'data-end'];
const LENGTHS: readonly string[] = ['time-range', 'summary-window'];

/** The filters that, of points, say when they were measured. */
const TIMES: readonly string[] = ['time', 'time-start', 'time-end', 'time-range'];

/** What of the API's parameters says how to answer; there are options for that. */
const NO_FILTERS: readonly string[] = ['limit', 'offset', 'order', 'format', 'output', 'verbose'];

/** One filter, with its time in seconds. Throws an `InvalidArgumentError` for a time that is none. */
export function filter(name: string, value: string): Filter {
  if (MOMENTS.includes(name)) {
    const moment = momentOf(value, Date.now());
    if (moment !== undefined) return [name, moment];
    throw new InvalidArgumentError(`${name}: expected seconds since 1970, a date such as 2027-01-31T12:00, or -1d.`);
  }
  if (!LENGTHS.includes(name)) return [name, value];
  const length = lengthOf(value);
  if (length === undefined) throw new InvalidArgumentError(`${name}: expected seconds, or a time such as 90m or 7d.`);
  return [name, String(length)];
}

/** A word of a command line as a filter, `undefined` where it is none. Throws as `filter` does. */
export function filterOf(word: string): Filter | undefined {
  const [, name, value = ''] = /^([^=/:]+)=(.*)$/su.exec(word) ?? [];
  if (name === undefined) return undefined;
  if (NO_FILTERS.includes(name)) throw new InvalidArgumentError(`${name} is no filter: see the options.`);
  return filter(name, value);
}

/** The conditions of a search for metadata; of a repeated filter the last counts. */
export function searchFields(filters: readonly Filter[]): FilterFields {
  return Object.fromEntries(filters);
}

/** The same without the times: those of points do not say when their metadata were written to. */
export function seriesFields(filters: readonly Filter[]): FilterFields {
  return Object.fromEntries(filters.filter(([name]) => !TIMES.includes(name)));
}

/** The time in which points were measured. */
export function pointTimes(
  filters: readonly Filter[],
): Pick<FilterFields, 'time' | 'timeStart' | 'timeEnd' | 'timeRange'> {
  const { time, 'time-start': timeStart, 'time-end': timeEnd, 'time-range': timeRange } = Object.fromEntries(filters);
  return { time, timeStart, timeEnd, timeRange };
}
