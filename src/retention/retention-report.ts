import { type Hypertable } from '../storage/hypertables/engine.js';
import { describePolicy, type Policy } from './policy.js';

/** Rows, and their size where it was asked for. */
export interface Removed {
  rows: number;
  bytes: number;
}

/** What one policy removes. */
export interface PolicyReport {
  /** In words. */
  readonly policy: string;
  /** Base points, and stored bins of summaries. */
  readonly removed: Readonly<Record<Hypertable, Removed>>;
}

/** What retention removes, or would remove. */
export class RetentionReport {
  /** Whole metadata. */
  metadata = 0;
  chunksDropped = 0;
  /** Chunks of which some rows were deleted. */
  chunksCleaned = 0;
  private readonly byPolicy = new Map<number | null, PolicyReport>();

  /** @param matched the policies that data were found for, by number, in the order in which to report them. */
  constructor(matched: ReadonlyMap<number, Policy>) {
    for (const [number, policy] of matched) this.byPolicy.set(number, emptyReport(describePolicy(policy)));
  }

  /** For each policy that data were found for, what it removes, even where that is nothing. */
  get policies(): PolicyReport[] {
    return [...this.byPolicy.values()];
  }

  /** All rows of a hypertable, whatever the policy. */
  total(table: Hypertable): number {
    return this.policies.reduce((sum, { removed }) => sum + removed[table].rows, 0);
  }

  /** Counts rows of a hypertable; `policy` is `null` where only an earlier policy let them go. */
  add(table: Hypertable, policy: number | null, rows: number, bytes = 0): void {
    let report = this.byPolicy.get(policy);
    if (!report) this.byPolicy.set(policy, (report = emptyReport('left over from earlier policies')));
    report.removed[table].rows += rows;
    report.removed[table].bytes += bytes;
  }
}

function emptyReport(policy: string): PolicyReport {
  return { policy, removed: { point: { rows: 0, bytes: 0 }, rollup: { rows: 0, bytes: 0 } } };
}
