import { type Multiset } from 'marigram-client/exact';

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
  /** See `quantileColumn`; `null` where its values are not known, or not asked for. */
  readonly quantiles: readonly (number | null)[] | null;
  /** Whether more values differ than are kept, so that quantiles are within 1 %. */
  readonly isBeyond: boolean;
  /** The values; `null` where they are not kept, or not asked for. */
  readonly samples: Multiset | null;
  /** The numbers of the bins of a distribution that the values lie in; `null` where not known, or not asked for. */
  readonly distribution: Multiset | null;
  /** The value of a sealed bin as JSON; of others `null`. All else of a sealed bin is unknown. */
  readonly sealed: string | null;
}
