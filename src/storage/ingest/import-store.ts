import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { Chunks } from '../hypertables/chunks.js';
import { PointStore } from '../points/point-store.js';
import { existingSeries } from '../registry/relations.js';
import { type BatchOptions, BatchWriter } from './batch-writer.js';
import { WriteBatch } from './write-batch.js';
import { hoursOf, type WriteRequest } from './write-request.js';

/** One run of points or bins of another archive. */
export interface Stream {
  /** Which archive. */
  readonly source: string;
  /** The id of the series here. */
  readonly series: number;
  /** `base`, or the type of a summary with its window in seconds. */
  readonly type: string;
  readonly window: number;
}

/** Nobody else waits for the transactions of imports. */
const IMPORT: BatchOptions = { ifHeld: 'wait', retriesBrokenConnections: true, isHistory: true };

/** Stores the points of imports, and how far they have come. */
@Injectable()
export class ImportStore {
  constructor(
    private readonly db: Database,
    private readonly batches: BatchWriter,
    private readonly points: PointStore,
    private readonly chunks: Chunks,
  ) {}

  /**
   * Stores the points of one request as a batch of its own, and returns how many were inserted or replaced. Unlike the
   * write queue, it makes as many chunks as the history needs.
   * @param timeUpdated the other archive's time-updated, in seconds; now unless given.
   * Throws, with nothing stored: `StaleSeries` where a series has changed since it was looked up; the error of
   * PostgreSQL where it refuses a value; `Unavailable`. Throws `CommitUnknown` where it can't be found out what was
   * stored.
   */
  async write(request: WriteRequest, timeUpdated?: number): Promise<number> {
    if (request.size === 0) return 0;
    await this.chunks.cover('points', hoursOf(request));
    const [outcome] = await this.batches.write([request], { ...IMPORT, timeUpdated });
    return outcome?.stored ?? 0;
  }

  /** How many points of a request `write` would insert now. */
  async countNew(request: WriteRequest): Promise<number> {
    const { points, places } = new WriteBatch([request]);
    return places - (await this.points.countPresent(points));
  }

  /** How far earlier runs have read a stream, in micros; `undefined` where none has. */
  async progress({ source, series, type, window }: Stream): Promise<number | undefined> {
    const { rows } = await this.db.query<{ through: number }>(
      `SELECT ${microsOf('through')} AS through FROM import_progress
       WHERE series = $1 AND source = $2 AND type = $3 AND window_seconds = $4`,
      [series, source, type, window],
    );
    return rows[0]?.through;
  }

  /**
   * Records that a stream is stored up to a time (micros, inclusive). It never moves back, except from a time in the
   * future: earlier versions recorded whatever the other archive made up.
   */
  async recordProgress({ source, series, type, window }: Stream, through: number): Promise<void> {
    await this.db.query(
      `INSERT INTO import_progress (source, series, type, window_seconds, through)
       SELECT $2, id, $3, $4, $5 FROM ${existingSeries('$1')} s
       ON CONFLICT ON CONSTRAINT import_progress_pkey
       DO UPDATE SET through = CASE WHEN import_progress.through > now() + interval '1 day' THEN excluded.through
                                    ELSE greatest(import_progress.through, excluded.through) END`,
      [series, source, type, window, timestampOf(through)],
    );
  }
}
