import { statfs } from 'node:fs/promises';
import { DiskFull } from './unavailable.js';

/**
 * What is left to the embedded PostgreSQL for its own needs, in bytes: four files of its log. Without room for the next
 * one it ends, and reads with it; checkpoints, and even reads, write a little.
 */
const RESERVE = 64 * 1024 ** 2;

/** How long a look at the disk counts, in milliseconds: less than it takes to write away the reserve. */
const FRESH = 100;

/** Refuses writes while the disk of the embedded database is full, so that reads go on. */
export class DiskSpace {
  private lookedAt = -Infinity;
  private free = Infinity;

  /** @param path the data directory; `undefined` for a database elsewhere, whose disk cannot be seen from here. */
  constructor(private readonly path: string | undefined) {}

  /** Throws `Unavailable` where less than the reserve is free. Call it before anything is written for a request. */
  async check(): Promise<void> {
    if (this.path === undefined) return;
    const now = performance.now();
    if (now - this.lookedAt > FRESH) {
      this.lookedAt = now;
      this.free = await freeOn(this.path);
    }
    if (this.free < RESERVE) throw new DiskFull();
  }
}

/** Bytes that are free for ordinary users; where that cannot be told, the database finds out itself. */
async function freeOn(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}
