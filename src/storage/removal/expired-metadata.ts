import { Injectable } from '@nestjs/common';
import { recordAudit, RETENTION } from '../access/audit-store.js';
import { Database } from '../../postgres/database.js';
import { type CutOffs, type RetentionRule, ruleColumns, WITH_RULES } from './retention-rules.js';
import { type Sql } from '../../postgres/sql.js';

/** How many metadata one transaction deletes at most. */
const BATCH = 100;

/** Every series (window null) and every summary, with the cut-offs that the rules ask for. */
const REGISTERED = `
  SELECT s.metadata, s.id AS series, NULL::bigint AS window_seconds, NULL::text AS type, s.time_updated, r.cut_off,
         greatest(s.base_cut_off, r.cut_off) AS planned
  FROM series s LEFT JOIN rule r ON r.event_type = s.event_type AND r.summary_type = 'base'
  UNION ALL
  SELECT s.metadata, s.id, y.window_seconds, y.type, s.time_updated, r.cut_off, greatest(y.cut_off, r.cut_off)
  FROM summary y JOIN series s ON s.id = y.series
  LEFT JOIN rule r ON r.event_type = s.event_type AND r.summary_type = y.type
                  AND r.window_seconds = y.window_seconds`;

/**
 * The metadata all of whose data have a rule that lets them go, to which nothing was written since any of the cut-offs,
 * and which were made before them.
 */
const CANDIDATES = `
  SELECT m.id FROM metadata m
  JOIN (SELECT metadata, min(cut_off) AS cut_off FROM (${REGISTERED}) registered GROUP BY metadata
        HAVING bool_and(cut_off IS NOT NULL AND (time_updated IS NULL OR time_updated < cut_off))) idle
    ON idle.metadata = m.id
  WHERE m.created < idle.cut_off`;

/** Those of the metadata $6 that still have points or bins; the order keeps PostgreSQL on the primary keys. */
function withData(cutOffs: CutOffs): string {
  const from = cutOffs === 'planned' ? 'r.planned' : `'-infinity'`;
  return `
    SELECT r.metadata FROM (${REGISTERED}) r
    LEFT JOIN LATERAL (SELECT true AS there FROM point p WHERE r.window_seconds IS NULL
                       AND p.series = r.series AND p.ts >= ${from} ORDER BY p.ts LIMIT 1) point ON true
    LEFT JOIN LATERAL (SELECT true AS there FROM rollup p WHERE p.series = r.series
                       AND p.window_seconds = r.window_seconds AND p.bin >= ${from} ORDER BY p.bin LIMIT 1) bin ON true
    LEFT JOIN LATERAL (SELECT true AS there FROM sealed_bin p WHERE p.series = r.series AND p.type = r.type
                       AND p.window_seconds = r.window_seconds AND p.bin >= ${from} LIMIT 1) sealed ON true
    WHERE r.metadata = ANY ($6::int4[]) AND (point.there OR bin.there OR sealed.there)`;
}

/** Finds and deletes metadata that retention has left without data. */
@Injectable()
export class ExpiredMetadata {
  constructor(private readonly db: Database) {}

  /** How many metadata would go once all rows before the rules' cut-offs are gone. */
  async count(rules: readonly RetentionRule[]): Promise<number> {
    let count = 0;
    for (const ids of await this.candidates(rules)) count += (await empty(this.db, rules, ids, 'planned')).length;
    return count;
  }

  /**
   * Deletes them with their series, and returns their keys. Nothing that is written meanwhile is lost: writers of these
   * series wait, and then find them gone, or the metadata stays.
   */
  async delete(rules: readonly RetentionRule[], signal?: AbortSignal): Promise<string[]> {
    const keys: string[] = [];
    for (const ids of await this.candidates(rules)) {
      signal?.throwIfAborted();
      keys.push(...(await this.db.retrying((sql) => deleteBatch(sql, rules, ids))));
    }
    return keys;
  }

  private async candidates(rules: readonly RetentionRule[]): Promise<number[][]> {
    if (rules.every(({ cutOff }) => cutOff === null)) return [];
    const text = `${WITH_RULES} ${CANDIDATES} ORDER BY m.id`;
    const { rows } = await this.db.query<{ id: number }>(text, ruleColumns(rules));
    const batches: number[][] = [];
    for (let at = 0; at < rows.length; at += BATCH) batches.push(rows.slice(at, at + BATCH).map(({ id }) => id));
    return batches;
  }
}

async function deleteBatch(sql: Sql, rules: readonly RetentionRule[], ids: number[]): Promise<string[]> {
  await sql.query('SELECT FROM metadata WHERE id = ANY ($1) ORDER BY id FOR UPDATE', [ids]);
  await sql.query('SELECT FROM series WHERE metadata = ANY ($1) ORDER BY id FOR UPDATE', [ids]);
  const gone = await empty(sql, rules, ids, 'recorded');
  const text = 'DELETE FROM metadata WHERE id = ANY ($1) RETURNING key';
  const { rows } = await sql.query<{ key: string }>(text, [gone]);
  for (const { key } of rows) await recordAudit(sql, RETENTION, 'metadata deleted', key, { points: 0 });
  return rows.map(({ key }) => key);
}

async function empty(
  sql: Sql,
  rules: readonly RetentionRule[],
  ids: readonly number[],
  cutOffs: CutOffs,
): Promise<number[]> {
  const { rows } = await sql.query<{ id: number }>(
    `${WITH_RULES} ${CANDIDATES} AND m.id = ANY ($6::int4[]) AND m.id NOT IN (${withData(cutOffs)})`,
    [...ruleColumns(rules), ids],
  );
  return rows.map(({ id }) => id);
}
