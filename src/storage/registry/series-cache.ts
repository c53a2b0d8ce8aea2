import { Injectable } from '@nestjs/common';
import { ReadThroughCache } from './read-through-cache.js';
import { type SeriesOfMetadata, SeriesStore } from './series-store.js';

/** How many metadata are remembered. */
const REMEMBERED = 100_000;

/**
 * Remembers which series a metadata has, so that a write need not ask. What is remembered may be stale: the write
 * queue checks it under a lock, and a writer that misses something asks again.
 */
@Injectable()
export class SeriesCache extends ReadThroughCache<SeriesOfMetadata> {
  constructor(store: SeriesStore) {
    super(REMEMBERED, (keys) => store.ofMetadata(keys));
  }
}
