import { Injectable } from '@nestjs/common';
import { UsageCounters } from '../../audit/usage-counters.js';
import { type Caller } from '../../auth/caller.js';
import { AppConfig } from '../../config/config.js';
import { IdempotentWrites } from '../../data/idempotent-writes.js';
import { type RequestKey } from '../../http/idempotency-key.js';
import { type KeyClaim } from '../../storage/ingest/idempotency-store.js';
import { retryWhileStale } from '../../storage/ingest/retry-while-stale.js';
import { type StreamOutcome } from '../../storage/ingest/stream-columns.js';
import { WriteQueue } from '../../storage/ingest/write-queue.js';
import { type WriteOutcome } from '../../storage/ingest/write-request.js';
import { StreamCache, streamKey, type StreamRef } from '../../storage/sessions/stream-cache.js';
import { StreamsService } from '../streams.service.js';
import { type TimeBase } from '../time-base.js';
import { parseManyStreams, type PostedStream } from './many-columns.js';
import { parseColumns } from './parse-columns.js';
import { checkNumber, type PostedColumns } from './posted-columns.js';

/** What all requests to store points of streams have. */
export interface StreamWrite {
  readonly session: string;
  readonly body: Buffer;
  readonly timeBase: TimeBase;
  readonly caller: Caller;
  /** The `Idempotency-Key` of a request that may be sent again. */
  readonly requestKey: RequestKey | undefined;
}

/** A request to store points of one stream. */
export interface OneStreamWrite extends StreamWrite {
  readonly stream: string;
  /** The row number of the first point; `undefined` appends. */
  readonly row: number | undefined;
  readonly mediaType: string;
}

/** What became of the points of a stream, with its id. */
export type NamedOutcome = StreamOutcome & { readonly stream: string };

/** Points that are ready to be stored. */
interface ReadStream {
  readonly stream: string;
  readonly row: number | undefined;
  readonly ref: StreamRef;
  readonly columns: PostedColumns;
}

/** Stores points of streams. */
@Injectable()
export class StreamWrites {
  constructor(
    private readonly cache: StreamCache,
    private readonly streams: StreamsService,
    private readonly queue: WriteQueue,
    private readonly idempotent: IdempotentWrites,
    private readonly usage: UsageCounters,
    private readonly config: AppConfig,
  ) {}

  /**
   * Stores the points of one stream in one transaction and resolves after its commit. Rows that were taken before are
   * left out. Throws, with nothing stored: `NotFound` for an unknown stream or session, `Invalid` for a bad point and a
   * stream that is full, `TooLarge`, `StateConflict` where the session has ended, `KeyReused`, `Unavailable`.
   */
  async write(request: OneStreamWrite): Promise<NamedOutcome> {
    const { stream, row, body, mediaType } = request;
    const read: PostedStream['read'] = (options) => parseColumns(body, mediaType, options);
    const [outcome] = await this.store(request, [{ stream, row, read }]);
    if (!outcome) throw new Error('a write without an outcome');
    return outcome;
  }

  /** Like `write`, for the points of several streams; the outcomes are in the order of the body. */
  writeMany(request: StreamWrite): Promise<readonly NamedOutcome[]> {
    return this.store(request, parseManyStreams(request.body));
  }

  private async store(request: StreamWrite, posted: readonly PostedStream[]): Promise<readonly NamedOutcome[]> {
    const { caller, requestKey, session } = request;
    const outcomes = requestKey
      ? await this.idempotent.once(
          caller,
          requestKey,
          (claim) => this.storeFresh(request, posted, claim),
          parseOutcomes,
        )
      : await this.storeFresh(request, posted);
    const byName = new Map(outcomes.map((outcome) => [outcome.stream, outcome]));
    return Promise.all(posted.map((one) => Promise.resolve(byName.get(one.stream) ?? this.nothing(session, one))));
  }

  private storeFresh(
    request: StreamWrite,
    posted: readonly PostedStream[],
    claim?: KeyClaim,
  ): Promise<readonly NamedOutcome[]> {
    return retryWhileStale(
      () => this.storeOnce(request, posted, claim),
      () => {
        this.cache.forget(posted.map(({ stream }) => streamKey(request.session, stream)));
      },
    );
  }

  /** Returns the outcomes of the streams that have points in the request. */
  private async storeOnce(
    request: StreamWrite,
    posted: readonly PostedStream[],
    claim: KeyClaim | undefined,
  ): Promise<readonly NamedOutcome[]> {
    const { caller } = request;
    const read = (await this.read(request, posted)).filter(({ columns }) => columns.micros.length > 0);
    if (read.length === 0) return [];
    const named = ({ streams }: WriteOutcome): NamedOutcome[] =>
      streams.map((outcome, index) => ({ stream: read[index]?.stream ?? '', ...outcome }));
    const outcome = await this.queue.write({
      columns: [],
      streams: read.map(({ ref, row, columns }) => ({ ...columnsOf(columns), series: ref.series, row })),
      size: read.reduce((sum, { columns }) => sum + columns.micros.length, 0),
      by: caller,
      idempotency: claim && { claim, answerOf: (first) => JSON.stringify(named(first)) },
    });
    for (const [index, { ref }] of read.entries()) {
      const expired = outcome.streams[index]?.expired ?? 0;
      if (expired > 0) this.usage.recordDrop(caller, ref.metadataKey, ref.type, 'older than retention keeps', expired);
    }
    return named(outcome);
  }

  /** Finds the streams and reads their points. */
  private async read(
    { session, timeBase }: StreamWrite,
    posted: readonly PostedStream[],
  ): Promise<readonly ReadStream[]> {
    const refs = await this.cache.get(posted.map(({ stream }) => streamKey(session, stream)));
    let total = 0;
    const found: ReadStream[] = [];
    for (const { stream, row, read } of posted) {
      const ref = refs.get(streamKey(session, stream));
      if (!ref) throw await this.streams.unknown(session, stream);
      const origin = timeBase === 'relative' ? ref.series.origin : 0;
      const columns = read({ type: ref.type, origin, most: this.config.maxPoints });
      total += columns.micros.length;
      checkNumber(total, this.config.maxPoints);
      found.push({ stream, row, ref, columns });
    }
    return found;
  }

  /** The outcome of a stream without points in the request. */
  private async nothing(session: string, { stream, row }: PostedStream): Promise<NamedOutcome> {
    const { received } = await this.streams.find(session, stream);
    const nextRow = received.at(-1)?.end ?? 0;
    return { stream, row: row ?? nextRow, rows: 0, stored: 0, repeated: 0, expired: 0, nextRow };
  }
}

function columnsOf({ micros, values, denominators, documents }: PostedColumns) {
  return { micros, values, denominators, documents };
}

/** Parses the outcomes that were kept with a key. */
function parseOutcomes(answer: string | null): readonly NamedOutcome[] {
  return answer === null ? [] : (JSON.parse(answer) as NamedOutcome[]); // our own
}
