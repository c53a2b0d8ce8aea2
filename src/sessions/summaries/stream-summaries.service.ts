import { Injectable } from '@nestjs/common';
import { Invalid, NotFound } from '../../common/errors.js';
import { inTurns } from '../../common/turns.js';
import { FINISHED_TYPES, type FinishedBin } from '../../rollups/finished-bins.js';
import { binOfRow } from '../../rollups/merged-bins.js';
import { binValueOf, SUMMARY_KINDS, summariesOf, type SummaryType, summaryValue } from '../../rollups/summary-kinds.js';
import { FinishedBinStore } from '../../storage/rollups/finished-bin-store.js';
import { type StoredStream } from '../../storage/sessions/stream-store.js';
import { type BinPage, type MergedBins, SummariesService } from '../../summaries/summaries.service.js';
import { type StreamRowQuery } from '../points/point-query.js';
import { dataTypeOf } from '../stream-types.js';
import { StreamsService } from '../streams.service.js';

/** A page of bins of a stream. */
export interface StreamBins extends BinPage {
  /** When the test of the stream's session begins, in micros. */
  readonly testStart: number;
}

/** The summary of a whole stream. */
export interface WholeSummary {
  /** The window whose bins are merged, in seconds. */
  readonly window: number;
  /** The value as JSON; `undefined` where there is none. */
  readonly value: string | undefined;
  /** Whether bins are missing because they are still being filled. */
  readonly incomplete: boolean;
}

/** Reads summaries of streams. */
@Injectable()
export class StreamSummaries {
  constructor(
    private readonly streams: StreamsService,
    private readonly summaries: SummariesService,
    private readonly finishedBins: FinishedBinStore,
  ) {}

  /**
   * A page of the bins of a summary that begin in the range. Throws `NotFound` where there is no such stream or it lacks
   * the summary, and `Invalid` where it can't have one.
   */
  async read(
    session: string,
    id: string,
    type: SummaryType,
    window: number,
    { timeBase, from, to, order, page }: StreamRowQuery,
  ): Promise<StreamBins> {
    const stream = await this.streams.find(session, id);
    const windows = windowsOf(stream, type);
    const { path } = SUMMARY_KINDS[type];
    if (window < 1) throw new Invalid(`window ${window} makes no sense for ${path} of a stream`);
    if (!windows.includes(window))
      throw new NotFound(`stream ${id} has no ${path} of window ${window}, only of ${windows.join(', ')}`);
    const { testStart, metadataKey, type: eventType } = stream;
    const origin = timeBase === 'relative' ? testStart : 0;
    const range = { begin: from + origin, end: to + origin };
    return {
      ...(await this.summaries.read({ metadataKey, eventType, type, window }, { range, order, page })),
      testStart,
    };
  }

  /** A summary of all points of a stream, of the bins of its finest window. Throws as `read` does. */
  async whole(session: string, id: string, type: SummaryType): Promise<WholeSummary> {
    const stream = await this.streams.find(session, id);
    const [window = 0] = windowsOf(stream, type);
    const merged = await this.merged(stream, type);
    const { row, dataType, incomplete = false } = merged ?? {};
    const value = row && dataType && (await inTurns(summaryValue(binOfRow(row, 0), dataType, type)));
    const finished = FINISHED_TYPES.find((one) => one === type);
    return { window, value: value ?? (finished && (await this.finished(stream))?.texts().get(finished)), incomplete };
  }

  /** What the seconds of a stream come to that came finished, without its points; `undefined` where there are none. */
  finished({ series }: StoredStream): Promise<FinishedBin | undefined> {
    return this.finishedBins.whole(series);
  }

  /** All bins of a stream's finest window as one; `undefined` where it has none. Throws as `read` does. */
  merged(stream: StoredStream, type: SummaryType): Promise<MergedBins | undefined> {
    const [window = 0] = windowsOf(stream, type);
    const { metadataKey, type: eventType } = stream;
    return this.summaries.merged({ metadataKey, eventType, type, window }, { begin: -Infinity, end: Infinity });
  }
}

/**
 * The windows of a summary that a stream has, ascending. Throws `NotFound` where there is none, `Invalid` where none
 * can be.
 */
function windowsOf({ id, type: streamType, summaries }: StoredStream, type: SummaryType): readonly number[] {
  const dataType = dataTypeOf(streamType);
  if (!binValueOf(dataType, type))
    throw new Invalid(
      `${SUMMARY_KINDS[type].path} is not possible for ${dataType} values, only ${summariesOf(dataType)
        .map((possible) => SUMMARY_KINDS[possible].path)
        .join(', ')}`,
    );
  const windows = summaries.filter((one) => one.type === type).map(({ window }) => window);
  if (windows.length === 0) throw new NotFound(`stream ${id} has no ${SUMMARY_KINDS[type].path}`);
  return windows.sort((a, b) => a - b);
}
