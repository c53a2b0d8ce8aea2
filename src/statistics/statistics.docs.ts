import { type Answer, EXAMPLE, type Parameter, shape } from '../common/api-docs.js';
import { jsonAnswer, type OperationDocs } from '../http/operation.js';
import { JSON_FORMAT, query } from '../http/parameters.js';
import { DEFAULT_PERCENTILES, MAX_PERCENTILES } from './statistics-query.js';

const MOMENT = { type: 'string', pattern: '\\S' } as const;

/** The range of time of statistics, and the percentiles. */
export const STATISTICS_PARAMETERS: readonly Parameter[] = [
  query(
    'since',
    'StatisticsSince',
    'From this time on, inclusive: seconds since 1970 (the default is 0), a date such as `2026-01-05T10:00Z`, or how long ago: ' +
      '`-24h`, `30d`.',
    MOMENT,
  ),
  query('until', 'StatisticsUntil', 'Until this time, exclusive; in an hour by default.', MOMENT),
  query('percentiles', 'StatisticsPercentiles', `Up to ${MAX_PERCENTILES} integers from 0 to 100, comma-separated.`, {
    type: 'string',
    default: DEFAULT_PERCENTILES.join(','),
  }),
  JSON_FORMAT,
];

/** @param of names what was asked for. */
export function statisticsAnswer(of: object): Answer {
  return jsonAnswer('The statistics; `null` where there are no points.', shape('NumberStatistics'), {
    ...of,
    ...{ 'event-type': 'temperature', since: 0, until: EXAMPLE.ts, count: 8, minimum: 10, maximum: 107, mean: 77.625 },
    ...{ median: 98.5, variance: 1532.234375, 'standard-deviation': 39.14376546782386 },
    ...{ first: { ts: 1767607201, val: 10 }, last: { ts: 1767607208, val: 98 } },
    ...{ percentiles: { 25: 31.75, 75: 100, 95: 107 }, exact: true },
  });
}

/** GET `metadata/K/ET/statistics`. */
export const GET_STATISTICS: OperationDocs = {
  id: 'getStatistics',
  tag: 'points',
  summary: 'Computes statistics of the points of an event type',
  description:
    'Numbers and percentages only; no summary needs to be registered. They are computed of the stored points, each time.',
  parameters: STATISTICS_PARAMETERS,
  answers: { 200: statisticsAnswer({ 'metadata-key': EXAMPLE.key }) },
};
