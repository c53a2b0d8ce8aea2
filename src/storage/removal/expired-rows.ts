import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { HYPERTABLES, type Hypertable } from '../hypertables/engine.js';
import { BELONGS, type CutOffs, expirySql, type RetentionRule, ruleColumns, WITH_RULES } from './retention-rules.js';
import { microsOf, timestampOf } from '../../postgres/timestamps.js';

/** A chunk that begins before some cut-off; times in micros, `null` is unbounded. */
export interface SweptChunk {
  readonly table: Hypertable;
  readonly number: number;
  /** The chunk's own table, for SQL. */
  readonly name: string;
  readonly begin: number | null;
  readonly end: number | null;
}

/** How many rows of a series are to leave a chunk. */
export interface ExpiredCount {
  readonly series: number;
  /** The rule's policy, or `null` where only earlier ones had a cut-off. */
  readonly policy: number | null;
  readonly rows: number;
}

/** Counts what lies before cut-offs; reads only. */
@Injectable()
export class ExpiredRows {
  constructor(private readonly db: Database) {}

  /** The latest cut-off on a hypertable, in micros; `null` where there is none. */
  async latestCutOff(table: Hypertable, rules: readonly RetentionRule[], cutOffs: CutOffs): Promise<number | null> {
    const { rows } = await this.db.query<{ latest: number | null }>(
      `${WITH_RULES} SELECT ${microsOf('max(cut_off)')} AS latest FROM (${expirySql(table, cutOffs)}) e`,
      ruleColumns(rules),
    );
    return rows[0]?.latest ?? null;
  }

  /** What of a chunk lies before the cut-offs, by series in the order of their ids. */
  async count(chunk: SweptChunk, rules: readonly RetentionRule[], cutOffs: CutOffs): Promise<ExpiredCount[]> {
    const { rows } = await this.db.query<ExpiredCount>(
      `${WITH_RULES} SELECT e.series, e.policy, sum(c.rows)::float8 AS rows
       FROM (${expirySql(chunk.table, cutOffs)}) e
       CROSS JOIN LATERAL (SELECT count(*) AS rows FROM ${chunk.name} p
                           WHERE ${BELONGS[chunk.table]} AND p.${HYPERTABLES[chunk.table]} < e.cut_off) c
       WHERE e.cut_off > $6 AND c.rows > 0 GROUP BY 1, 2 ORDER BY 1`,
      [...ruleColumns(rules), timestampOf(chunk.begin ?? -Infinity)],
    );
    return rows;
  }

  /** About how many bytes a row of a chunk, or of any table, takes, with its indexes. */
  async bytesPerRow({ name }: { readonly name: string }): Promise<number> {
    const { rows } = await this.db.query<{ bytes: number }>(
      `SELECT pg_total_relation_size(oid) / greatest(CASE WHEN reltuples > 0 THEN reltuples
                ELSE (SELECT count(*) FROM ${name}) END, 1)::float8 AS bytes
       FROM pg_class WHERE oid = $1::regclass`,
      [name],
    );
    return rows[0]?.bytes ?? 0;
  }
}
