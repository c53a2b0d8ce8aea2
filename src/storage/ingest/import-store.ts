import { Injectable } from '@nestjs/common';
import { Bins } from '../../rollups/bins.js';
import { Chunks } from '../hypertables/chunks.js';
import { Database } from '../../postgres/database.js';
import { PointStore, type SeriesPoint } from '../points/point-store.js';
import { RollupStore } from '../rollups/rollup-store.js';
import { existingSeries } from '../registry/relations.js';
import { SeriesStore } from '../registry/series-store.js';
import { classify } from '../../postgres/sql-errors.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { WriteBatch } from './write-batch.js';

/** How often a batch is tried whose chunks another process drops. */
const ATTEMPTS = 5;

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

/** What is noted with points. */
export interface ImportNotes {
  /** The other archive's time-updated, in seconds; now unless given. */
  readonly updated?: number | undefined;
}

/**
 * Stores the points of imports. Unlike the write queue it opens as many chunks as the history needs, it takes each
 * batch by itself, and it never changes what is there, documents neither.
 */
@Injectable()
export class ImportStore {
  constructor(
    private readonly db: Database,
    private readonly points: PointStore,
    private readonly rollups: RollupStore,
    private readonly series: SeriesStore,
    private readonly chunks: Chunks,
  ) {}

  /**
   * Stores those points whose place is free, with their part in the summaries, in one transaction, and returns how many
   * they were. Of several at one place the first counts.
   * Throws `StaleSeries` where a series has changed since it was looked up, `Unavailable`, and `CommitUnknown`.
   */
  async write(points: readonly SeriesPoint[], { updated }: ImportNotes = {}): Promise<number> {
    const { rows, series } = batchOf(points);
    if (rows.length === 0) return 0;
    for (let attempt = 1; ; attempt++) {
      await this.chunks.cover('points', timesOf(rows));
      await this.chunks.cover('bins', beginsOf(rows));
      try {
        return await this.db.retrying(async (sql) => {
          await this.series.lock(sql, series, 'wait');
          const { stored } = await this.points.insertNew(sql, rows);
          await this.rollups.add(sql, binsOf(stored).sorted());
          await this.series.touch(sql, stored, updated);
          return stored.length;
        });
      } catch (error) {
        if (attempt >= ATTEMPTS || classify(error) !== 'no-chunk') throw error;
        this.chunks.forget('points');
        this.chunks.forget('bins');
      }
    }
  }

  /** How many of these points `write` would store now. */
  async countNew(points: readonly SeriesPoint[]): Promise<number> {
    const { rows } = batchOf(points);
    return rows.length - (await this.points.countPresent(rows));
  }

  /** How far a stream was read by earlier runs, in micros; `undefined` where none was. */
  async progress({ source, series, type, window }: Stream): Promise<number | undefined> {
    const { rows } = await this.db.query<{ through: number }>(
      `SELECT ${microsOf('through')} AS through FROM import_progress
       WHERE series = $1 AND source = $2 AND type = $3 AND window_seconds = $4`,
      [series, source, type, window],
    );
    return rows[0]?.through;
  }

  /**
   * Notes that a stream is stored up to a time (micros, inclusive); it never moves back, except from a time that is
   * still to come: earlier versions noted whatever the other archive made up.
   */
  async noteProgress({ source, series, type, window }: Stream, through: number): Promise<void> {
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

/** Each place once, in (series, time) order. */
function batchOf(points: readonly SeriesPoint[]): WriteBatch {
  const unanswered = { answer: () => undefined, fail: () => undefined };
  // What is there already stays, whatever it is: as if all values were numbers.
  return new WriteBatch([{ points: points.map((point) => ({ ...point, additive: true })), bytes: 0, ...unanswered }]);
}

function binsOf(points: readonly SeriesPoint[]): Bins {
  const bins = new Bins();
  for (const point of points) bins.add(point.series, point);
  return bins;
}

function* timesOf(points: readonly SeriesPoint[]): Generator<number> {
  for (const { micros } of points) yield micros;
}

function* beginsOf(points: readonly SeriesPoint[]): Generator<number> {
  for (const { begin } of binsOf(points).sorted()) yield begin;
}
