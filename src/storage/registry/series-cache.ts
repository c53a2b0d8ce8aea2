import { Injectable } from '@nestjs/common';
import { ReadThroughCache } from './read-through-cache.js';
import { type SeriesOfMetadata, SeriesStore } from './series-store.js';

/** The number of metadata whose series are cached. */
const CACHE_SIZE = 100_000;

/**
 * Caches the series of metadata, so that a write needs no look-up. A cached value may be stale: the write queue checks it
 * under a lock, and a writer that misses a series looks it up again.
 */
@Injectable()
export class SeriesCache extends ReadThroughCache<SeriesOfMetadata> {
  constructor(store: SeriesStore) {
    super(CACHE_SIZE, (keys) => store.ofMetadata(keys));
  }
}
