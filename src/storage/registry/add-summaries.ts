import { int4Array, int8Array, textArray } from '../../postgres/array-encoding.js';
import { type Sql } from '../../postgres/sql.js';
import { type SummaryType } from '../../rollups/summary-kinds.js';
import { type AddedSummary, type BinOwner } from './data-owners.js';

/** A summary to be added to a series, given by its id; the window is in seconds. */
export interface WantedSummary {
  readonly series: number;
  readonly type: SummaryType;
  readonly window: number;
}

/**
 * Adds those of these summaries that are missing, inside the caller's transaction, which holds the locks of the series. A
 * series that gets one gets a new version, so that writers notice.
 * @returns those that were added, as event type, type and window, sorted.
 */
export async function addSummaries(sql: Sql, bins: BinOwner, wanted: readonly WantedSummary[]): Promise<string[]> {
  const { rows } = await sql.query<AddedSummary & { name: string }>({
    name: 'summaries-add',
    // Inside one statement, "summary" is what it was before: it tells whether the window is new to the series.
    text: `WITH added AS (
         -- Bins that have expired are missing for the new summary too: their rows are gone. So are those of points that
         -- were not kept.
         INSERT INTO summary (series, type, window_seconds, cut_off)
         SELECT s.id, type, window_seconds,
                CASE WHEN NOT s.keeps_points THEN s.last_point + interval '1 microsecond' ELSE
                (SELECT CASE WHEN bool_and(y.cut_off IS NOT NULL) THEN min(y.cut_off) END FROM summary y
                 WHERE y.series = s.id AND y.window_seconds = wanted.window_seconds) END
         FROM unnest($1::int4[], $2::text[], $3::int8[]) AS wanted (series, type, window_seconds)
         JOIN series s ON s.id = wanted.series
         ON CONFLICT ON CONSTRAINT summary_pkey DO NOTHING RETURNING series, type, window_seconds
       ), noticed AS (
         UPDATE series SET version = version + 1 WHERE id IN (SELECT series FROM added)
       )
       SELECT concat_ws(' ', s.event_type, a.type, a.window_seconds) AS name,
              a.series, s.data_type AS "dataType", a.type, a.window_seconds::float8 AS window,
              NOT EXISTS (SELECT FROM summary y WHERE y.series = a.series AND y.window_seconds = a.window_seconds)
                AS "isNewWindow", s.keeps_points AND s.first_point IS NOT NULL AS "hasPoints"
       FROM added a JOIN series s ON s.id = a.series ORDER BY 1`,
    values: [
      int4Array(wanted, ({ series }) => series),
      textArray(wanted, ({ type }) => type),
      int8Array(wanted, ({ window }) => window),
    ],
  });
  await bins.summariesAdded(sql, rows);
  return rows.map(({ name }) => name);
}
