import { MICROS_PER_SECOND } from '../../common/time.js';

/** 2000-01-01 and 2100-01-01, UTC, in micros: the regular chunks lie between them. */
const GRID_BEGIN = 946_684_800 * MICROS_PER_SECOND;
const GRID_END = 4_102_444_800 * MICROS_PER_SECOND;

/** The chunk of everything before 2000. */
const PAST = -1;

/** The chunk of everything from 2100 on. */
const FUTURE = Number.MAX_SAFE_INTEGER;

/** The time that a chunk covers, in micros: from `begin` (inclusive) to `end` (exclusive); `null` is unbounded. */
export interface ChunkBounds {
  readonly begin: number | null;
  readonly end: number | null;
}

/**
 * The division of time into chunks: regular ones of equal length from 2000 to 2100 (the last may be shorter), numbered
 * from 0, one before and one after them. So odd timestamps can't create many chunks.
 */
export class ChunkGrid {
  private readonly length: number;

  /** @param chunkSeconds the length of a regular chunk. */
  constructor(chunkSeconds: number) {
    this.length = chunkSeconds * MICROS_PER_SECOND;
  }

  /** The number of the chunk that a time (micros) falls into. */
  chunkOf(micros: number): number {
    if (micros < GRID_BEGIN) return PAST;
    if (micros >= GRID_END) return FUTURE;
    return Math.floor((micros - GRID_BEGIN) / this.length);
  }

  boundsOf(chunk: number): ChunkBounds {
    if (chunk === PAST) return { begin: null, end: GRID_BEGIN };
    if (chunk === FUTURE) return { begin: GRID_END, end: null };
    const begin = GRID_BEGIN + chunk * this.length;
    return { begin, end: Math.min(begin + this.length, GRID_END) };
  }

  /** The name of a chunk: `past`, `future`, or its first hour as `20240501` or `20240501_12`. */
  nameOf(chunk: number): string {
    if (chunk === PAST) return 'past';
    if (chunk === FUTURE) return 'future';
    const hour = new Date((this.boundsOf(chunk).begin ?? 0) / 1000).toISOString().slice(0, 13);
    return hour.replaceAll('-', '').replace('T00', '').replace('T', '_');
  }

  /** The chunk of a name that `nameOf` has given. */
  chunkNamed(name: string): number {
    if (name === 'past') return PAST;
    if (name === 'future') return FUTURE;
    const [, year, month, day, hour] = (/^(\d{4})(\d\d)(\d\d)_?(\d\d)?$/.exec(name) ?? []).map(Number);
    return this.chunkOf(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour || 0) * 1000);
  }
}
