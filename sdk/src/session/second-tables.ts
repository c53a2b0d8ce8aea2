import { type DistributionBin, type QuantilesValue } from '../exact/index.js';

/** One second of a stream. */
interface Second {
  /** Its begin, µs since 1970-01-01 UTC. Seconds are counted from the start of the session. */
  readonly ts: number;
  /** 1; if the second is handed out again, because late points came, 2, and so on: the highest one counts. */
  readonly revision: number;
}

/** What the numbers of a second look like. */
export interface AggregatesSecond extends Second {
  readonly value: QuantilesValue;
}

/** How the numbers of a second spread. */
export interface DistributionsSecond extends Second {
  /** Ascending, without empty ones. */
  readonly bins: readonly DistributionBin[];
}

/** How often each text comes in a second. */
export interface HistogramsSecond extends Second {
  /** In the order of the texts' UTF-8 bytes. */
  readonly counts: readonly (readonly [category: string, cnt: number])[];
}
