import { Injectable } from '@nestjs/common';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { Database } from '../../postgres/database.js';
import { type Sql } from '../../postgres/sql.js';
import { microsOf } from '../../postgres/timestamps.js';
import { type Content } from '../hypertables/hypertables.js';
import {
  type CutOffs,
  cutOffsOf,
  type DataKind,
  type RetentionRule,
  RULE_FITS,
  ruleColumns,
  WITH_RULES,
} from './cut-offs.js';
import { SERIES_IN_DATABASES } from './relations.js';

/** What a series or one of its summaries may have data in, from its cut-off on. */
export interface DataRange {
  /** The number of the metadata. */
  readonly metadata: number;
  readonly series: number;
  /** `null` for the points of the series. */
  readonly summary: { readonly type: SummaryType; readonly window: number } | null;
  /** In micros; −Infinity where no cut-off counts. */
  readonly begin: number;
}

/** Every series (window null) and every summary, with the cut-offs that the rules ask for. */
const REGISTERED = `
  SELECT s.metadata, s.id AS series, s.is_stream, NULL::bigint AS window_seconds, NULL::text AS type, s.time_updated,
         r.cut_off,
         greatest(s.base_cut_off, r.cut_off) AS planned
  FROM ${SERIES_IN_DATABASES} LEFT JOIN retention_rule r ON ${RULE_FITS} AND r.summary_type = 'base'
  UNION ALL
  SELECT s.metadata, s.id, s.is_stream, y.window_seconds, y.type, s.time_updated, r.cut_off, greatest(y.cut_off, r.cut_off)
  FROM summary y JOIN ${SERIES_IN_DATABASES} ON s.id = y.series
  LEFT JOIN retention_rule r ON ${RULE_FITS} AND r.summary_type = y.type
                  AND r.window_seconds = y.window_seconds`;

/** The cut-offs of retention, which each series and each summary keeps: data before them are gone for readers. */
@Injectable()
export class CutOffStore {
  constructor(private readonly db: Database) {}

  /** All kinds of data that are registered, and the database's time in micros. */
  async kinds(): Promise<{ kinds: DataKind[]; now: number }> {
    const { rows } = await this.db.query<DataKind>(
      `WITH s AS (SELECT * FROM ${SERIES_IN_DATABASES})
       SELECT nullif(database, '') AS database, event_type AS "eventType", 'base' AS "summaryType", 0::float8 AS window
       FROM s GROUP BY database, event_type
       UNION ALL
       SELECT nullif(database, ''), s.event_type, y.type, y.window_seconds::float8
       FROM summary y JOIN s ON s.id = y.series GROUP BY database, s.event_type, y.type, y.window_seconds`,
    );
    const time = await this.db.query<{ now: number }>(`SELECT ${microsOf('clock_timestamp()')} AS now`);
    return { kinds: rows, now: time.rows[0]?.now ?? 0 };
  }

  /** The latest cut-off of any points, or any bins, in micros; `null` if there is none. */
  async latest(content: Content, rules: readonly RetentionRule[], cutOffs: CutOffs): Promise<number | null> {
    const { begin, select, values } = cutOffsOf(content, rules, cutOffs);
    const { rows } = await this.db.query<{ latest: number | null }>(
      `${begin} SELECT ${microsOf('max(cut_off)')} AS latest FROM (${select}) e`,
      [...values],
    );
    return rows[0]?.latest ?? null;
  }

  /** The cut-off of a summary in micros, or `null`; `undefined` where it is not registered. */
  async ofSummary(sql: Sql, series: number, type: SummaryType, window: number): Promise<number | null | undefined> {
    const { rows } = await sql.query<{ cutOff: number | null }>(
      `SELECT ${microsOf('cut_off')} AS "cutOff" FROM summary
       WHERE series = $1 AND type = $2 AND window_seconds = $3`,
      [series, type, window],
    );
    return rows[0]?.cutOff;
  }

  /** The cut-offs of those of these summaries that are registered, in micros; −Infinity where none counts. */
  async ofSummaries<T extends SummaryType>(
    sql: Sql,
    series: readonly number[],
    types: readonly T[],
    window: number,
  ): Promise<{ series: number; type: T; cutOff: number }[]> {
    const { rows } = await sql.query<{ series: number; type: T; cutOff: number }>(
      `SELECT series, type, ${microsOf("coalesce(cut_off, '-infinity')")} AS "cutOff" FROM summary
       WHERE series = ANY ($1::int4[]) AND type = ANY ($2::text[]) AND window_seconds = $3`,
      [series, types, window],
    );
    return rows;
  }

