import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { type SweptChunk } from '../removal/expired-rows.js';
import { LOCK_TIMEOUT, retryWhileLocked } from '../../postgres/retry.js';
import { expirySql, type RetentionRule, ruleColumns, WITH_RULES } from '../removal/retention-rules.js';
import { classify } from '../../postgres/sql-errors.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type Sql } from '../../postgres/sql.js';

/** A chunk that is still losing rows is rewritten when as many are gone as this part of what is left. */
const WORTH_IT = 1 / 3;

/**
 * Gives the disk back that deleted rows held. How many were deleted since a chunk was last rewritten is noted with the
 * chunk, as the comment on its table: so the room is given back even if a run was cut off in between.
 */
@Injectable()
export class ChunkSpace {
  constructor(private readonly db: Database) {}

  /** Notes deleted rows, inside the transaction that deleted them. */
  async noteDeleted(sql: Sql, { name }: SweptChunk, rows: number): Promise<void> {
    if (rows > 0) await setNote(sql, name, (await noted(sql, name)) + rows);
  }

  /**
   * Rewrites a chunk from which rows were deleted. One that some series are still leaving day by day is only rewritten
   * when a quarter of it is gone. A chunk that others keep in use is left for the next run.
   */
  async giveBack(chunk: SweptChunk, rules: readonly RetentionRule[]): Promise<void> {
    const deleted = await noted(this.db, chunk.name);
    if (deleted === 0) return;
    const { rows } = await this.db.query<{ leaving: boolean; left: number }>(
      `${WITH_RULES} SELECT EXISTS (SELECT FROM (${expirySql(chunk.table, 'recorded')}) e
                                    WHERE e.cut_off > $6 AND e.cut_off < $7) AS leaving,
                            (SELECT count(*)::float8 FROM ${chunk.name}) AS left`,
      [...ruleColumns(rules), timestampOf(chunk.begin ?? -Infinity), timestampOf(chunk.end ?? Infinity)],
    );
    const [state] = rows;
    if (!state || (state.leaving && deleted < state.left * WORTH_IT)) return;
    const rewritten = await retryWhileLocked(() => this.rewrite(chunk.name).then(() => true));
    if (rewritten) await setNote(this.db, chunk.name, 0);
  }

  /** Outside of any transaction, as PostgreSQL demands. */
  private rewrite(name: string): Promise<void> {
    return this.db.session(async (sql) => {
      await sql.query(`SET lock_timeout = ${LOCK_TIMEOUT}`);
      try {
        await sql.query(`VACUUM (FULL, ANALYZE) ${name}`).catch(async (error: unknown) => {
          if (classify(error) !== 'bug') throw error;
          // An engine that refuses it can at least use the room again for new rows.
          await sql.query(`VACUUM (ANALYZE) ${name}`);
        });
      } finally {
        await sql.query('RESET lock_timeout').catch(() => undefined);
      }
    });
  }
}

const NOTE = 'rows deleted by retention';

async function noted(sql: Sql, name: string): Promise<number> {
  const text = `SELECT obj_description($1::regclass, 'pg_class') AS note`;
  const note = (await sql.query<{ note: string | null }>(text, [name])).rows[0]?.note;
  return note?.endsWith(NOTE) ? parseInt(note) : 0;
}

async function setNote(sql: Sql, name: string, rows: number): Promise<void> {
  await sql.query(`COMMENT ON TABLE ${name} IS ${rows === 0 ? 'NULL' : `'${rows} ${NOTE}'`}`);
}
