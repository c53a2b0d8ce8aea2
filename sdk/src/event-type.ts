import { DataPayload } from './data-payload.js';
import { type PointOf } from './data-point.js';
import { type DataTypeName, dataTypeOf, type SummaryType, type SummaryTypeOf } from './data-types.js';
import { type EventTypeEntry, getPoints } from './generated/index.js';
import { readSeries, type Series } from './point-reader.js';
import { ACCEPT } from './point-stream.js';
import { type ReadOptions } from './read-options.js';
import { type Source, withTimes } from './source.js';
import { Summary } from './summary.js';
import { type ValueOf } from './values.js';

/** The type and the window of a summary. */
export interface SummaryKind {
  readonly summaryType: SummaryType;
  /** Seconds. */
  readonly summaryWindow: number;
}

/** One event type of a metadata: what was measured, with its points and summaries. */
export class EventType<N extends string = string> {
  /** @internal */
  constructor(
    private readonly source: Source,
    private readonly metadataKey: string,
    private readonly wire: EventTypeEntry,
  ) {}

  /** The path of its points on the archive's host. */
  get baseUri(): string {
    return this.wire['base-uri'];
  }

  get eventType(): N {
    // Whoever made this object has asked for it by this name.
    return this.wire['event-type'] as string as N;
  }

  /** The kind of its values. */
  get dataType(): DataTypeName {
    return dataTypeOf(this.wire['event-type']);
  }

  /** Which summaries there are, by type and window. */
  get summaries(): readonly SummaryKind[] {
    return this.getAllSummaries().map(({ summaryType, summaryWindow }) => ({ summaryType, summaryWindow }));
  }

  /** When a point was last stored, to the second; `undefined` before the first. */
  get timeUpdated(): Date | undefined {
    const seconds = this.wire['time-updated'];
    return seconds === null ? undefined : new Date(seconds * 1000);
  }

  /** All summaries, by type and then by window. */
  getAllSummaries(): Summary<N>[] {
    return this.wire.summaries.map((one) => new Summary(this.source, this.metadataKey, this.wire['event-type'], one));
  }

  /**
   * A summary, `undefined` where there is none.
   * @param window seconds.
   */
  getSummary<T extends SummaryTypeOf<N>>(type: T, window: number | string): Summary<N, T> | undefined {
    const found = this.wire.summaries.find(
      (one) => one['summary-type'] === type && Number(one['summary-window']) === Number(window),
    );
    return found && new Summary(this.source, this.metadataKey, this.wire['event-type'], found);
  }

  /**
   * All points of the time asked for, oldest first unless the options say otherwise. Without options that is the time
   * of the filters; without any, everything since 1970. Throws an `ArchiveError`; what is returned is whole.
   */
  async getData(options: ReadOptions = {}): Promise<DataPayload<ValueOf<N>>> {
    return DataPayload.collect(this.dataType, this.read(options));
  }

  /**
   * The same points one by one as they arrive, with constant memory however many there are. A broken connection is
   * taken up again behind the last point. Throws an `ArchiveError`, or the reason of `options.signal`; whoever leaves
   * the loop early ends the request.
   */
  async *points(options: ReadOptions = {}): AsyncGenerator<PointOf<ValueOf<N>>, void, undefined> {
    yield* this.read(options);
  }

  private read(options: ReadOptions): AsyncGenerator<PointOf<ValueOf<N>>, number | undefined, undefined> {
    return readSeries(this.source.archive, this.series(), withTimes(this.source.filters, options));
  }

  private series(): Series {
    const path = { metadataKey: this.metadataKey, eventType: this.wire['event-type'] };
    return {
      dataType: this.dataType,
      rows: (core, query) => getPoints({ ...core, path, query, headers: { Accept: ACCEPT }, parseAs: 'stream' }),
    };
  }
}
