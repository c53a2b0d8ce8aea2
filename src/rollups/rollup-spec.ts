/** What a window may keep of numbers beside their count and sum. */
export type Kept =
  /** Extremes, sum of squares and a sketch. */
  | 'statistics'
  /** Each different value with its count. */
  | 'samples'
  /** How many lie in each bin of the distribution. */
  | 'distribution';

export const KEPT: readonly Kept[] = ['statistics', 'samples', 'distribution'];

/** What the rollups of one series and window hold. */
export interface RollupSpec extends Readonly<Record<Kept, boolean>> {
  /** In seconds; 0 makes a bin of each point. */
  readonly window: number;
}
