import { type DataTypeName } from './data-types.js';

/** Every event type the archive takes, with its data type and what it says or its unit. Add one here and nowhere else. */
const CATALOGUE = {
  failures: ['json', 'an object with the text of the `error`'],
  'histogram-owdelay': ['histogram', 'one-way delay, bucket = ms'],
  'histogram-rtt': ['histogram', 'round-trip time, bucket = ms'],
  'histogram-ttl': ['histogram', 'hops from source to destination'],
  'histogram-ttl-reverse': ['histogram', 'hops from destination to source'],
  iostat: ['json', 'statistics of the host'],
  mpstat: ['json', 'statistics of the host'],
  'ntp-delay': ['float', 'ms'],
  'ntp-dispersion': ['float', 'ms'],
  'ntp-jitter': ['float', 'ms'],
  'ntp-offset': ['float', 'ms'],
  'ntp-polling-interval': ['float', 's'],
  'ntp-reach': ['integer', 'the register, read as octal'],
  'ntp-stratum': ['integer', 'the stratum of the clock'],
  'ntp-wander': ['float', 'PPM'],
  'packet-count-lost': ['integer', 'packets, one way'],
  'packet-count-lost-bidir': ['integer', 'packets, both ways'],
  'packet-count-sent': ['integer', 'packets'],
  'packet-duplicates': ['integer', 'packets'],
  'packet-duplicates-bidir': ['integer', 'packets, both ways'],
  'packet-loss-rate': ['percentage', 'lost / sent'],
  'packet-loss-rate-bidir': ['percentage', 'lost / sent, both ways'],
  'packet-reorders': ['integer', 'packets'],
  'packet-reorders-bidir': ['integer', 'packets, both ways'],
  'packet-retransmits': ['integer', 'packets'],
  'packet-retransmits-subintervals': ['subinterval', 'packets in each part of a test'],
  'packet-rtt': ['integer', 'round-trip time as TCP sees it'],
  'packet-rtt-subintervals': ['subinterval', 'round-trip time in each part of a test'],
  'packet-trace': ['json', 'an array of hops'],
  'packet-trace-multi': ['json', 'an array of arrays of hops'],
  'path-mtu': ['integer', 'bytes'],
  'pscheduler-raw': ['json', 'the raw result'],
  'pscheduler-run-href': ['json', 'an object with `href`'],
  rusage: ['json', 'resources that the test used'],
  'streams-packet-retransmits': ['json', 'one number a stream'],
  'streams-packet-retransmits-subintervals': ['json', 'for each stream its subintervals'],
  'streams-packet-rtt': ['json', 'one number a stream'],
  'streams-packet-rtt-subintervals': ['json', 'for each stream its subintervals'],
  'streams-tcp-windowsize': ['json', 'one number a stream'],
  'streams-tcp-windowsize-subintervals': ['json', 'for each stream its subintervals'],
  'streams-tcpinfo': ['json', 'what the kernel knows of each stream'],
  'streams-throughput': ['json', 'one number a stream'],
  'streams-throughput-subintervals': ['json', 'for each stream its subintervals'],
  'tcp-windowsize': ['integer', 'bytes'],
  'tcp-windowsize-subintervals': ['subinterval', 'bytes in each part of a test'],
  tcpinfo: ['json', 'what the kernel knows of the connection'],
  throughput: ['integer', 'bits per second'],
  'throughput-subintervals': ['subinterval', 'bits per second in each part of a test'],
  'time-error-estimates': ['float', 'clock error, ms'],
} as const satisfies Record<string, readonly [dataType: DataTypeName, about: string]>;

/** The name of an event type in the catalogue. */
export type EventType = keyof typeof CATALOGUE;

/** The names of all event types, sorted. */
export const EVENT_TYPES = Object.keys(CATALOGUE) as readonly EventType[];

// A Map, because a lookup of `constructor` or `__proto__` in the object above would find something.
const DATA_TYPE_OF: ReadonlyMap<string, DataTypeName> = new Map(
  Object.entries(CATALOGUE).map(([name, [dataType]]) => [name, dataType]),
);

/** The data type of an event type, or `undefined` where the archive does not know the event type. */
export function dataTypeOf(eventType: string): DataTypeName | undefined {
  return DATA_TYPE_OF.get(eventType);
}

/** What an event type says, or its unit. */
export function aboutEventType(eventType: EventType): string {
  return CATALOGUE[eventType][1];
}
