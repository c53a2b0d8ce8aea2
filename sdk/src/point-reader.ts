import { unlike } from './answer.js';
import { type Archive } from './archive.js';
import { DataHistogram, DataPoint, type PointOf } from './data-point.js';
import { type DataTypeName } from './data-types.js';
import { type JsonValue } from './json-value.js';
import { PointStream, type Rows } from './point-stream.js';
import { type ReadOptions } from './read-options.js';
import { isPassing } from './retry.js';
import { TimeSpan } from './time-span.js';
import { type Histogram } from './values.js';

/** How many points one request asks for: the archive looks behind the last of them before it sends the first. */
const MAX_POINTS_PER_REQUEST = 100_000;

/** What is between two times of an archive that has none but whole seconds, less one microsecond. */
const REST_OF_SECOND_MICROS = 999_999;

/** A series to read. */
export interface Series {
  readonly rows: Rows;
  readonly dataType: DataTypeName;
}

/**
 * Yields the points of a series in the order of the options, with constant memory. If the connection breaks, the read
 * resumes behind the last point that arrived, so no point is missing or repeated. Returns the archive's `Retry-After`
 * (see `DataPayload`). Throws an `ArchiveError`, or the signal's reason when that aborts.
 */
export async function* readSeries<V>(
  archive: Archive,
  { rows, dataType }: Series,
  options: ReadOptions,
): AsyncGenerator<PointOf<V>, number | undefined, undefined> {
  const { order = 'asc', limit = Infinity, fractions = false, signal } = options;
  const span = new TimeSpan(options, order);
  let rest = limit;
  let failures = 0;
  let retryAfter: number | undefined;
  while (rest > 0 && !span.isOver) {
    const { repeated } = span;
    const wanted = Math.min(rest, MAX_POINTS_PER_REQUEST) + repeated.count;
    let found = 0;
    let isRepeat = repeated.count > 0;
    const query = {
      ...span.query(),
      ...(order === 'desc' && { order }),
      ...(fractions && dataType === 'percentage' && { percentages: 'fractions' }),
      limit: wanted,
    };
    const { response } = await archive.run((core) => rows(core, query), signal);
    const stream = new PointStream(response);
    if (stream.isPlain && order === 'desc') throw unlike('an archive that can answer newest first', response);
    retryAfter = stream.retryAfter;
    let broken: unknown;
    try {
      for await (const [micros, val] of stream.rows({ timeoutMs: archive.timeoutMs, signal })) {
        isRepeat &&= micros === repeated.micros && found < repeated.count;
        found++;
        if (isRepeat) continue;
        if (stream.isPlain) span.continueAfter(micros + REST_OF_SECOND_MICROS);
        else span.continueBehind(micros);
        rest--;
        failures = 0;
        yield pointOf<V>(dataType, micros, val);
      }
    } catch (error) {
      if (!isPassing(error) || ++failures > archive.retries) throw error;
      broken = error;
    }
    if (broken !== undefined) await archive.pause(failures, broken, signal);
    else if (found < wanted) break;
  }
  return retryAfter;
}

/** What the values of a series are is the promise of its event type: the archive checks it when they are posted. */
function pointOf<V>(dataType: DataTypeName, micros: number, val: JsonValue): PointOf<V> {
  if (dataType === 'histogram') return new DataHistogram(micros, val as Histogram) as PointOf<V>;
  return new DataPoint(micros, val as V) as PointOf<V>;
}
