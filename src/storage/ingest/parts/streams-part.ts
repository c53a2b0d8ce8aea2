import { ArchiveError } from '../../../common/errors.js';
import { NO_POINTS } from '../../points/point-columns.js';
import { type PointStore } from '../../points/point-store.js';
import { appended, type SeriesPlan } from '../../points/write-plan.js';
import { type SeriesRef } from '../../registry/series-store.js';
import { type RowsOfStream, type StreamLedger } from '../../sessions/stream-ledger.js';
import { RefusedRequests } from '../refused-requests.js';
import { type StreamOutcome } from '../stream-columns.js';
import { StreamRows } from '../stream-rows.js';
import { type WriteBatch } from '../write-batch.js';
import { type WriteRequest } from '../write-request.js';
import { type BatchTransaction, type OpenOutcome } from './batch-part.js';
import { type PlanningPart } from './planning-part.js';

/** The points of the streams of a batch, and their row numbers. */
export class StreamsPart implements PlanningPart {
  private plans: readonly SeriesPlan[] = [];
  private taken: readonly RowsOfStream[] = [];
  private outcomes: ReadonlyMap<WriteRequest, readonly StreamOutcome[]> = new Map();

  constructor(
    private readonly store: PointStore,
    private readonly ledger: StreamLedger,
    private readonly batch: WriteBatch,
  ) {}

  get planned(): readonly SeriesPlan[] {
    return this.plans;
  }

  get stored(): number {
    return this.plans.reduce((sum, { stored }) => sum + stored.micros.length, 0);
  }

  /** Throws `RefusedRequests` where sessions have ended, or row numbers can't be taken. */
  async lock({ sql, ifHeld }: BatchTransaction): Promise<void> {
    const { streams } = this.batch;
    const entries = await this.ledger.lookUp(
      sql,
      streams.map(({ columns: { series, row, micros } }) => ({ series: series.id, row, rows: micros.length })),
      ifHeld,
    );
    const open = new Map<number, { readonly series: SeriesRef; readonly rows: StreamRows }>();
    const outcomes = new Map<WriteRequest, StreamOutcome[]>();
    const errors = new Map<WriteRequest, ArchiveError>();
    streams.forEach(({ request, columns }, index) => {
      const entry = entries[index];
      const { series } = columns;
      const stream = open.get(series.id) ?? { series, rows: new StreamRows() };
      open.set(series.id, stream);
      const ofRequest = outcomes.get(request) ?? [];
      outcomes.set(request, ofRequest);
      try {
        if (entry) ofRequest.push(stream.rows.add(columns, entry, request.allowsClosed ?? false));
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        errors.set(request, error);
      }
    });
    if (errors.size > 0) throw new RefusedRequests(errors);
    this.outcomes = outcomes;
    this.taken = [...open].flatMap(([series, { rows }]) => rows.taken.map((range) => ({ series, ...range })));
    this.plans = [...open.values()].map(({ series, rows: { columns } }) => {
      const plan = appended({ series, columns });
      return series.keepsPoints ? plan : { ...plan, inserted: NO_POINTS };
    });
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    if (this.taken.length === 0) return [];
    return [...this.store.write(sql, this.plans), this.ledger.take(sql, this.taken)];
  }

  answer(_: BatchTransaction, outcomes: readonly OpenOutcome[]): Promise<unknown>[] {
    this.batch.requests.forEach((request, index) => {
      const outcome = outcomes[index];
      if (outcome) outcome.streams = this.outcomes.get(request) ?? [];
    });
    return [];
  }

  /** The evidence is that row numbers are taken which were not, whatever became of their points since. */
  async isStoredBy(): Promise<boolean> {
    const [rows] = this.taken;
    return !rows || this.ledger.holds(rows.series, [rows]);
  }
}