  /** The time (micros) before which all summaries of a window have expired, or `null`. */
  async ofWindow(sql: Sql, series: number, window: number): Promise<number | null> {
    const { rows } = await sql.query<{ cutOff: number | null }>(
      `SELECT CASE WHEN bool_and(cut_off IS NOT NULL) THEN ${microsOf('min(cut_off)')} END AS "cutOff"
       FROM summary WHERE series = $1 AND window_seconds = $2`,
      [series, window],
    );
    return rows[0]?.cutOff ?? null;
  }

  /**
   * Records the cut-offs of the rules on series and their summaries, inside the caller's transaction, which holds the
   * locks of the series; none ever moves back. A series whose cut-offs change gets a new version, so that writers
   * notice.
   * @param held the series whose points are still needed: their cut-offs stay as they are.
   */
  async record(
    sql: Sql,
    rules: readonly RetentionRule[],
    series: readonly number[],
    held: readonly number[],
  ): Promise<void> {
    await sql.query(
      `${WITH_RULES}, hidden AS (
         UPDATE summary y SET cut_off = r.cut_off
         FROM ${SERIES_IN_DATABASES} JOIN retention_rule r ON ${RULE_FITS}
         WHERE s.id = ANY ($7::int4[]) AND y.series = s.id AND y.type = r.summary_type
           AND y.window_seconds = r.window_seconds AND r.cut_off > coalesce(y.cut_off, '-infinity')
         RETURNING y.series
       ), base AS (
         SELECT s.id AS series, r.cut_off
         FROM ${SERIES_IN_DATABASES} JOIN retention_rule r ON ${RULE_FITS} AND r.summary_type = 'base'
         WHERE s.id = ANY ($7::int4[]) AND r.cut_off > coalesce(s.base_cut_off, '-infinity')
           AND s.id <> ALL ($8::int4[])
       ), changed AS (
         SELECT series, max(cut_off) AS cut_off
         FROM (SELECT * FROM base UNION ALL SELECT DISTINCT series, NULL::timestamptz FROM hidden) changes
         GROUP BY series
       )
       UPDATE series SET base_cut_off = coalesce(changed.cut_off, base_cut_off), version = version + 1
       FROM changed WHERE id = changed.series`,
      [...ruleColumns(rules), series, held],
    );
  }

  /**
   * The metadata all of whose data have a rule that lets them expire, to which nothing was written since any of the
   * cut-offs, and which were made before them; in the order of their numbers. A stream is none of them: its session owns
   * it, and it knows which rows were taken, even those that have expired.
   * @param among only of these.
   */
  async idleMetadata(sql: Sql, rules: readonly RetentionRule[], among?: readonly number[]): Promise<number[]> {
    const { rows } = await sql.query<{ id: number }>(
      `${WITH_RULES}
       SELECT m.id FROM metadata m
       JOIN (SELECT metadata, min(cut_off) AS cut_off FROM (${REGISTERED}) registered GROUP BY metadata
             HAVING bool_and(NOT is_stream AND cut_off IS NOT NULL AND (time_updated IS NULL OR time_updated < cut_off))) idle
         ON idle.metadata = m.id
       WHERE m.created < idle.cut_off AND ($7::int4[] IS NULL OR m.id = ANY ($7)) ORDER BY m.id`,
      [...ruleColumns(rules), among ?? null],
    );
    return rows.map(({ id }) => id);
  }

  /**
   * The points and the summaries that these metadata have registered, one range each.
   * @param cutOffs with `planned` the ranges begin at the cut-offs that recording the rules would make, else nowhere.
   */
  async rangesOf(
    sql: Sql,
    rules: readonly RetentionRule[],
    cutOffs: CutOffs,
    metadata: readonly number[],
  ): Promise<DataRange[]> {
    const { rows } = await sql.query<Omit<DataRange, 'summary'> & { type: SummaryType | null; window: number }>(
      `${WITH_RULES}
       SELECT metadata, series, type, window_seconds::float8 AS window, ${microsOf("coalesce(planned, '-infinity')")} AS begin
       FROM (${REGISTERED}) registered WHERE metadata = ANY ($7::int4[])`,
      [...ruleColumns(rules), metadata],
    );
    return rows.map(({ type, window, begin, ...range }) => ({
      ...range,
      summary: type === null ? null : { type, window },
      begin: cutOffs === 'planned' ? begin : -Infinity,
    }));
  }
}
