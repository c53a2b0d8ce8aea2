import { type EventTypeName, type ValueOf } from './values.js';

/** The kinds of values an event type can have. */
export type DataTypeName = 'integer' | 'float' | 'percentage' | 'histogram' | 'json' | 'subinterval';

/** The summaries an event type can have. */
export type SummaryType = 'aggregation' | 'average' | 'statistics';

/** A share, as it is posted: read as the quotient. Both are integers, `denominator` > 0. */
export interface Percentage {
  numerator: number;
  denominator: number;
}

/** The data types of the event types that a Marigram or esmond archive knows. */
const DATA_TYPES = {
  failures: 'json',
  'histogram-owdelay': 'histogram',
  'histogram-rtt': 'histogram',
  'histogram-ttl': 'histogram',
  'histogram-ttl-reverse': 'histogram',
  iostat: 'json',
  mpstat: 'json',
  'ntp-delay': 'float',
  'ntp-dispersion': 'float',
  'ntp-jitter': 'float',
  'ntp-offset': 'float',
  'ntp-polling-interval': 'float',
  'ntp-reach': 'integer',
  'ntp-stratum': 'integer',
  'ntp-wander': 'float',
  'packet-count-lost': 'integer',
  'packet-count-lost-bidir': 'integer',
  'packet-count-sent': 'integer',
  'packet-duplicates': 'integer',
  'packet-duplicates-bidir': 'integer',
  'packet-loss-rate': 'percentage',
  'packet-loss-rate-bidir': 'percentage',
  'packet-reorders': 'integer',
  'packet-reorders-bidir': 'integer',
  'packet-retransmits': 'integer',
  'packet-retransmits-subintervals': 'subinterval',
  'packet-rtt': 'integer',
  'packet-rtt-subintervals': 'subinterval',
  'packet-trace': 'json',
  'packet-trace-multi': 'json',
  'path-mtu': 'integer',
  'pscheduler-raw': 'json',
  'pscheduler-run-href': 'json',
  rusage: 'json',
  'streams-packet-retransmits': 'json',
  'streams-packet-retransmits-subintervals': 'json',
  'streams-packet-rtt': 'json',
  'streams-packet-rtt-subintervals': 'json',
  'streams-tcp-windowsize': 'json',
  'streams-tcp-windowsize-subintervals': 'json',
  'streams-tcpinfo': 'json',
  'streams-throughput': 'json',
  'streams-throughput-subintervals': 'json',
  'tcp-windowsize': 'integer',
  'tcp-windowsize-subintervals': 'subinterval',
  tcpinfo: 'json',
  throughput: 'integer',
  'throughput-subintervals': 'subinterval',
  'time-error-estimates': 'float',
} as const satisfies Record<EventTypeName, DataTypeName>;

// A Map, because a lookup of `constructor` or `__proto__` in the object above would find something.
const DATA_TYPE_OF: ReadonlyMap<string, DataTypeName> = new Map(Object.entries(DATA_TYPES));

/** The names of the event types that this client knows, sorted. */
export const EVENT_TYPES = Object.keys(DATA_TYPES) as readonly (keyof typeof DATA_TYPES)[];

/** The data type of an event type at compile time; any of them for one that the archive alone knows. */
export type DataTypeOf<N extends string> = N extends keyof typeof DATA_TYPES ? (typeof DATA_TYPES)[N] : DataTypeName;

/** The summaries that the archive keeps of an event type. */
export type SummaryTypeOf<N extends string> = {
  integer: SummaryType;
  float: SummaryType;
  percentage: 'aggregation';
  histogram: 'aggregation' | 'statistics';
  json: never;
  subinterval: never;
}[DataTypeOf<N>];

/** What is posted as a value of an event type. */
export type PostedValueOf<N extends string> = DataTypeOf<N> extends 'percentage' ? Percentage : ValueOf<N>;

/**
 * The data type of an event type. One that this client does not know is a histogram where its name says so, as
 * esmond's Python client has it, and any JSON else.
 */
export function dataTypeOf(eventType: string): DataTypeName {
  return DATA_TYPE_OF.get(eventType) ?? (eventType.startsWith('histogram') ? 'histogram' : 'json');
}
