import { type JsonValue } from './json-value.js';

/** Counts by label, such as `{'41.0': 98, '41.1': 2}`. Labels are what was posted; mostly decimal numbers. */
export type Histogram = Record<string, number>;

/** One part of a measurement. Extra fields are kept, and numbers that were posted as text stay text. */
export interface Subinterval {
  /** Seconds since the measurement's begin. */
  start: number | string;
  /** Seconds. */
  duration: number | string;
  val: JsonValue;
  [field: string]: JsonValue;
}

/** Why a measurement failed. */
export interface Failure {
  error: string;
  [field: string]: JsonValue;
}

/** One answer to a probe of a trace. Writers differ in the fields, and in whether numbers are texts. */
export interface Hop {
  ttl?: number | string;
  ip?: string | null;
  hostname?: string | null;
  /** Milliseconds. */
  rtt?: number | string | null;
  [field: string]: JsonValue | undefined;
}

/** Where pScheduler keeps a run. */
export interface RunHref {
  href: string;
  [field: string]: JsonValue;
}

/**
 * What is read as `val` of each event type. The archive checks numbers, histograms and subintervals; of the others it
 * takes any JSON, and their types here are what perfSONAR writes.
 *
 * Event types of your own are added by declaration merging:
 * ```ts
 * declare module 'marigram-client' {
 *   interface EventTypeValues {
 *     'queue-lengths': number[];
 *   }
 * }
 * ```
 */
export interface EventTypeValues {
  failures: Failure;
  /** One-way delay, labels in ms. */
  'histogram-owdelay': Histogram;
  /** Round-trip time, labels in ms. */
  'histogram-rtt': Histogram;
  /** Hops from source to destination. */
  'histogram-ttl': Histogram;
  /** Hops from destination to source. */
  'histogram-ttl-reverse': Histogram;
  iostat: JsonValue;
  mpstat: JsonValue;
  /** ms */
  'ntp-delay': number;
  /** ms */
  'ntp-dispersion': number;
  /** ms */
  'ntp-jitter': number;
  /** ms */
  'ntp-offset': number;
  /** s */
  'ntp-polling-interval': number;
  /** The register, read as octal. */
  'ntp-reach': number;
  'ntp-stratum': number;
  /** PPM */
  'ntp-wander': number;
  'packet-count-lost': number;
  'packet-count-lost-bidir': number;
  'packet-count-sent': number;
  'packet-duplicates': number;
  'packet-duplicates-bidir': number;
  /** Lost ÷ sent; posted as a `Percentage`. */
  'packet-loss-rate': number;
  /** Lost ÷ sent; posted as a `Percentage`. */
  'packet-loss-rate-bidir': number;
  'packet-reorders': number;
  'packet-reorders-bidir': number;
  'packet-retransmits': number;
  'packet-retransmits-subintervals': Subinterval[];
  'packet-rtt': number;
  'packet-rtt-subintervals': Subinterval[];
  'packet-trace': Hop[];
  'packet-trace-multi': Hop[][];
  /** Bytes. */
  'path-mtu': number;
  'pscheduler-raw': JsonValue;
  'pscheduler-run-href': RunHref;
  rusage: JsonValue;
  /** One number a stream. */
  'streams-packet-retransmits': number[];
  'streams-packet-retransmits-subintervals': Subinterval[][];
  'streams-packet-rtt': number[];
  'streams-packet-rtt-subintervals': Subinterval[][];
  'streams-tcp-windowsize': number[];
  'streams-tcp-windowsize-subintervals': Subinterval[][];
  'streams-tcpinfo': JsonValue;
  /** Bits per second, one number a stream. */
  'streams-throughput': number[];
  'streams-throughput-subintervals': Subinterval[][];
  'tcp-windowsize': number;
  'tcp-windowsize-subintervals': Subinterval[];
  tcpinfo: JsonValue;
  /** Bits per second. */
  throughput: number;
  'throughput-subintervals': Subinterval[];
  /** Clock error in ms. */
  'time-error-estimates': number;
}

/** An event type whose values have a type here. */
export type EventTypeName = keyof EventTypeValues;

/** What is read as `val` of an event type: any JSON where its name is not known at compile time. */
export type ValueOf<N extends string> = N extends EventTypeName ? EventTypeValues[N] : JsonValue;
