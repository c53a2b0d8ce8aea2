import { InvalidArgumentError } from 'commander';
import { type FilterFields } from 'marigram-client';
import { lengthOf, LENGTHS, momentOf, MOMENTS } from '../common/moment.js';
import { SUMMARY_TYPES } from '../rollups/summary-kinds.js';
import { checked } from './mistakes.js';
import { didYouMean, nearest } from './nearest.js';

/** A condition of a search: its name on the wire and its value. */
export type Filter = readonly [name: string, value: string];

/** The metadata keys that archives choose. An import may have brought others, which are given as `metadata-key=`. */
export const KEY = /^[0-9a-f]{32}$/i;

/** The filters that are also options: name, placeholder of the value in the help, and meaning. */
export const FILTERS: readonly (readonly [name: string, value: string, about: string])[] = [
  ['source', 'host', 'address or host name'],
  ['destination', 'host', 'address or host name'],
  ['measurement-agent', 'host', 'address or host name of who measured'],
  ['tool-name', 'tool', 'such as pscheduler/iperf3'],
  ['input-source', 'name', 'the name of the source that was given to the tool'],
  ['input-destination', 'name', 'the name of the destination that was given to the tool'],
  ['subject-type', 'type', 'point-to-point, network-element, stream, series or sensor'],
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

const TIMED: readonly string[] = ['time', 'time-start', 'time-end', 'data-start', 'data-end'];
const LASTING: readonly string[] = ['time-range', 'summary-window'];

/** The filters by the time of points. */
const TIMES: readonly string[] = ['time', 'time-start', 'time-end', 'time-range'];

/** The values of the filters with a fixed set of them. */
const CHOICES: ReadonlyMap<string, readonly string[]> = new Map([
  ['subject-type', ['point-to-point', 'network-element', 'stream', 'series', 'sensor']],
  ['summary-type', [...SUMMARY_TYPES, 'base']],
  ['dns-match-rule', ['v4v6', 'only-v4', 'only-v6', 'prefer-v4', 'prefer-v6']],
]);

/** Parameters of the API that shape the answer; options do that here. */
const NO_FILTERS: readonly string[] = ['limit', 'offset', 'order', 'format', 'output', 'verbose'];

/**
 * One filter, with its time in seconds. Throws an `InvalidArgumentError` for an invalid value, and for a name that
 * is nearly that of a filter: the archive would look for a parameter of that name, and find nothing.
 */
export function filter(name: string, value: string): Filter {
  if (TIMED.includes(name)) {
    const moment = momentOf(value, Date.now());
    if (moment !== undefined) return [name, moment];
    throw new InvalidArgumentError(`${name}: expected ${MOMENTS}.`);
  }
  if (LASTING.includes(name)) {
    const length = lengthOf(value);
    if (length !== undefined) return [name, String(length)];
    throw new InvalidArgumentError(`${name}: expected ${LENGTHS}.`);
  }
  const choices = CHOICES.get(name);
  if (choices && !choices.includes(value))
    throw new InvalidArgumentError(
      `${name}: expected ${choices.join(', ')}, got "${value}"${didYouMean(value, choices)}`,
    );
  const names = FILTERS.map(([known]) => known);
  const meant = names.includes(name) ? undefined : nearest(name, names);
  if (meant !== undefined) throw new InvalidArgumentError(`There is no filter ${name}: did you mean ${meant}?`);
  return [name, value];
}

/** Parses a word of a command line as a filter; returns `undefined` for other words. Throws like `filter`. */
export function filterOf(word: string): Filter | undefined {
  const [, name, value = ''] = /^([^=/:]+)=(.*)$/su.exec(word) ?? [];
  if (name === undefined) return undefined;
  if (NO_FILTERS.includes(name)) throw new InvalidArgumentError(`${name} is no filter: see the options.`);
  return filter(name, value);
}

/** Parses words of a command line as filters. Throws an `OperatorError` for a word that is not a filter. */
export function filtersOf(words: readonly string[]): Filter[] {
  return words.map((word) =>
    checked(() => {
      const found = filterOf(word);
      if (found) return found;
      const expected = KEY.test(word) ? `metadata-key=${word}` : 'NAME=VALUE';
      throw new InvalidArgumentError(`"${word}" is no filter: expected ${expected}.`);
    }),
  );
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
