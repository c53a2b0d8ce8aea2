import { Injectable } from '@nestjs/common';
import { type Page } from '../common/page.js';
import { resolveRange } from '../common/time-range.js';
import { inTurns } from '../common/turns.js';
import { type DataTypeName } from '../event-types/data-types.js';
import { binValueOf, needOf, type SummaryType, summaryValue } from '../rollups/summary-kinds.js';
import { quantilesJson } from '../rollups/exact-values.js';
import { type RollupRow } from '../rollups/rollup-row.js';
import { type StoredBin } from '../rollups/stored-bin.js';
import { binOf } from '../rollups/windows.js';
import { emptyPage, type RowPage } from '../rows/row-page.js';
import { type RowQuery } from '../rows/row-query.js';
import { type RowWriter } from '../rows/row-writer.js';
import { type BinQuantiles } from '../storage/rollups/bin-quantiles.js';
import { type BinQuotient } from '../storage/rollups/bin-quotients.js';
import { EventTypeStore } from '../storage/registry/event-type-store.js';
import { type BinRange } from '../storage/rollups/bin-source.js';
import { RollupStore } from '../storage/rollups/rollup-store.js';
import { SummaryStore } from '../storage/rollups/summary-store.js';

/** A summary, as clients name it. */
export interface SummaryName {
  readonly metadataKey: string;
  readonly eventType: string;
  readonly type: SummaryType;
  /** In seconds. */
  readonly window: number;
}

/** A page of bins. */
export interface BinPage extends RowPage {
  /** Whether bins are missing because they are still being filled. */
  readonly incomplete: boolean;
}

/** All bins of a range as one. */
export interface MergedBins {
  readonly row: RollupRow;
  readonly dataType: DataTypeName;
  /** Whether bins are missing because they are still being filled. */
  readonly incomplete: boolean;
}

/** Where the bins of a summary are stored. */
interface FoundBins {
  /** `undefined` where there is none in the range. */
  readonly bins: Omit<BinRange, 'descending'> | undefined;
  /** The begin of the last sealed bin, in micros; −Infinity where there is none. */
  readonly lastSealed: number;
  readonly incomplete: boolean;
}

/** The largest window that a summary can have been registered with. */
const MAX_WINDOW_SECONDS = 100_000_000_000;

/** Reads summaries. */
@Injectable()
export class SummariesService {
  constructor(
    private readonly summaries: SummaryStore,
    private readonly eventTypes: EventTypeStore,
    private readonly rollups: RollupStore,
  ) {}

  /**
   * A page of the bins that begin in the range, both ends inclusive and not rounded to bins. It is empty for an unknown
   * metadata key and for a summary that is not registered. Throws `Invalid` for an unknown event type.
   */
  async read(summary: SummaryName, { range, order, page }: RowQuery): Promise<BinPage> {
    const found = await this.find(summary, (now) => resolveRange(range, now));
    if (!found?.bins) return { ...emptyPage(page), incomplete: found?.incomplete ?? false };
    const { bins, lastSealed, incomplete } = found;
    const { type } = summary;
    const all = {
      ...{ ...bins, descending: order === 'desc', needs: needOf(bins.dataType, type) },
      sealed: lastSealed >= bins.begin ? type : undefined,
    };
    return { ...this.bins(all, type, page), incomplete };
  }

  /**
   * The bins of a summary that begin in a range of time (micros, both ends inclusive) as one, of which any summary of
   * the same window can be computed by `binOfRow` and `summaryValue`. Sealed bins are not in it. `undefined` where
   * there are none.
   * Throws `Invalid` for an unknown event type.
   */
  async merged(summary: SummaryName, range: { begin: number; end: number }): Promise<MergedBins | undefined> {
    const found = await this.find(summary, () => range);
    const row = found?.bins && (await this.rollups.merged(found.bins));
    return found?.bins && row && { row, dataType: found.bins.dataType, incomplete: found.incomplete };
  }

  /** The stored bins of a summary in a range; `undefined` where there is no such summary, or no point. */
  private async find(
    { metadataKey, eventType, type, window }: SummaryName,
    rangeAt: (now: number) => { readonly begin: number; readonly end: number },
  ): Promise<FoundBins | undefined> {
    const isPossible = window >= 0 && window <= MAX_WINDOW_SECONDS;
    const extent = isPossible ? await this.summaries.extent(metadataKey, eventType, type, window) : undefined;
    if (!extent) await this.eventTypes.require(metadataKey, eventType);
    if (!extent || extent.first === null || extent.last === null) return undefined;
    const asked = rangeAt(extent.now);
    const begin = Math.max(asked.begin, binOf(extent.first, window, extent.origin), extent.cutOff ?? -Infinity);
    const end = Math.min(asked.end, extent.last);
    const complete = extent.incompleteFrom ?? Infinity;
    const incomplete = end >= complete;
    const lastBegin = incomplete ? complete - 1 : end;
    const { id, dataType, fromPrimary } = extent;
    return {
      bins: begin > lastBegin ? undefined : { series: id, dataType, window, begin, end: lastBegin, fromPrimary },
      lastSealed: extent.lastSealed ?? -Infinity,
      incomplete,
    };
  }

  /** Summaries of numbers take a fast way, where none of their bins is sealed. */
  private bins(range: BinRange, type: SummaryType, page: Page): RowPage {
    const { divisor } = binValueOf(range.dataType, type) ?? {};
    if (range.sealed === undefined && divisor !== undefined)
      return { source: this.rollups.quotients(range, divisor), page, write: writeQuotients };
    if (range.sealed === undefined && range.needs === 'samples')
      return { source: this.rollups.quantiles(range), page, write: writeQuantiles };
    const write = (bins: readonly StoredBin[], writer: RowWriter): Promise<void> =>
      inTurns(writeBins(bins, writer, range.dataType, type));
    return { source: this.rollups.source(range), page, write };
  }
}

/** In steps: the statistics of a histogram of a hundred thousand labels take long. */
function* writeBins(
  bins: readonly StoredBin[],
  writer: RowWriter,
  dataType: DataTypeName,
  type: SummaryType,
): Generator<void, void, void> {
  for (const bin of bins) {
    const value = yield* summaryValue(bin, dataType, type);
    if (value !== undefined) writer.json(bin.micros, value);
    yield;
  }
}

function writeQuantiles(bins: readonly BinQuantiles[], writer: RowWriter): void {
  for (const { micros, numbers, isBeyond } of bins)
    if (numbers.length > 0) writer.json(micros, quantilesJson(numbers, isBeyond));
}

function writeQuotients(bins: readonly BinQuotient[], writer: RowWriter): void {
  writer.expect(bins.length);
  for (const { micros, value } of bins) if (value !== undefined) writer.number(micros, value);
}
