import { Injectable } from '@nestjs/common';
import { ReadThroughCache } from '../registry/read-through-cache.js';
import { type SeriesRef, SeriesStore } from '../registry/series-store.js';
import { StreamStore, type StreamType } from './stream-store.js';

/** A stream as writers see it. */
export interface StreamRef {
  readonly type: StreamType;
  readonly series: SeriesRef;
  readonly metadataKey: string;
}

/** The number of streams that are cached. */
const CACHE_SIZE = 20_000;

/** The key of a stream in the cache; no id has a slash. */
export function streamKey(session: string, id: string): string {
  return `${session}/${id}`;
}

/**
 * Caches streams by `streamKey`, so that a write needs no look-up. A cached value may be stale: the write queue checks it
 * under a lock.
 */
@Injectable()
export class StreamCache extends ReadThroughCache<StreamRef> {
  constructor(streams: StreamStore, series: SeriesStore) {
    super(CACHE_SIZE, async (keys) => {
      const found = await streams.named(keys.map((key) => key.split('/') as [session: string, id: string]));
      const refs = await series.refs(found.map((stream) => stream.series));
      return new Map(
        found.flatMap(({ session, id, type, series: number, metadataKey }) => {
          const ref = refs.get(number);
          return ref ? [[streamKey(session, id), { type, series: ref, metadataKey }]] : [];
        }),
      );
    });
  }
}
