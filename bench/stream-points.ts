import { type BenchPoint, scrambled } from './points.js';

/** Consecutive points of one stream. */
export interface StreamPoints {
  /** The position of the stream in its session. */
  readonly stream: number;
  /** The number of the first row. */
  readonly row: number;
  /** µs since 1970, each later than the one before. */
  readonly micros: readonly number[];
  /** Numbers of a metric, or texts of an event stream. */
  readonly values: readonly (number | string)[];
}

/** Makes the value of a row. */
export type StreamValue = (stream: number, row: number) => number | string;

/** What the points of a workload's streams are like. */
export interface StreamSpec {
  /** The time of the first point, in seconds since 1970. */
  readonly begin: number;
  /** Points of a second of the test, in each stream; at most 10,000. */
  readonly rate: number;
  readonly value: StreamValue;
}

/** A response time in whole µs: log-normal with a median of 20 ms and σ = 0.5, without a pattern. */
export const responseTime: StreamValue = (stream, row) => {
  const [a, b] = [uniform(stream * 65_537 + 2 * row), uniform(stream * 65_537 + 2 * row + 1)];
  return Math.round(20_000 * Math.exp(0.5 * Math.sqrt(-2 * Math.log(a)) * Math.cos(2 * Math.PI * b)));
};

/** One of 20 codes. */
export const code: StreamValue = (stream, row) => String(200 + ((scrambled(stream * 8191 + row) >>> 16) % 20));

/** Rows of a stream, evenly spread but for up to 63 µs. */
export function rowsOf({ begin, rate, value }: StreamSpec, stream: number, row: number, count: number): StreamPoints {
  const gap = 1e6 / rate;
  const rows = Array.from({ length: count }, (_, index) => row + index);
  const micros = rows.map((at) => begin * 1e6 + at * gap + (scrambled(stream * 131 + at) >>> 26));
  return { stream, row, micros, values: rows.map((at) => value(stream, at)) };
}

/** The same points as `COPY` stores them; texts are documents of JSON. */
export function asBenchPoints({ micros, values }: StreamPoints, series: number): BenchPoint[] {
  return micros.map((time, index) => {
    const value = values[index] ?? null;
    const isText = typeof value === 'string';
    return {
      ...{ series, seconds: time / 1e6 },
      ...(isText ? { value: null, document: JSON.stringify(value) } : { value, document: null }),
    };
  });
}

/** A body of binary columns, as the SDK sends them: version, rows, times, values, little-endian. */
export function binaryColumns({ micros, values }: StreamPoints): Buffer {
  const body = Buffer.alloc(8 + 16 * micros.length);
  body.writeUInt32LE(1, 0);
  let at = body.writeUInt32LE(micros.length, 4);
  for (const time of micros) at = body.writeBigInt64LE(BigInt(time), at);
  for (const value of values) at = body.writeDoubleLE(Number(value), at);
  return body;
}

/** A body of columns in JSON. */
export function jsonColumns({ micros, values }: StreamPoints): string {
  return JSON.stringify({ ts: micros, value: values });
}

/** Between 0 and 1, neither of them. */
function uniform(number: number): number {
  return ((scrambled(number) >>> 0) + 0.5) / 2 ** 32;
}
