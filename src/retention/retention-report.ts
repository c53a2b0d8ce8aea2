import { type Content } from '../storage/hypertables/hypertables.js';
import { describePolicy, type Policy } from './policy.js';

/** A number of points or bins, and their size where it was asked for. */
export interface Removed {
  rows: number;
  bytes: number;
}

/** The data that one policy removes. */
export interface PolicyReport {
  /** The policy in words. */
  readonly policy: string;
  readonly removed: Readonly<Record<Content, Removed>>;
}

/** The data that retention removes, or would remove. */
export class RetentionReport {
  /** Whole metadata. */
  metadata = 0;
  /** `undefined` where no policy is for annotations. */
  annotations: number | undefined;
  chunksDropped = 0;
  /** Chunks from which some rows were deleted. */
  chunksCleaned = 0;
  private readonly byPolicy = new Map<number | null, PolicyReport>();

  /** @param matched the policies that match data, by number, in the order in which to report them. */
  constructor(matched: ReadonlyMap<number, Policy>) {
    for (const [number, policy] of matched) this.byPolicy.set(number, emptyReport(describePolicy(policy)));
  }

  /** The data that each policy with matching data removes, even if none. */
  get policies(): PolicyReport[] {
    return [...this.byPolicy.values()];
  }

  /** The number of all points, or all bins, whatever the policy. */
  total(content: Content): number {
    return this.policies.reduce((sum, { removed }) => sum + removed[content].rows, 0);
  }

  /** Counts points or bins; `policy` is `null` where only an earlier policy removes them. */
  add(content: Content, policy: number | null, rows: number, bytes = 0): void {
    let report = this.byPolicy.get(policy);
    if (!report) this.byPolicy.set(policy, (report = emptyReport('left over from earlier policies')));
    report.removed[content].rows += rows;
    report.removed[content].bytes += bytes;
  }
}

function emptyReport(policy: string): PolicyReport {
  return { policy, removed: { points: { rows: 0, bytes: 0 }, bins: { rows: 0, bytes: 0 } } };
}
