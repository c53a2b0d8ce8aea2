import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type SeriesOfMetadata, SeriesStore } from './series-store.js';

/** How many metadata are remembered. */
const REMEMBERED = 100_000;

/**
 * Remembers which series a metadata has, so that a write need not ask. What is remembered may be stale: the write
 * queue checks it under a lock, and a writer that misses something asks again.
 */
@Injectable()
export class SeriesCache {
  private readonly known = new LRUCache<string, SeriesOfMetadata>({ max: REMEMBERED });

  constructor(private readonly store: SeriesStore) {}

  /** The series of these metadata, as remembered where possible; an unknown key is missing in the result. */
  async get(keys: ReadonlySet<string>): Promise<Map<string, SeriesOfMetadata>> {
    const found = new Map<string, SeriesOfMetadata>();
    const missing: string[] = [];
    for (const key of keys) {
      const series = this.known.get(key);
      if (series) found.set(key, series);
      else missing.push(key);
    }
    if (missing.length > 0)
      for (const [key, series] of await this.store.ofMetadata(missing)) {
        this.known.set(key, series);
        found.set(key, series);
      }
    return found;
  }

  /** Forgets these metadata: the next `get` asks the database. */
  forget(keys: Iterable<string>): void {
    for (const key of keys) this.known.delete(key);
  }
}
