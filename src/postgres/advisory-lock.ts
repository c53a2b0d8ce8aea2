import { type Database } from './database.js';

/**
 * Runs `work` while this process holds the advisory lock with this name; returns `false` without running it where
 * another session holds the lock. Takes one connection for as long as `work` runs; should that break, PostgreSQL
 * releases the lock and `work` continues.
 */
export function exclusively(db: Database, name: string, work: () => Promise<void>): Promise<boolean> {
  return db.session(async (sql) => {
    const lock = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked';
    const { rows } = await sql.query<{ locked: boolean }>(lock, [name]);
    if (!rows[0]?.locked) return false;
    try {
      await work();
      return true;
    } finally {
      // Where the connection has broken, the lock is gone with it.
      await sql.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]).catch(() => undefined);
    }
  });
}
