import { Injectable } from '@nestjs/common';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { binOf } from '../../rollups/windows.js';
import { Database } from '../../postgres/database.js';
import { jsonArray, timestampArray } from '../../postgres/array-encoding.js';
import { bytesPerRow } from '../hypertables/chunk-space.js';
import { CutOffStore } from '../registry/cut-off-store.js';
import { type CutOffs, type RetentionRule, summaryCutOffs } from '../registry/cut-offs.js';
import { SeriesStore } from '../registry/series-store.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/** The rows that one transaction of retention deletes. */
const BATCH_ROWS = 50_000;

/** A registered summary of a series. */
export interface SummaryRef {
  readonly series: number;
  readonly type: SummaryType;
  readonly window: number;
}

/** The value of a bin in another archive. */
export interface ForeignBin {
  /** The begin of the bin. */
  readonly micros: number;
  /** JSON. */
  readonly value: string;
}

/** The numbers of bins of another archive, by what was done with them. */
export interface Sealing {
  readonly sealed: number;
  /** Sealed before: they keep their value. */
  readonly there: number;
  /** Computed here from points, which is exact: the other archive's value is not needed. */
  readonly computed: number;
  /** Older than the cut-off of the summary. */
  readonly expired: number;
}

/** Which bins to seal although some of their points are here. */
export interface SealOptions {
  /**
   * The bin in which the points here begin is sealed where bins before it are sealed, or where this says that earlier
   * points are missing.
   */
  readonly beginIsPartial?: boolean;
  /** Bins whose value here differs: some of their points could not be imported. */
  readonly differing?: boolean;
  /** The time-updated of the series in the other archive: that of the series here becomes no older. */
  readonly updated?: Date | undefined;
}

/** The condition that a bin here has the value $5, within 1 ÷ 10^9 (of percentages). */
const SAME = `abs(r.sum / nullif(r.denominator_sum, 0) - (g.value #>> '{}')::numeric) <= 1e-9`;

/**
 * The SQL on sealed bins: values of summaries from another archive whose points no longer exist. They hide the bins that
 * are computed here from readers, and nothing ever changes them. Points that come into such a bin later are stored, and
 * are summed up beneath it.
 */
@Injectable()
export class SealedBinStore {
  constructor(
    private readonly db: Database,
    private readonly series: SeriesStore,
    private readonly cutOffs: CutOffStore,
  ) {}

  /**
   * Seals those of the bins that can't be computed here, in one transaction under the lock of the series. `bins` are
   * in time order, each once. Nothing happens where the summary is not registered any more.
   */
  async seal(summary: SummaryRef, bins: readonly ForeignBin[], options: SealOptions = {}): Promise<Sealing> {
    const none = { sealed: 0, there: 0, computed: 0, expired: 0 };
    if (bins.length === 0) return none;
    return this.db.retrying(async (sql) => {
      const series = await this.series.lockOne(sql, summary.series);
      const begin = series?.first == null ? null : binOf(series.first, summary.window, series.origin);
      const cutOff = await this.cutOffs.ofSummary(sql, summary.series, summary.type, summary.window);
      if (cutOff === undefined) return none;
      const judged = await judge(sql, summary, bins, { ...options, begin, cutOff });
      if (options.updated) await this.series.updateTime(sql, summary.series, options.updated);
      return { ...none, ...Object.fromEntries(judged.map(({ outcome, bins: number }) => [outcome, number])) };
    });
  }

  /** Removes the sealed bins that lie wholly in a span, inside the caller's transaction; `end` is inclusive. */
  async removeWithin(sql: Sql, series: number, begin: number, end: number): Promise<void> {
    await sql.query(
      `DELETE FROM sealed_bin WHERE series = $1 AND bin >= $2
         AND bin + greatest(window_seconds * interval '1 second' - interval '1 microsecond', interval '0') <= $3`,
      [series, timestampOf(begin), timestampOf(end)],
    );
  }

