import { DataPayload } from './data-payload.js';
import { type PointOf } from './data-point.js';
import { type DataTypeName } from './data-types.js';
import { readSeries } from './point-reader.js';
import { type Rows } from './point-stream.js';
import { type ReadOptions } from './read-options.js';
import { type Source, withTimes } from './source.js';

/** What has a value for each of many times: an event type has points, a summary has windows. */
export abstract class ReadableSeries<V> {
  /** @internal */
  protected constructor(
    protected readonly source: Source,
    private readonly lastStored: number | null,
  ) {}

  /** The kind of its values. */
  abstract get dataType(): DataTypeName;

  /** When a point was last stored, to the second; `undefined` before the first. */
  get timeUpdated(): Date | undefined {
    return this.lastStored === null ? undefined : new Date(this.lastStored * 1000);
  }

  /**
   * All points of the time asked for (of a summary, all windows that _begin_ in it), oldest first unless the options
   * say otherwise. Without options that is the time of the filters; without any, everything since 1970. Throws an
   * `ArchiveError`; what is returned is whole.
   */
  async getData(options: ReadOptions = {}): Promise<DataPayload<V>> {
    return DataPayload.collect(this.dataType, this.read(options));
  }

  /**
   * Yields the same points as they arrive, with constant memory for any number. If the connection breaks, the read
   * resumes after the last point. Throws an `ArchiveError`, or the reason of `options.signal`. Leaving the loop early
   * ends the request.
   */
  async *points(options: ReadOptions = {}): AsyncGenerator<PointOf<V>, void, undefined> {
    yield* this.read(options);
  }

  /** Asks the archive for its rows. */
  protected abstract rows(...args: Parameters<Rows>): ReturnType<Rows>;

  private read(options: ReadOptions): AsyncGenerator<PointOf<V>, number | undefined, undefined> {
    const series = { dataType: this.dataType, rows: this.rows.bind(this) };
    return readSeries(this.source.archive, series, withTimes(this.source.filters, options));
  }
}
