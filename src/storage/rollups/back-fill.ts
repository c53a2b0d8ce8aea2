import { Injectable } from '@nestjs/common';
import { needOf } from '../../rollups/summary-kinds.js';
import { binsOfBase } from './base-bins.js';
import { Chunks } from '../hypertables/chunks.js';
import { Database } from '../../postgres/database.js';
import { firstIntactBin } from './divided-bin.js';
import { PointStore } from '../points/point-store.js';
import { RollupStore } from './rollup-store.js';
import { type AddedSummary, type BinOwner } from '../registry/data-owners.js';
import { seriesOfMetadata } from '../registry/relations.js';
import { SeriesStore } from '../registry/series-store.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/** The points that one transaction sums up (more only where a single bin has more). */
const STEP_POINTS = 20_000;

/** A window of a series that lacks bins. */
export interface Lacking {
  readonly series: number;
  readonly window: number;
}

/** How far a window is filled: up to `next` (micros), and whether the bins from there on lack points. */
interface FillState {
  readonly next: number;
  readonly partial: boolean;
}

/**
 * Fills the bins of summaries that were registered after their points, from the oldest bin to the newest in steps. Each
 * step is a transaction that holds the lock of the series, recomputes whole bins from the stored points, and records how
 * far it came: so it can be interrupted anywhere, and writes and other processes continue in between. Bins whose points
 * have expired stay as they are. A bin may come to more categories than writes may give it: its points are stored, so
 * leaving some out would make the bin wrong, and nobody is there to be refused. Writes to such a bin are refused.
 */
@Injectable()
export class BackFill implements BinOwner {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    readonly points: PointStore,
    readonly rollups: RollupStore,
    private readonly chunks: Chunks,
  ) {}

  /** Records which windows lack bins because their summaries were added after points of the series. */
  async summariesAdded(sql: Sql, summaries: readonly AddedSummary[]): Promise<void> {
    const lacking = summaries.filter(
      ({ hasPoints, isNewWindow, type, dataType }) => hasPoints && (isNewWindow || needOf(dataType, type)),
    );
    if (lacking.length === 0) return;
    await sql.query(
      `INSERT INTO back_fill (series, window_seconds, next_bin, partial)
       SELECT series, window_seconds, '-infinity', bool_or(partial)
       FROM unnest($1::int4[], $2::bigint[], $3::boolean[]) AS lacking (series, window_seconds, partial) GROUP BY 1, 2
       ON CONFLICT ON CONSTRAINT back_fill_pkey
       DO UPDATE SET next_bin = '-infinity', partial = back_fill.partial OR excluded.partial`,
      [
        lacking.map(({ series }) => series),
        lacking.map(({ window }) => window),
        lacking.map(({ isNewWindow }) => isNewWindow),
      ],
    );
  }

  /** Those of these series that still lack bins. */
  async unfinished(sql: Sql, series: readonly number[]): Promise<number[]> {
    const text = 'SELECT DISTINCT series FROM back_fill WHERE series = ANY ($1::int4[])';
    const { rows } = await sql.query<{ series: number }>(text, [series]);
    return rows.map((row) => row.series);
  }

  /** The windows that lack bins: of one metadata, or of all. */
  async lacking(metadataKey?: string): Promise<Lacking[]> {
    const { rows } = await this.db.query<Lacking>(
      `SELECT series, window_seconds::float8 AS window FROM back_fill
       WHERE $1::text IS NULL OR series IN ${seriesOfMetadata('$1')} ORDER BY 1, 2`,
      [metadataKey ?? null],
    );
    return rows;
  }

  /**
   * Fills one window until it is complete or `steps` steps (of 20,000 points or more each) are done. Returns whether it
   * is complete.
   */
  async run(lacking: Lacking, steps = Infinity): Promise<boolean> {
    for (let step = 0; step < steps; step++)
      if (!(await this.chunks.transaction('bins', (sql, begins) => this.step(sql, lacking, begins)))) return true;
    return false;
  }

  /** One step; returns whether more follow. Adds the begins of the bins that it stores to `begins`. */
  private async step(sql: Sql, { series: id, window }: Lacking, begins: number[]): Promise<boolean> {
    const series = await this.series.lockOne(sql, id);
    const progress = await this.progress(sql, id, window);
    const spec = series?.rollups.find((one) => one.window === window);
    if (!series || !spec || !progress) return false;
    // A bin that has lost points is recomputed only if it never counted them.
    const whole = progress.partial ? -Infinity : await firstIntactBin(sql, this, series, window);
    const begin = Math.max(progress.next, whole, series.first ?? Infinity, series.cutOff ?? -Infinity);
    const end = series.last ?? -Infinity;
    if (begin > end) return this.finish(sql, id, window);
    const base = await binsOfBase(this.points, sql, series, spec, { begin, end, most: STEP_POINTS });
    const bins = base.bins.sorted();
    for (const { begin: binBegin } of bins) begins.push(binBegin);
    await this.rollups.replace(sql, bins);
    if (base.next === undefined) return this.finish(sql, id, window);
    await sql.query('UPDATE back_fill SET next_bin = $3 WHERE series = $1 AND window_seconds = $2', [
      ...[id, window],
      timestampOf(base.next),
    ]);
    return true;
  }

  private async progress(sql: Sql, series: number, window: number): Promise<FillState | undefined> {
    const { rows } = await sql.query<FillState>(
      `SELECT ${microsOf('next_bin')} AS next, partial FROM back_fill
       WHERE series = $1 AND window_seconds = $2 FOR UPDATE`,
      [series, window],
    );
    return rows[0];
  }

  private async finish(sql: Sql, series: number, window: number): Promise<false> {
    await sql.query('DELETE FROM back_fill WHERE series = $1 AND window_seconds = $2', [series, window]);
    return false;
  }
}