  /** The number of sealed bins. */
  async count(): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>('SELECT count(*)::float8 AS count FROM sealed_bin');
    return rows[0]?.count ?? 0;
  }

  /** The number before the cut-offs of their summaries, by policy (`null`: only earlier policies had a cut-off). */
  async countExpired(
    rules: readonly RetentionRule[],
    cutOffs: CutOffs,
  ): Promise<{ policy: number | null; rows: number }[]> {
    const { begin, select, values } = expiredOf(rules, cutOffs);
    const { rows } = await this.db.query<{ policy: number | null; rows: number }>(
      `${begin} SELECT policy, count(*)::float8 AS rows FROM (${select}) e GROUP BY policy`,
      [...values],
    );
    return rows;
  }

  /** An estimate of the bytes that a sealed bin takes, with its share of the indexes. */
  bytesPerBin(): Promise<number> {
    return bytesPerRow(this.db, 'sealed_bin');
  }

  /** Whether each of these summaries has a sealed bin at or after a time (micros); in their order. */
  async existSince(sql: Sql, ranges: readonly (SummaryRef & { readonly begin: number })[]): Promise<boolean[]> {
    const { rows } = await sql.query<{ position: number }>(
      `SELECT position::int
       FROM unnest($1::int4[], $2::text[], $3::bigint[], $4::timestamptz[])
         WITH ORDINALITY AS r (series, type, window_seconds, begin, position)
       CROSS JOIN LATERAL (SELECT FROM sealed_bin p WHERE p.series = r.series AND p.type = r.type
                           AND p.window_seconds = r.window_seconds AND p.bin >= r.begin LIMIT 1) p`,
      [
        ranges.map(({ series }) => series),
        ranges.map(({ type }) => type),
        ranges.map(({ window }) => window),
        ranges.map(({ begin }) => timestampOf(begin)),
      ],
    );
    const found = new Set(rows.map(({ position }) => position));
    return ranges.map((_, index) => found.has(index + 1));
  }

  /** Deletes those before the recorded cut-offs, in bounded transactions. */
  async deleteExpired(rules: readonly RetentionRule[], signal?: AbortSignal): Promise<void> {
    for (let deleted = BATCH_ROWS; deleted === BATCH_ROWS;) {
      signal?.throwIfAborted();
      const { begin, select, values } = expiredOf(rules, 'recorded');
      const { rowCount } = await this.db.query(
        `${begin} DELETE FROM sealed_bin WHERE ctid IN (SELECT row FROM (${select} LIMIT ${BATCH_ROWS}) e)`,
        [...values],
      );
      deleted = rowCount ?? 0;
    }
  }
}

/** The sealed bins that have expired, as a relation of `row` and `policy`. */
function expiredOf(
  rules: readonly RetentionRule[],
  cutOffs: CutOffs,
): { begin: string; select: string; values: readonly unknown[] } {
  const { begin, select, values } = summaryCutOffs(rules, cutOffs);
  return {
    begin,
    select: `SELECT z.ctid AS row, e.policy FROM (${select}) e
             JOIN sealed_bin z ON z.series = e.series AND z.type = e.type AND z.window_seconds = e.window_seconds
             WHERE z.bin < e.cut_off`,
    values,
  };
}

/** Decides on each bin and stores those that are to be sealed, in one statement. */
async function judge(
  sql: Sql,
  { series, type, window }: SummaryRef,
  bins: readonly ForeignBin[],
  {
    begin,
    cutOff,
    beginIsPartial = false,
    differing = false,
  }: SealOptions & { readonly begin: number | null; readonly cutOff: number | null },
): Promise<{ outcome: string; bins: number }[]> {
  const text = `
    WITH given AS (SELECT * FROM unnest($4::timestamptz[], $5::json[]) AS g (bin, value)),
    summed AS (
      SELECT r.bin FROM rollup r JOIN given g ON g.bin = r.bin
      WHERE r.series = $1 AND r.window_seconds = $3 AND r.bin BETWEEN $6 AND $7 ${differing ? `AND ${SAME}` : ''}
    ), partial AS (
      SELECT $8::timestamptz AS bin
      WHERE $9 OR EXISTS (SELECT FROM given WHERE bin < $8)
        OR EXISTS (SELECT FROM sealed_bin WHERE series = $1 AND type = $2 AND window_seconds = $3 AND bin < $8)
    ), judged AS (
      SELECT g.*, CASE WHEN $10::timestamptz > g.bin THEN 'expired'
                       WHEN z.bin IS NOT NULL THEN 'there'
                       WHEN g.bin IN (SELECT bin FROM partial) THEN 'sealed'
                       WHEN g.bin IN (SELECT bin FROM summed) THEN 'computed'
                       ELSE 'sealed' END AS outcome
      FROM given g
      LEFT JOIN sealed_bin z ON z.series = $1 AND z.type = $2 AND z.window_seconds = $3 AND z.bin = g.bin
    ), stored AS (
      INSERT INTO sealed_bin SELECT $1, $2, $3, bin, value FROM judged WHERE outcome = 'sealed'
    )
    SELECT outcome, count(*)::int AS bins FROM judged GROUP BY outcome`;
  const { rows } = await sql.query<{ outcome: string; bins: number }>(text, [
    ...[series, type, window],
    timestampArray(bins, ({ micros }) => micros),
    jsonArray(bins, ({ value }) => value),
    timestampOf(bins[0]?.micros ?? 0),
    timestampOf(bins.at(-1)?.micros ?? 0),
    begin === null ? null : timestampOf(begin),
    beginIsPartial,
    cutOff === null ? null : timestampOf(cutOff),
  ]);
  return rows;
}
