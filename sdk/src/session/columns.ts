/** Points of a metric: two columns of equal length. */
export interface MetricColumns {
  /** The row number of the first point in its stream; the others follow. Rows count from 0, in the order of `put`. */
  readonly row: number;
  /** µs since 1970-01-01 UTC, in the order of `put`. */
  readonly ts: Float64Array;
  readonly value: Float64Array;
}

/** Points of an event stream: two columns of equal length. */
export interface EventColumns {
  /** As in `MetricColumns`. */
  readonly row: number;
  /** As in `MetricColumns`. */
  readonly ts: Float64Array;
  readonly value: readonly string[];
}

/** What a column of times may be: integers, µs since 1970 or since the session's start. */
export type TimeColumn = ArrayLike<number> | BigInt64Array;

/** Points as they are put: columns of equal length. */
export interface PutColumns<V> {
  readonly ts: TimeColumn;
  readonly value: ArrayLike<V>;
}

/** Points as they are put: rows. */
export type PutRows<V> = readonly (readonly [ts: number, value: V])[];
