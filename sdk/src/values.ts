import { type BuiltInValues } from './generated/tables.gen.js';
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

/** The values of event types of the data type json, as perfSONAR writes them. */
interface JsonShapes {
  failures: Failure;
  'packet-trace': Hop[];
  'packet-trace-multi': Hop[][];
  'pscheduler-run-href': RunHref;
  /** One number a stream. */
  'streams-packet-retransmits': number[];
  'streams-packet-retransmits-subintervals': Subinterval[][];
  'streams-packet-rtt': number[];
  'streams-packet-rtt-subintervals': Subinterval[][];
  'streams-tcp-windowsize': number[];
  'streams-tcp-windowsize-subintervals': Subinterval[][];
  /** Bits per second, one number a stream. */
  'streams-throughput': number[];
  'streams-throughput-subintervals': Subinterval[][];
}

/**
 * What is read as `val` of each event type. The archive checks numbers, histograms, subintervals, texts and
 * booleans; of the others it takes any JSON, and their types here are what perfSONAR writes.
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
export interface EventTypeValues extends Omit<BuiltInValues, keyof JsonShapes>, JsonShapes {}

/** An event type with a type for its values. */
export type EventTypeName = keyof EventTypeValues;

/** What is read as `val` of an event type: any JSON where its name is not known at compile time. */
export type ValueOf<N extends string> = N extends EventTypeName ? EventTypeValues[N] : JsonValue;
