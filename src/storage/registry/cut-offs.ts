import { type SummaryType } from '../../rollups/summary-kinds.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type CutOffRelation } from '../hypertables/expiring-table.js';
import { type Content } from '../hypertables/hypertables.js';
import { SERIES_IN_DATABASES } from './relations.js';

/** Data that a retention policy can name: the base points (`base`, window 0) or a summary of an event type. */
export interface DataKind {
  /** The database of the line protocol that the event type is a field of; `null` for all other data. */
  readonly database: string | null;
  readonly eventType: string;
  readonly summaryType: SummaryType | 'base';
  /** In seconds. */
  readonly window: number;
}

/** How long a kind of data is kept; kinds without a rule are kept for ever. */
export interface RetentionRule extends DataKind {
  /** The number of the policy behind it; any number that the caller chooses. */
  readonly policy: number;
  /** Data before this time (micros) expire; `null` keeps everything. */
  readonly cutOff: number | null;
}

/**
 * Which cut-offs count: those that are recorded, or those that recording the rules would make of them. Recorded ones
 * never move back, so data before them may be deleted at any time.
 */
export type CutOffs = 'recorded' | 'planned';

/** The begin of a statement that makes the relation `retention_rule` of the parameters $1 to $6, which `ruleColumns` fills. */
export const WITH_RULES = `
  WITH retention_rule AS (SELECT * FROM unnest($1::int4[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::text[])
                       AS r (policy, event_type, summary_type, window_seconds, cut_off, database))`;

/** An SQL condition: the rule `r` is for data of a series `s` of `SERIES_IN_DATABASES`. */
export const RULE_FITS = 'r.event_type = s.event_type AND r.database = s.database';

/** The parameters $1 to $6 of `WITH_RULES`. */
export function ruleColumns(rules: readonly RetentionRule[]): unknown[] {
  return [
    rules.map(({ policy }) => policy),
    rules.map(({ eventType }) => eventType),
    rules.map(({ summaryType }) => summaryType),
    rules.map(({ window }) => window),
    rules.map(({ cutOff }) => (cutOff === null ? null : timestampOf(cutOff))),
    rules.map(({ database }) => database ?? ''),
  ];
}

/**
 * The cut-offs of points by series, or of bins by series and window. Bins serve all summaries of their window, and
 * expire with the one that is kept longest.
 */
export function cutOffsOf(content: Content, rules: readonly RetentionRule[], cutOffs: CutOffs): CutOffRelation {
  const select = content === 'points' ? pointCutOffs(cutOffs) : binCutOffs(cutOffs);
  return { begin: WITH_RULES, select, values: ruleColumns(rules) };
}

/** The cut-offs of single summaries; with a column `type` besides those of each `CutOffRelation`. */
export function summaryCutOffs(rules: readonly RetentionRule[], cutOffs: CutOffs): CutOffRelation {
  return { begin: WITH_RULES, select: ofSummaries(cutOffs), values: ruleColumns(rules) };
}

function pointCutOffs(cutOffs: CutOffs): string {
  return `SELECT s.id AS series, NULL::bigint AS window_seconds, r.policy, ${cutOff('s.base_cut_off', cutOffs)} AS cut_off
          FROM ${SERIES_IN_DATABASES} LEFT JOIN retention_rule r ON ${RULE_FITS} AND r.summary_type = 'base'`;
}

function binCutOffs(cutOffs: CutOffs): string {
  return `SELECT series, window_seconds, (array_agg(policy ORDER BY cut_off NULLS FIRST))[1] AS policy,
                 CASE WHEN bool_and(cut_off IS NOT NULL) THEN min(cut_off) END AS cut_off
          FROM (${ofSummaries(cutOffs)}) summaries
          GROUP BY series, window_seconds`;
}

function ofSummaries(cutOffs: CutOffs): string {
  return `SELECT y.series, y.type, y.window_seconds, r.policy, ${cutOff('y.cut_off', cutOffs)} AS cut_off
          FROM summary y JOIN ${SERIES_IN_DATABASES} ON s.id = y.series
          LEFT JOIN retention_rule r ON ${RULE_FITS} AND r.summary_type = y.type
                          AND r.window_seconds = y.window_seconds`;
}

function cutOff(column: string, cutOffs: CutOffs): string {
  return cutOffs === 'recorded' ? column : `greatest(${column}, r.cut_off)`;
}
