import { type JsonValue } from './json-value.js';
import { type Histogram } from './values.js';

/** One value and its time; of a summary, the begin of its window. */
export class DataPoint<V = JsonValue> {
  constructor(
    /** Microseconds since 1970-01-01 UTC, a whole number; exact until the year 2255. */
    readonly tsMicros: number,
    readonly val: V,
  ) {}

  /** The time, cut to milliseconds, which is all that a `Date` holds. */
  get ts(): Date {
    return new Date(Math.floor(this.tsMicros / 1000));
  }

  /** Seconds since 1970-01-01 UTC, with a fraction where the point has one. */
  get tsEpoch(): number {
    return this.tsMicros / 1_000_000;
  }

  /** The point as the archive has it. */
  toJSON(): { ts: number; val: V } {
    return { ts: this.tsEpoch, val: this.val };
  }
}

/** A histogram and its time. */
export class DataHistogram extends DataPoint<Histogram> {
  /** How many samples are in the histogram. */
  get count(): number {
    return Object.values(this.val).reduce((sum, count) => sum + count, 0);
  }
}

/** The class of the points that have values of a type. */
export type PointOf<V> = [V] extends [Histogram] ? DataHistogram : DataPoint<V>;
