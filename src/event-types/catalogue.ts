import { type DataTypeName } from './data-types.js';

/** Every event type the archive takes, with its data type and, in the comment, its unit. Add one here and nowhere else. */
const CATALOGUE = {
  failures: 'json', // an object with the text of the `error`
  'histogram-owdelay': 'histogram', // one-way delay, bucket = ms
  'histogram-rtt': 'histogram', // round-trip time, bucket = ms
  'histogram-ttl': 'histogram', // hops from source to destination
  'histogram-ttl-reverse': 'histogram', // hops from destination to source
  iostat: 'json',
  mpstat: 'json',
  'ntp-delay': 'float', // ms
  'ntp-dispersion': 'float', // ms
  'ntp-jitter': 'float', // ms
  'ntp-offset': 'float', // ms
  'ntp-polling-interval': 'float', // s
  'ntp-reach': 'integer', // the register, read as octal
  'ntp-stratum': 'integer',
  'ntp-wander': 'float', // PPM
  'packet-count-lost': 'integer', // packets, one way
  'packet-count-lost-bidir': 'integer', // packets, both ways
  'packet-count-sent': 'integer', // packets
  'packet-duplicates': 'integer',
  'packet-duplicates-bidir': 'integer',
  'packet-loss-rate': 'percentage', // lost / sent
  'packet-loss-rate-bidir': 'percentage',
  'packet-reorders': 'integer',
  'packet-reorders-bidir': 'integer',
  'packet-retransmits': 'integer',
  'packet-retransmits-subintervals': 'subinterval',
  'packet-rtt': 'integer',
  'packet-rtt-subintervals': 'subinterval',
  'packet-trace': 'json', // an array of hops
  'packet-trace-multi': 'json', // an array of arrays of hops
  'path-mtu': 'integer', // bytes
  'pscheduler-raw': 'json', // the raw result
  'pscheduler-run-href': 'json', // an object with `href`
  rusage: 'json',
  'streams-packet-retransmits': 'json', // one number a stream
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
  throughput: 'integer', // bits per second
  'throughput-subintervals': 'subinterval',
  'time-error-estimates': 'float', // clock error, ms
} as const satisfies Record<string, DataTypeName>;

/** The name of an event type in the catalogue. */
export type EventType = keyof typeof CATALOGUE;

/** The names of all event types, sorted. */
export const EVENT_TYPES = Object.keys(CATALOGUE) as readonly EventType[];

// A Map, because a lookup of `constructor` or `__proto__` in the object above would find something.
const DATA_TYPE_OF: ReadonlyMap<string, DataTypeName> = new Map(Object.entries(CATALOGUE));

/** The data type of an event type, or `undefined` where the archive does not know the event type. */
export function dataTypeOf(eventType: string): DataTypeName | undefined {
  return DATA_TYPE_OF.get(eventType);
}
