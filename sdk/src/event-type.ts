import { type DataTypeName, dataTypeOf, type SummaryType, type SummaryTypeOf } from './data-types.js';
import { type EventTypeEntry, getPoints } from './generated/index.js';
import { ACCEPT, type Rows } from './point-stream.js';
import { ReadableSeries } from './readable-series.js';
import { type Source } from './source.js';
import { Summary } from './summary.js';
import { type ValueOf } from './values.js';

/** The type and the window of a summary. */
export interface SummaryKind {
  readonly summaryType: SummaryType;
  /** Seconds. */
  readonly summaryWindow: number;
}

/** One event type of a metadata: what was measured, with its points and summaries. */
export class EventType<N extends string = string> extends ReadableSeries<ValueOf<N>> {
  /** @internal */
  constructor(
    source: Source,
    private readonly metadataKey: string,
    private readonly wire: EventTypeEntry,
  ) {
    super(source, wire['time-updated']);
  }

  /** The path of its points on the archive's host. */
  get baseUri(): string {
    return this.wire['base-uri'];
  }

  get eventType(): N {
    // Whoever made this object has asked for it by this name.
    return this.wire['event-type'] as N;
  }

  /** The kind of its values. */
  get dataType(): DataTypeName {
    return dataTypeOf(this.wire['event-type']);
  }

  /** Which summaries there are, by type and window. */
  get summaries(): readonly SummaryKind[] {
    return this.getAllSummaries().map(({ summaryType, summaryWindow }) => ({ summaryType, summaryWindow }));
  }

  /** All summaries, by type and then by window. */
  getAllSummaries(): Summary<N>[] {
    return this.wire.summaries.map((one) => new Summary(this.source, this.metadataKey, this.wire['event-type'], one));
  }

  /**
   * A summary, `undefined` if there is none.
   * @param window seconds.
   */
  getSummary<T extends SummaryTypeOf<N>>(type: T, window: number | string): Summary<N, T> | undefined {
    const found = this.wire.summaries.find(
      (one) => one['summary-type'] === type && Number(one['summary-window']) === Number(window),
    );
    return found && new Summary(this.source, this.metadataKey, this.wire['event-type'], found);
  }

  protected rows(...[core, query]: Parameters<Rows>): ReturnType<Rows> {
    const path = { metadataKey: this.metadataKey, eventType: this.wire['event-type'] };
    return getPoints({ ...core, path, query, headers: { Accept: ACCEPT }, parseAs: 'stream' });
  }
}
