import { type FilterFields, type FilterValue } from './api-filters.js';
import { fieldName } from './field-name.js';
import { secondsOf } from './time.js';
import { instantOf } from './time-span.js';

/** What says how to ask, rather than what for. */
const NO_CONDITIONS: readonly string[] = ['limit', 'offset', 'verbose'];

/** The query parameters of a search. Throws a `RangeError` for an invalid time. */
export function searchQuery(filters: FilterFields): Record<string, string> {
  const query: Record<string, string> = {};
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined && !NO_CONDITIONS.includes(name)) query[fieldName(name)] = textOf(value);
  }
  return query;
}

function textOf(value: FilterValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return value;
  if (value instanceof Date || !Number.isInteger(value)) return instantOf(secondsOf(value));
  return String(value);
}
