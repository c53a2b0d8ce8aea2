import { type Bin, Bins, mergeHistograms } from '../../../rollups/bins.js';
import { type Chunks } from '../../hypertables/chunks.js';
import { type SeriesPoint } from '../../points/point-store.js';
import { type RollupStore } from '../../rollups/rollup-store.js';
import { hasLargeHistograms } from '../large-histograms.js';
import { type WriteBatch } from '../write-batch.js';
import { type BatchPart, type BatchTransaction } from './batch-part.js';
import { type PointsPart } from './points-part.js';

/** The rollups of a batch: stored points are added to their bins, replaced ones are taken out. */
export class RollupsPart implements BatchPart {
  /** The bins of all rows: exact where there is no conflict, and a bound on what can change where there is one. */
  private ofAllRows: readonly Bin[] | undefined;
  private changed: readonly Bin[] = [];

  constructor(
    private readonly store: RollupStore,
    private readonly chunks: Chunks,
    private readonly batch: WriteBatch,
    private readonly points: PointsPart,
  ) {}

  async prepare(): Promise<void> {
    this.ofAllRows ??= await changedBins(this.batch.rows, []);
    await this.chunks.cover('bins', begins(this.ofAllRows));
  }

  async lock({ expectsConflicts }: BatchTransaction): Promise<void> {
    const { stored, replaced } = this.points;
    this.changed = expectsConflicts ? await changedBins(stored, replaced) : (this.ofAllRows ?? []);
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    return [this.store.add(sql, this.changed)];
  }
}

async function changedBins(stored: readonly SeriesPoint[], replaced: readonly SeriesPoint[]): Promise<Bin[]> {
  const bins = new Bins();
  for (const point of stored) bins.add(point.series, point);
  for (const point of replaced) bins.add(point.series, point, -1);
  const sorted = bins.sorted();
  if (hasLargeHistograms(stored)) await mergeHistograms(sorted);
  return sorted;
}

function* begins(bins: readonly Bin[]): Generator<number> {
  for (const { begin } of bins) yield begin;
}
