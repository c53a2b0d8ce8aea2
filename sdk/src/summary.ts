import { DataPayload } from './data-payload.js';
import { type PointOf } from './data-point.js';
import { type DataTypeName, dataTypeOf, type SummaryType } from './data-types.js';
import { type EventType as KnownName, getSummary, type Summary as WireSummary } from './generated/index.js';
import { readSeries, type Series } from './point-reader.js';
import { ACCEPT } from './point-stream.js';
import { type ReadOptions } from './read-options.js';
import { type Source, withTimes } from './source.js';
import { type SummaryValueOf } from './statistics.js';

/** The plural forms that URLs have. */
const PATHS = { aggregation: 'aggregations', average: 'averages', statistics: 'statistics' } as const;

/** A summary of an event type: one value for each window of time. */
export class Summary<N extends string = string, T extends SummaryType = SummaryType> {
  /** @internal */
  constructor(
    private readonly source: Source,
    private readonly metadataKey: string,
    private readonly eventType: KnownName,
    private readonly wire: WireSummary,
  ) {}

  /** Its path on the archive's host. */
  get uri(): string {
    return this.wire.uri;
  }

  /** How the points of a window become one value. */
  get summaryType(): T {
    // Whoever made this object has asked for it by this name.
    return this.wire['summary-type'] as T;
  }

  /** The window in seconds; 0 where each point has one of its own. */
  get summaryWindow(): number {
    return Number(this.wire['summary-window']);
  }

  /** When a point was last stored, to the second; `undefined` before the first. */
  get timeUpdated(): Date | undefined {
    const seconds = this.wire['time-updated'];
    return seconds === null ? undefined : new Date(seconds * 1000);
  }

  /** The kind of the values; see `DataPayload`. */
  get dataType(): DataTypeName {
    if (this.wire['summary-type'] === 'aggregation') return dataTypeOf(this.eventType);
    return this.wire['summary-type'] === 'average' ? 'float' : 'json';
  }

  /**
   * All windows that _begin_ in the time asked for, oldest first unless the options say otherwise. Throws an
   * `ArchiveError`; what is returned is whole.
   */
  async getData(options: ReadOptions = {}): Promise<DataPayload<SummaryValueOf<N, T>>> {
    return DataPayload.collect(this.dataType, this.read(options));
  }

  /** The same one by one, with constant memory; see `EventType.points`. */
  async *points(options: ReadOptions = {}): AsyncGenerator<PointOf<SummaryValueOf<N, T>>, void, undefined> {
    yield* this.read(options);
  }

  private read(options: ReadOptions): AsyncGenerator<PointOf<SummaryValueOf<N, T>>, number | undefined, undefined> {
    return readSeries(this.source.archive, this.series(), withTimes(this.source.filters, options));
  }

  private series(): Series {
    const path = {
      metadataKey: this.metadataKey,
      eventType: this.eventType,
      summaryType: PATHS[this.wire['summary-type']],
      window: this.summaryWindow,
    };
    return {
      dataType: this.dataType,
      rows: (core, query) =>
        getSummary({
          ...core,
          path,
          query,
          headers: { Accept: ACCEPT },
          parseAs: 'stream',
        }),
    };
  }
}
