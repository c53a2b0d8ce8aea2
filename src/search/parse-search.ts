import { Invalid } from '../common/errors.js';
import { parseBounds, parseTimeRange, type Query, TIME_PARAMETERS } from '../common/time-range.js';
import { SUBJECT_TYPES } from '../metadata/parse-metadata.js';
import { type AddressColumn, type MetadataSearch, type TextColumn } from '../storage/registry/search-conditions.js';

// Maps, because objects have `constructor` and `__proto__`.
const ADDRESS_FILTERS: ReadonlyMap<string, AddressColumn> = new Map([
  ['source', 'source'],
  ['destination', 'destination'],
  ['measurement-agent', 'measurement_agent'],
]);

const TEXT_FILTERS: ReadonlyMap<string, TextColumn> = new Map([
  ['metadata-key', 'key'],
  ['subject-type', 'subject_type'],
  ['tool-name', 'tool_name'],
  ['input-source', 'input_source'],
  ['input-destination', 'input_destination'],
]);

/** Query parameters with a special meaning; every other name filters on a free-form parameter. */
const RESERVED_NAMES = new Set<string>([
  ...ADDRESS_FILTERS.keys(),
  ...TEXT_FILTERS.keys(),
  ...TIME_PARAMETERS,
  ...['event-type', 'summary-type', 'summary-window', 'limit', 'offset', 'format', 'dns-match-rule', 'order'],
  ...['data-start', 'data-end'],
]);

/**
 * Who asks for none of these gets the subjects of esmond only: its clients know no others, and streams of sessions may be
 * many.
 */
const NAMES_OF_ALL_SUBJECTS = ['subject-type', 'metadata-key', 'session', 'database', 'sensor'];

/** The conditions of a search, before its hosts are resolved. */
export interface SearchFilters {
  /** The hosts by column, as sent by the client. */
  readonly hosts: ReadonlyMap<AddressColumn, string>;
  /** Which addresses of a host match: a key of `DNS_RULES`, not checked yet. */
  readonly dnsRule: string | undefined;
  /** All other conditions; the addresses are still empty. */
  readonly search: MetadataSearch;
}

/** Parses a query string; returns `undefined` if nothing can match. Throws `Invalid`, naming the parameter. */
export function parseSearch(query: Query): SearchFilters | undefined {
  const hosts = new Map<AddressColumn, string>();
  const texts = new Map<TextColumn, string>();
  const parameters: [string, string][] = [];
  const nameOf = isOfDatabases(query) ? exactTag : dashed;
  for (const [name, value] of Object.entries(query)) {
    const address = ADDRESS_FILTERS.get(name);
    const text = TEXT_FILTERS.get(name);
    if (address) hosts.set(address, value);
    else if (text) texts.set(text, value);
    else if (!RESERVED_NAMES.has(name)) parameters.push([nameOf(name), value]);
  }
  const window = parseWindow(query['summary-window']);
  if (window === 'too large') return undefined;
  const search: MetadataSearch = {
    addresses: new Map(),
    subjectTypes: NAMES_OF_ALL_SUBJECTS.some((name) => Object.hasOwn(query, name)) ? undefined : SUBJECT_TYPES,
    texts,
    parameters: Object.fromEntries(parameters),
    eventType: query['event-type'],
    summaryType: query['summary-type'],
    summaryWindow: window,
    updated: parseTimeRange(query),
    data: parseBounds(query, 'data-start', 'data-end'),
  };
  return { hosts, dnsRule: query['dns-match-rule'], search };
}

/** Whether a search is for `series`: what the line protocol wrote. */
function isOfDatabases(query: Query): boolean {
  return Object.hasOwn(query, 'database') || query['subject-type'] === 'series';
}

/** The name of a free-form parameter as it is stored. */
function dashed(name: string): string {
  return name.replaceAll('_', '-');
}

/** The same, but for tags, whose keys are stored as they are. */
function exactTag(name: string): string {
  return name.startsWith('tag.') ? name : dashed(name);
}

/** Parses the `summary-window` filter to decimal digits. `too large` means beyond 64 bits, which no summary has. */
function parseWindow(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!/^\s*[+-]?\d+\s*$/.test(text))
    throw new Invalid(`summary-window: expected an integer, got ${JSON.stringify(text)}`);
  const window = BigInt(text.trim().replace(/^\+/, ''));
  return BigInt.asIntN(64, window) === window ? String(window) : 'too large';
}
