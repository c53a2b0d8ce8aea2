import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { expect, inject, test, vi } from 'vitest';
import { WatchedPool } from '../src/postgres/watched-pool.js';

vi.setConfig({ testTimeout: 60_000 });

/** Keeps the event loop for a time, in milliseconds. */
function block(time: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, time);
}

test('a process that is too busy to read the answers of the database does not take it for gone', async () => {
  const pool = new WatchedPool({ connectionString: inject('postgresUrl') });
  try {
    const slow = pool.query('SELECT pg_sleep(12)');
    // Long enough that the pool asks, and then in its way whenever an answer is due.
    await sleep(2100);
    for (let round = 0; round < 4; round++) {
      block(2100);
      for (let turn = 0; turn < 3; turn++) await setImmediate();
    }
    await slow;
    await pool.query('SELECT 1');
    expect(pool.totalCount).toBe(1);
  } finally {
    await pool.end();
  }
});
