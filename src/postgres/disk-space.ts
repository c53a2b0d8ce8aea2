import { statfs } from 'node:fs/promises';
import { DiskFull } from './unavailable.js';

/**
 * Reserved for PostgreSQL itself: four files of its log. Without space for the next one it stops, and reads with it;
 * checkpoints, and even reads, write a little.
 */
const RESERVE_BYTES = 64 * 1024 ** 2;

/** Lifetime of a measurement: shorter than it takes to fill the reserve. */
const CACHE_TTL_MS = 100;

/** Refuses writes while the disk of the database is full, so that reads keep working. */
export class DiskSpace {
  private checkedAt = -Infinity;
  private free = Infinity;

  /** @param path the data directory; `undefined` for a database elsewhere, whose disk cannot be seen from here. */
  constructor(private readonly path: string | undefined) {}

  /** Throws `DiskFull` if less than the reserve is free. Call it before a request writes anything. */
  async check(): Promise<void> {
    if (this.path === undefined) return;
    const now = performance.now();
    if (now - this.checkedAt > CACHE_TTL_MS) {
      this.checkedAt = now;
      this.free = await freeOn(this.path);
    }
    if (this.free < RESERVE_BYTES) throw new DiskFull();
  }
}

/** Bytes free for ordinary users; infinite if unknown, as the database will notice itself. */
async function freeOn(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}
