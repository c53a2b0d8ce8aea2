import { type Database } from './database.js';

/** Rows that one transaction deletes: few, so that nobody waits for it. */
const BATCH_ROWS = 10_000;

/**
 * Deletes rows of a table in bounded transactions; returns their number. Skips rows that others have locked, so several
 * processes may run it at the same time.
 * @param condition an SQL condition on the rows.
 */
export async function deleteInBatches(
  db: Database,
  table: string,
  condition: string,
  values: unknown[] = [],
): Promise<number> {
  let deleted = 0;
  for (let count = BATCH_ROWS; count === BATCH_ROWS; deleted += count) {
    const { rowCount } = await db.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH_ROWS} FOR UPDATE SKIP LOCKED))`,
      values,
    );
    count = rowCount ?? 0;
  }
  return deleted;
}
