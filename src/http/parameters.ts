import { named, type Parameter, type Schema } from '../common/api-docs.js';
import { DEFAULT_LIMIT } from '../common/page.js';
import { JSON_FORMATS } from './request.js';

/** Seconds since 1970, as the time parameters take them. */
export const SECONDS: Schema = { type: 'number' };

/** A query parameter. It has no example: the pages would take that for what is to be sent. */
export function query(name: string, component: string, description: string, schema: Schema): Parameter {
  return named(component, { name, in: 'query', required: false, description, schema });
}

/** The page of an answer. */
export const PAGE: readonly Parameter[] = [
  query(
    'limit',
    'Limit',
    'How many rows the answer has at most; there is no upper bound. What is no positive integer counts as absent.',
    { type: 'integer', minimum: 1, default: DEFAULT_LIMIT },
  ),
  query('offset', 'Offset', 'How many rows to skip. What is no positive integer counts as 0.', {
    type: 'integer',
    minimum: 0,
    default: 0,
  }),
];

/** The bounds of a time that reads and deletions of rows share. */
export const BOUNDS: readonly Parameter[] = [
  query(
    'time',
    'Time',
    'Exactly this time; all other time parameters are ignored then. An integer means the whole second, a decimal (of ' +
      'up to six digits) exactly that microsecond.',
    SECONDS,
  ),
  query('time-start', 'TimeStart', 'From this time on, inclusive.', SECONDS),
  query(
    'time-end',
    'TimeEnd',
    'Until this time, inclusive. An integer covers its whole second; a decimal (of up to six digits) is exact.',
    SECONDS,
  ),
];

/** The time that a read of rows asks for. */
export const TIMES: readonly Parameter[] = [
  ...BOUNDS,
  query(
    'time-range',
    'TimeRange',
    'So many seconds: after `time-start`, or before `time-end`, or before now. Ignored where both ends are given.',
    SECONDS,
  ),
];

/** The order of rows. */
export const ORDER = query(
  'order',
  'Order',
  'The order of the rows by time. With `desc` and a `limit` these are the latest ones.',
  { type: 'string', enum: ['asc', 'desc'], default: 'asc' },
);

/** The `format` of what is always JSON. */
export const JSON_FORMAT = query(
  'format',
  'JsonFormat',
  'Changes nothing, for clients of esmond that send it: all of these are JSON. Any other value is 404.',
  { type: 'string', enum: [...JSON_FORMATS] },
);

/** The `format` of what can be had as text, too. */
export function rowFormat(formats: readonly string[]): Parameter {
  return query(
    'format',
    'RowFormat',
    'The format of the answer, JSON by default; beats the `Accept` header, which does the same. Any other value is 404.',
    { type: 'string', enum: [...formats] },
  );
}
