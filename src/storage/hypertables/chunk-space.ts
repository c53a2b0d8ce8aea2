import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '../../postgres/database.js';
import { LOCK_TIMEOUT, retryWhileLocked } from '../../postgres/retry.js';
import { type Sql } from '../../postgres/sql.js';
import { classify } from '../../postgres/sql-errors.js';
import { type Chunk } from './chunks.js';

/** A chunk that is still losing rows is rewritten when this share of the rows that are left has been deleted. */
const MIN_DELETED_SHARE = 1 / 3;

/** How long the snapshots of others are waited for. */
const MAX_SNAPSHOT_WAIT_MS = 10_000;
const SNAPSHOT_PAUSE_MS = 50;

/**
 * Gives the disk space of deleted rows back. The number of rows deleted since a chunk was last rewritten is kept as the
 * comment on its table: so the space is given back even if a run was interrupted in between.
 */
@Injectable()
export class ChunkSpace {
  constructor(private readonly db: Database) {}

  /** Records deleted rows, inside the transaction that deleted them where the space must not be forgotten. */
  async recordDeleted(sql: Sql, { name }: Chunk, rows: number): Promise<void> {
    if (rows > 0) await setDeleted(sql, name, (await deletedFrom(sql, name)) + rows);
  }

  /**
   * Rewrites a chunk from which rows were deleted. One that `isShrinking`, because some of its series expire day by day,
   * is only rewritten when a quarter of it is gone. A chunk that others keep locked, or whose deleted rows they can still
   * see, is left to the next run.
   */
  async giveBack({ name }: Chunk, isShrinking: () => Promise<boolean>): Promise<void> {
    const deleted = await deletedFrom(this.db, name);
    if (deleted === 0) return;
    if ((await isShrinking()) && deleted < (await this.rowsOf(name)) * MIN_DELETED_SHARE) return;
    const rewritten = await retryWhileLocked(() => this.rewrite(name));
    if (rewritten) await setDeleted(this.db, name, 0);
  }

  private async rowsOf(name: string): Promise<number> {
    const { rows } = await this.db.query<{ count: number }>(`SELECT count(*)::float8 AS count FROM ${name}`);
    return rows[0]?.count ?? 0;
  }

  /** Outside of any transaction, as PostgreSQL demands. Returns whether it was done. */
  private rewrite(name: string): Promise<boolean> {
    return this.db.session(async (sql) => {
      if (!(await outlastSnapshots(sql))) return false;
      await sql.query(`SET lock_timeout = ${LOCK_TIMEOUT}`);
      try {
        await sql.query(`VACUUM (FULL, ANALYZE) ${name}`).catch(async (error: unknown) => {
          if (classify(error) !== 'bug') throw error;
          // An engine that refuses it can at least reuse the space for new rows.
          await sql.query(`VACUUM (ANALYZE) ${name}`);
        });
        return true;
      } finally {
        await sql.query('RESET lock_timeout').catch(() => undefined);
      }
    });
  }
}

/**
 * Waits until nobody can see the rows that were deleted before: a rewriting would keep them. It sees them itself as long
 * as an older transaction that writes is under way, in whatever database. Returns `false` where that lasts for long.
 */
async function outlastSnapshots(sql: Sql): Promise<boolean> {
  const { rows } = await sql.query<{ next: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS next');
  for (let waited = 0; waited < MAX_SNAPSHOT_WAIT_MS; waited += SNAPSHOT_PAUSE_MS) {
    const unseen = await sql.query(
      `SELECT WHERE pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 AND NOT EXISTS (
         SELECT FROM pg_stat_activity WHERE datname = current_database() AND age(backend_xmin) > age(($1::xid8)::xid))`,
      [rows[0]?.next],
    );
    if (unseen.rows.length > 0) return true;
    await sleep(SNAPSHOT_PAUSE_MS);
  }
  return false;
}

/** An estimate of the bytes that a row of a table takes, with its indexes. */
export async function bytesPerRow(sql: Sql, name: string): Promise<number> {
  const { rows } = await sql.query<{ bytes: number }>(
    `SELECT pg_total_relation_size(oid) / greatest(CASE WHEN reltuples > 0 THEN reltuples
              ELSE (SELECT count(*) FROM ${name}) END, 1)::float8 AS bytes
     FROM pg_class WHERE oid = $1::regclass`,
    [name],
  );
  return rows[0]?.bytes ?? 0;
}

const COMMENT = 'rows deleted by retention';

async function deletedFrom(sql: Sql, name: string): Promise<number> {
  const text = `SELECT obj_description($1::regclass, 'pg_class') AS comment`;
  const comment = (await sql.query<{ comment: string | null }>(text, [name])).rows[0]?.comment;
  return comment?.endsWith(COMMENT) ? parseInt(comment) : 0;
}

async function setDeleted(sql: Sql, name: string, rows: number): Promise<void> {
  await sql.query(`COMMENT ON TABLE ${name} IS ${rows === 0 ? 'NULL' : `'${rows} ${COMMENT}'`}`);
}
