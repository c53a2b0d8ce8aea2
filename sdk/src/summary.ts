import { type DataTypeName, dataTypeOf, type SummaryType } from './data-types.js';
import { type EventType as KnownName, getSummary, type Summary as WireSummary } from './generated/index.js';
import { SUMMARY_TYPES } from './generated/tables.gen.js';
import { ACCEPT, type Rows } from './point-stream.js';
import { ReadableSeries } from './readable-series.js';
import { type Source } from './source.js';
import { type SummaryValueOf } from './statistics.js';

/** A summary of an event type: one value for each window of time. */
export class Summary<N extends string = string, T extends SummaryType = SummaryType> extends ReadableSeries<
  SummaryValueOf<N, T>
> {
  /** @internal */
  constructor(
    source: Source,
    private readonly metadataKey: string,
    private readonly eventType: KnownName,
    private readonly wire: WireSummary,
  ) {
    super(source, wire['time-updated']);
  }

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

  /** The kind of the values; see `DataPayload`. */
  get dataType(): DataTypeName {
    return SUMMARY_TYPES[this.wire['summary-type']].dataType ?? dataTypeOf(this.eventType);
  }

  protected rows(...[core, query]: Parameters<Rows>): ReturnType<Rows> {
    const path = {
      metadataKey: this.metadataKey,
      eventType: this.eventType,
      summaryType: SUMMARY_TYPES[this.wire['summary-type']].path,
      window: this.summaryWindow,
    };
    return getSummary({ ...core, path, query, headers: { Accept: ACCEPT }, parseAs: 'stream' });
  }
}
