import { named, type Parameter, type Schema } from '../common/api-docs.js';
import { DEFAULT_LIMIT } from '../common/page.js';
import { JSON_FORMATS } from './request.js';

/** Seconds since 1970, the values of time parameters. */
export const SECONDS: Schema = { type: 'number' };

/** A query parameter. It has no example, because the pages would send that by default. */
export function query(name: string, component: string, description: string, schema: Schema): Parameter {
  return named(component, { name, in: 'query', required: false, description, schema });
}

/** The page of an answer. */
export const PAGE: readonly Parameter[] = [
  query(
    'limit',
    'Limit',
    'The maximum of rows in the answer, without an upper bound. A value that is not a positive integer is ignored.',
    { type: 'integer', minimum: 1, default: DEFAULT_LIMIT },
  ),
  query('offset', 'Offset', 'The number of rows to skip. A value that is not a positive integer counts as 0.', {
    type: 'integer',
    minimum: 0,
    default: 0,
  }),
];

/** The bounds of the time range of a read or deletion of rows. */
export const BOUNDS: readonly Parameter[] = [
  query(
    'time',
    'Time',
    'Exactly this time; other time parameters are ignored. An integer means the whole second, a decimal (of up to six ' +
      'digits) exactly that microsecond.',
    SECONDS,
  ),
  query('time-start', 'TimeStart', 'From this time on, inclusive.', SECONDS),
  query(
    'time-end',
    'TimeEnd',
    'Until this time, inclusive. An integer includes its whole second; a decimal (of up to six digits) is exact.',
    SECONDS,
  ),
];

/** The time range of a read of rows. */
export const TIMES: readonly Parameter[] = [
  ...BOUNDS,
  query(
    'time-range',
    'TimeRange',
    'This number of seconds: after `time-start`, or before `time-end`, or before now. Ignored if both ends are given.',
    SECONDS,
  ),
];

/** The order of rows. */
export const ORDER = query(
  'order',
  'Order',
  'The order of the rows by time. With `desc`, `limit` selects the latest rows.',
  { type: 'string', enum: ['asc', 'desc'], default: 'asc' },
);

/** The `format` of answers that are always JSON. */
export const JSON_FORMAT = query(
  'format',
  'JsonFormat',
  'Has no effect; for clients of esmond that send it. All of these mean JSON. Any other value is 404.',
  { type: 'string', enum: [...JSON_FORMATS] },
);

/** The `format` of answers with several formats. */
export function rowFormat(component: string, formats: readonly string[]): Parameter {
  return query(
    'format',
    component,
    'The format of the answer, JSON by default. It overrides the `Accept` header, which does the same. Any other value is 404.',
    { type: 'string', enum: [...formats] },
  );
}
