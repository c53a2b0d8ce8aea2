import { NotFound } from '../../common/errors.js';
import { MICROS_PER_SECOND } from '../../common/time.js';
import { FINISHED_TYPES } from '../../rollups/finished-bins.js';
import { type PostedColumns } from '../../sessions/points/posted-columns.js';
import { type Actor } from '../../storage/access/audit-store.js';
import { retryWhileStale } from '../../storage/ingest/retry-while-stale.js';
import { type WriteQueue } from '../../storage/ingest/write-queue.js';
import { type SeriesStore } from '../../storage/registry/series-store.js';
import { type SealedBinStore } from '../../storage/rollups/sealed-bin-store.js';
import { type StoredStream } from '../../storage/sessions/stream-store.js';
import { type StreamReport } from './folder-report.js';
import { type FinishedSecond } from './seconds.js';

/** Bins that one transaction seals. */
const BATCH_BINS = 5000;

/** What stores the data of streams. */
export interface StreamStores {
  readonly series: SeriesStore;
  readonly queue: WriteQueue;
  readonly sealed: SealedBinStore;
}

/** A stream of an import, as it is stored. Whether its session has ended is of no matter. */
export class StreamTarget {
  constructor(
    private readonly stores: StreamStores,
    private readonly stream: StoredStream,
    private readonly report: StreamReport,
    private readonly by: Actor,
  ) {}

  /** Stores points in one transaction; those whose rows were taken before are left out. @param row of the first one. */
  async storePoints(row: number, { micros, values, denominators, documents }: PostedColumns): Promise<void> {
    const outcome = await retryWhileStale(async () => {
      const { series, id } = this.stream;
      const ref = (await this.stores.series.refs([series])).get(series);
      if (!ref) throw new NotFound(`stream ${id} was deleted meanwhile`);
      const columns = { micros, values, denominators, documents };
      return this.stores.queue.write({
        ...{ columns: [], streams: [{ series: ref, row, ...columns }], allowsClosed: true },
        ...{ size: micros.length, by: this.by },
      });
    });
    for (const { stored, repeated, expired } of outcome.streams) {
      this.report.points.stored += stored;
      this.report.points.there += repeated;
      this.report.points.expired += expired;
    }
  }

  /** Seals the values of seconds, each batch in one transaction; what is sealed already stays. */
  async sealSeconds(seconds: readonly FinishedSecond[], signal: AbortSignal | undefined): Promise<void> {
    const { series, testStart } = this.stream;
    for (const type of FINISHED_TYPES) {
      const bins = seconds.flatMap(({ second, texts }) => {
        const value = texts.get(type);
        return value === undefined ? [] : [{ micros: testStart + second * MICROS_PER_SECOND, value }];
      });
      for (let begin = 0; begin < bins.length; begin += BATCH_BINS) {
        signal?.throwIfAborted();
        const batch = bins.slice(begin, begin + BATCH_BINS);
        const { sealed, there } = await this.stores.sealed.seal({ series, type, window: 1 }, batch);
        this.report.seconds.sealed += sealed;
        this.report.seconds.there += there;
      }
    }
  }
}
