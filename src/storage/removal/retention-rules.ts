import { type SummaryType } from '../../event-types/data-types.js';
import { type Hypertable } from '../hypertables/engine.js';
import { timestampOf } from '../../postgres/timestamps.js';

/** Data that a retention policy can name: the base points (`base`, window 0) or a summary of an event type. */
export interface DataKind {
  readonly eventType: string;
  readonly summaryType: SummaryType | 'base';
  /** In seconds. */
  readonly window: number;
}

/** What retention has to do with a kind of data; kinds without a rule are kept. */
export interface RetentionRule extends DataKind {
  /** Which policy says so: any number, for the caller. */
  readonly policy: number;
  /** Data before this time (micros) leave; `null` keeps everything. */
  readonly cutOff: number | null;
}

/** The start of a statement that makes the relation `rule` of the parameters $1 to $5, which `ruleColumns` fills. */
export const WITH_RULES = `
  WITH rule AS (SELECT * FROM unnest($1::int4[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[])
                       AS r (policy, event_type, summary_type, window_seconds, cut_off))`;

/** The parameters $1 to $5 of `WITH_RULES`. */
export function ruleColumns(rules: readonly RetentionRule[]): unknown[] {
  return [
    rules.map(({ policy }) => policy),
    rules.map(({ eventType }) => eventType),
    rules.map(({ summaryType }) => summaryType),
    rules.map(({ window }) => window),
    rules.map(({ cutOff }) => (cutOff === null ? null : timestampOf(cutOff))),
  ];
}

/**
 * Whose cut-offs count: those that are recorded, or the ones that recording the rules would make of them. Recorded
 * ones never move back, so what lies before them may go at any time.
 */
export type CutOffs = 'recorded' | 'planned';

/**
 * A SELECT of what may leave a hypertable: `series`, `window_seconds` (of rollups), `policy`, and the time `cut_off`
 * before which its rows go, or null. Every series, or series and window, comes once. Stored bins serve all summaries of
 * their window and leave with the one that is kept longest.
 */
export function expirySql(table: Hypertable, cutOffs: CutOffs): string {
  const cut = (column: string): string => (cutOffs === 'recorded' ? column : `greatest(${column}, r.cut_off)`);
  if (table === 'point')
    return `SELECT s.id AS series, NULL::bigint AS window_seconds, r.policy, ${cut('s.base_cut_off')} AS cut_off
            FROM series s LEFT JOIN rule r ON r.event_type = s.event_type AND r.summary_type = 'base'`;
  return `SELECT series, window_seconds, (array_agg(policy ORDER BY cut_off NULLS FIRST))[1] AS policy,
                 CASE WHEN bool_and(cut_off IS NOT NULL) THEN min(cut_off) END AS cut_off
          FROM (SELECT y.series, y.window_seconds, r.policy, ${cut('y.cut_off')} AS cut_off
                FROM summary y JOIN series s ON s.id = y.series
                LEFT JOIN rule r ON r.event_type = s.event_type AND r.summary_type = y.type
                                AND r.window_seconds = y.window_seconds) summaries
          GROUP BY series, window_seconds`;
}

/** The condition that a row of a hypertable, `p`, belongs to a row of `expirySql`, `e`. */
export const BELONGS: Readonly<Record<Hypertable, string>> = {
  point: 'p.series = e.series',
  rollup: 'p.series = e.series AND p.window_seconds = e.window_seconds',
};
