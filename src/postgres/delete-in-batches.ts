import { type Database } from './database.js';

/** How many rows one transaction removes: a small one keeps nobody waiting. */
const MOST = 10_000;

/**
 * Deletes rows of a table in bounded transactions; returns how many there were. Several processes may be at it: rows
 * that one of them has locked, or somebody is changing, are left to it.
 * @param condition which rows, in SQL.
 */
export async function deleteInBatches(
  db: Database,
  table: string,
  condition: string,
  values: unknown[] = [],
): Promise<number> {
  let removed = 0;
  for (let count = MOST; count === MOST; removed += count) {
    const { rowCount } = await db.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${MOST} FOR UPDATE SKIP LOCKED))`,
      values,
    );
    count = rowCount ?? 0;
  }
  return removed;
}
