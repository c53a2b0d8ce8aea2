import { type Time } from './time.js';

/** What a filter compares with. A boolean is compared as the archive keeps it: `True`, `False`. */
export type FilterValue = Time | string | boolean;

/**
 * The conditions of a search; all of them must hold. Any field beyond those named here is a parameter of the metadata,
 * compared exactly: `ipTransportProtocol` and `'ip-transport-protocol'` are the same.
 *
 * The four times are used twice, as by esmond's Python client: of metadata they mean *last written*, of the points
 * that `getData()` and `points()` then read, the time of measurement. Both ends are inclusive, and an end in whole
 * seconds covers its second.
 */
export interface FilterFields {
  /** Host name or address; so are `source` and `measurementAgent`. */
  destination?: string | undefined;
  /** The name that was given to the tool. */
  inputDestination?: string | undefined;
  inputSource?: string | undefined;
  measurementAgent?: string | undefined;
  source?: string | undefined;
  toolName?: string | undefined;
  subjectType?: 'point-to-point' | 'network-element' | undefined;
  metadataKey?: string | undefined;
  eventType?: string | undefined;
  summaryType?: string | undefined;
  /** Seconds. */
  summaryWindow?: number | string | undefined;
  /** Which addresses of a host name count; `v4v6` unless given. */
  dnsMatchRule?: 'v4v6' | 'only-v4' | 'only-v6' | 'prefer-v4' | 'prefer-v6' | undefined;
  /** Exactly this time; an integer means its whole second. */
  time?: Time | string | undefined;
  timeStart?: Time | string | undefined;
  timeEnd?: Time | string | undefined;
  /** So many seconds: after `timeStart`, before `timeEnd`, or before now. */
  timeRange?: number | string | undefined;
  /** Finds metadata that have points since this time; a search only, points are read by the four times above. */
  dataStart?: Time | string | undefined;
  /** Finds metadata that have points until this time. */
  dataEnd?: Time | string | undefined;
  /** How many metadata to return at most; all unless given. */
  limit?: number | undefined;
  /** How many metadata to skip. */
  offset?: number | undefined;
  /** Whether each request is named on the console (on stderr in Node); keys are not. */
  verbose?: boolean | undefined;
  [parameter: string]: FilterValue | undefined;
}

/** The conditions of a search, to be filled in field by field or at once. See `FilterFields`. */
export class ApiFilters implements FilterFields {
  declare destination?: string | undefined;
  declare inputDestination?: string | undefined;
  declare inputSource?: string | undefined;
  declare measurementAgent?: string | undefined;
  declare source?: string | undefined;
  declare toolName?: string | undefined;
  declare subjectType?: FilterFields['subjectType'];
  declare metadataKey?: string | undefined;
  declare eventType?: string | undefined;
  declare summaryType?: string | undefined;
  declare summaryWindow?: number | string | undefined;
  declare dnsMatchRule?: FilterFields['dnsMatchRule'];
  declare time?: Time | string | undefined;
  declare timeStart?: Time | string | undefined;
  declare timeEnd?: Time | string | undefined;
  declare timeRange?: number | string | undefined;
  declare dataStart?: Time | string | undefined;
  declare dataEnd?: Time | string | undefined;
  declare limit?: number | undefined;
  declare offset?: number | undefined;
  declare verbose?: boolean | undefined;
  [parameter: string]: FilterValue | undefined;

  constructor(fields: FilterFields = {}) {
    Object.assign(this, fields);
  }
}
