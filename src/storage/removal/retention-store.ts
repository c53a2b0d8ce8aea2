import { Injectable } from '@nestjs/common';
import { exclusively } from '../../postgres/advisory-lock.js';
import { Database } from '../../postgres/database.js';
import { type DataKind, type RetentionRule, ruleColumns, WITH_RULES } from './retention-rules.js';
import { microsOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/** How many series one transaction holds. */
const BATCH = 1000;

/** The SQL that decides what has to leave, and records it. */
@Injectable()
export class RetentionStore {
  constructor(private readonly db: Database) {}

  /** Runs `work` while no other process of the archive does; returns `false` without running it where one does. */
  exclusively(work: () => Promise<void>): Promise<boolean> {
    return exclusively(this.db, 'marigram retention', work);
  }

  /** All kinds of data that are registered, and the database's time in micros. */
  async kinds(): Promise<{ kinds: DataKind[]; now: number }> {
    const { rows } = await this.db.query<DataKind>(
      `SELECT DISTINCT event_type AS "eventType", 'base' AS "summaryType", 0::float8 AS window FROM series
       UNION ALL
       SELECT DISTINCT s.event_type, y.type, y.window_seconds::float8 FROM summary y JOIN series s ON s.id = y.series`,
    );
    const time = await this.db.query<{ now: number }>(`SELECT ${microsOf('clock_timestamp()')} AS now`);
    return { kinds: rows, now: time.rows[0]?.now ?? 0 };
  }

  /**
   * Records cut-offs on all series and summaries; none ever moves back. A series whose cut-offs change gets a new
   * version, so that writers notice; from then on its points and bins before them are gone for readers and writers,
   * whether or not their rows are there. The points of a series stay while they are needed to fill a summary.
   * Short transactions: where it is cut off, the next run does the rest.
   */
  async record(rules: readonly RetentionRule[], signal?: AbortSignal): Promise<void> {
    const expiring = rules.filter(({ cutOff }) => cutOff !== null);
    if (expiring.length === 0) return;
    for (let last: number | undefined = 0; last !== undefined;) {
      signal?.throwIfAborted();
      const after: number = last;
      last = await this.db.retrying((sql) => recordBatch(sql, expiring, after));
    }
  }
}

/** Records the cut-offs of the next series; returns the last id, or `undefined` where no series follows. */
async function recordBatch(sql: Sql, rules: readonly RetentionRule[], after: number): Promise<number | undefined> {
  const { rows } = await sql.query<{ id: number }>(
    'SELECT id FROM series WHERE id > $1 ORDER BY id LIMIT $2 FOR NO KEY UPDATE',
    [after, BATCH],
  );
  if (rows.length === 0) return undefined;
  const ids = rows.map(({ id }) => id);
  await sql.query(
    `${WITH_RULES}, hidden AS (
       UPDATE summary y SET cut_off = r.cut_off
       FROM series s JOIN rule r ON r.event_type = s.event_type
       WHERE s.id = ANY ($6::int4[]) AND y.series = s.id AND y.type = r.summary_type
         AND y.window_seconds = r.window_seconds AND r.cut_off > coalesce(y.cut_off, '-infinity')
       RETURNING y.series
     ), base AS (
       SELECT s.id AS series, r.cut_off
       FROM series s JOIN rule r ON r.event_type = s.event_type AND r.summary_type = 'base'
       WHERE s.id = ANY ($6::int4[]) AND r.cut_off > coalesce(s.base_cut_off, '-infinity')
         AND NOT EXISTS (SELECT FROM back_fill b WHERE b.series = s.id)
     ), changed AS (
       SELECT series, max(cut_off) AS cut_off
       FROM (SELECT * FROM base UNION ALL SELECT DISTINCT series, NULL::timestamptz FROM hidden) changes
       GROUP BY series
     )
     UPDATE series SET base_cut_off = coalesce(changed.cut_off, base_cut_off), version = version + 1
     FROM changed WHERE id = changed.series`,
    [...ruleColumns(rules), ids],
  );
  return ids.at(-1);
}
