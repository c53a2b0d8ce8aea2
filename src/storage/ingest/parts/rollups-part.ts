import { type Bin, Bins, mergeHistograms } from '../../../rollups/bins.js';
import { type Chunks } from '../../hypertables/chunks.js';
import { type SeriesPlan } from '../../points/write-plan.js';
import { type DataStores } from '../../rollups/divided-bin.js';
import { remadeBins } from '../../rollups/remade-bins.js';
import { type BinChanges } from '../../rollups/rollup-store.js';
import { hasLargeHistograms } from '../large-histograms.js';
import { type WriteBatch } from '../write-batch.js';
import { type BatchPart, type BatchTransaction } from './batch-part.js';
import { type BatchPlans } from './planning-part.js';

/** The rollups of a batch: stored points are added to their bins, and the values that they replace are taken out. */
export class RollupsPart implements BatchPart {
  /** The bins of all rows: exact where there is no conflict, and a bound on what can change where there is one. */
  private ofAllRows: readonly Bin[] | undefined;
  private changes: BinChanges = { added: [], merged: [] };

  constructor(
    private readonly stores: DataStores,
    private readonly chunks: Chunks,
    private readonly batch: WriteBatch,
    private readonly plans: BatchPlans,
  ) {}

  async prepare(): Promise<void> {
    this.ofAllRows ??= await binsOf(this.batch.offered);
    await this.chunks.cover('bins', begins(this.ofAllRows));
  }

  /** Throws `TooManyCategories`. */
  async lock({ sql }: BatchTransaction): Promise<void> {
    const { planned, stored } = this.plans;
    const isAllNew = stored === this.batch.places && planned.every(({ former }) => former.micros.length === 0);
    const changed = isAllNew ? (this.ofAllRows ?? []) : await changedBins(planned);
    const remade = await remadeBins(sql, this.stores, planned, changed);
    const others = remade.size > 0 ? changed.filter((bin) => !remade.has(bin)) : changed;
    const { added, merged } = await this.stores.rollups.plan(sql, others);
    this.changes = { added, merged: remade.size > 0 ? [...merged, ...remade.values()] : merged };
  }

  write({ sql }: BatchTransaction): Promise<unknown>[] {
    return this.stores.rollups.write(sql, this.changes);
  }
}

async function binsOf(points: WriteBatch['offered']): Promise<Bin[]> {
  const bins = new Bins();
  for (const { series, columns } of points) bins.addColumns(series, columns);
  return merged(bins, points);
}

async function changedBins(plans: readonly SeriesPlan[]): Promise<Bin[]> {
  const bins = new Bins();
  for (const { series, stored, former } of plans) {
    bins.addColumns(series, stored);
    bins.addColumns(series, former, -1);
  }
  return merged(
    bins,
    plans.map(({ series, stored }) => ({ series, columns: stored })),
  );
}

async function merged(bins: Bins, points: WriteBatch['offered']): Promise<Bin[]> {
  const sorted = bins.sorted();
  if (hasLargeHistograms(points.map(({ series, columns }) => ({ series, documents: columns.documents }))))
    await mergeHistograms(sorted);
  return sorted;
}

function* begins(bins: readonly Bin[]): Generator<number> {
  for (const { begin } of bins) yield begin;
}
