import { type SeriesRef } from '../storage/registry/series-store.js';
import { type NumberedStream } from '../storage/sessions/stream-store.js';

/** A stream that rows are uploaded for, with its series as writers see it. */
export interface LunaStream extends NumberedStream {
  readonly ref: SeriesRef;
}

/** The streams of an upload by their numbers, which are the tags of rows. */
export type LunaStreams = ReadonlyMap<number, LunaStream>;

/** How many rows of each stream something is true of. */
export type Counts = ReadonlyMap<LunaStream, number>;
