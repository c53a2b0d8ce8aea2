/** A stored bin, as summaries are computed from it. Exact sums are decimal texts. */
export interface StoredBin {
  /** The begin of the bin, in micros. */
  readonly micros: number;
  /** The number of points. */
  readonly count: number;
  readonly sum: string | null;
  readonly sumOfSquares: string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly denominatorSum: string | null;
  readonly histogram: Readonly<Record<string, number>> | null;
  /** The value of a sealed bin as JSON; of others `null`. All else of a sealed bin is unknown. */
  readonly sealed: string | null;
}
