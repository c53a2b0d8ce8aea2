import { Injectable } from '@nestjs/common';
import { parseTimeRange, type Query, resolveRange } from '../common/time-range.js';
import { type PointsRead } from '../data/points-format.js';
import { parseWindow } from '../data/read.service.js';
import { type RowWriter } from '../data/row-writer.js';
import { type SummaryType } from '../event-types/data-types.js';
import { summaryTypeOf } from '../metadata/summary-paths.js';
import { binOf } from '../rollups/windows.js';
import { type BinQuotient } from '../storage/rollups/bin-quotients.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type Slice } from '../postgres/row-source.js';
import { type BinRange, RollupStore, type StoredBin } from '../storage/rollups/rollup-store.js';
import { SummaryStore } from '../storage/registry/summary-store.js';
import { summaryValue } from './summary-values.js';

/** The bins that a request asks for. */
export interface SummaryRead extends PointsRead<Slice> {
  /** Whether bins are missing because they are still being filled. */
  readonly incomplete: boolean;
}

/** The largest window that a summary can have been registered with. */
const MAX_WINDOW = 100_000_000_000;

/** Reads summaries. */
@Injectable()
export class SummariesService {
  constructor(
    private readonly summaries: SummaryStore,
    private readonly eventTypes: EventTypeStore,
    private readonly rollups: RollupStore,
  ) {}

  /**
   * Where the bins of a summary are that a query string asks for: those that begin in the asked time, both ends inclusive
   * and not rounded to bins. None for an unknown metadata key and for a summary that is not registered.
   * @param path the summary type as URLs name it.
   * Throws `Invalid` for an unknown event type or summary type, a window that is no integer, and bad time parameters.
   */
  async read(metadataKey: string, eventType: string, path: string, window: string, query: Query): Promise<SummaryRead> {
    const type = summaryTypeOf(path);
    const seconds = parseWindow(window);
    const range = parseTimeRange(query);
    const none: SummaryRead = { source: undefined, write: () => undefined, incomplete: false };
    const isPossible = seconds >= 0 && seconds <= MAX_WINDOW;
    const extent = isPossible ? await this.summaries.extent(metadataKey, eventType, type, seconds) : undefined;
    if (!extent) await this.eventTypes.require(eventType);
    if (!extent || extent.first === null || extent.last === null) return none;
    const asked = resolveRange(range, extent.now);
    const begin = Math.max(asked.begin, binOf(extent.first, seconds), extent.cutOff ?? -Infinity);
    const end = Math.min(asked.end, extent.last);
    const complete = extent.incompleteFrom ?? Infinity;
    const incomplete = end >= complete;
    const lastBegin = incomplete ? complete - 1 : end;
    if (begin > lastBegin) return { ...none, incomplete };
    const { id, dataType, fromPrimary } = extent;
    const bins = {
      ...{ series: id, dataType, window: seconds, withStatistics: type === 'statistics' && dataType !== 'histogram' },
      ...{ begin, end: lastBegin, descending: query.order === 'desc', fromPrimary },
      sealed: (extent.lastSealed ?? -Infinity) >= begin ? type : undefined,
    };
    return { ...this.bins(bins, type), incomplete };
  }

  /** Summaries of one number take the fast way, where none of their bins is sealed. */
  private bins(range: BinRange, type: SummaryType): PointsRead<Slice> {
    if (range.sealed === undefined && type !== 'statistics' && range.dataType !== 'histogram') {
      const divisor = type === 'average' ? 'count' : range.dataType === 'percentage' ? 'denominator_sum' : '1';
      return { source: this.rollups.quotients(range, divisor), write: writeQuotients };
    }
    const write = (bins: readonly StoredBin[], writer: RowWriter): void => {
      for (const bin of bins) {
        const value = summaryValue(bin, range.dataType, type);
        if (value !== undefined) writer.json(bin.micros, value);
      }
    };
    return { source: this.rollups.source(range), write };
  }
}

function writeQuotients(bins: readonly BinQuotient[], writer: RowWriter): void {
  writer.expect(bins.length);
  for (const { micros, value } of bins) if (value !== undefined) writer.number(micros, value);
}
