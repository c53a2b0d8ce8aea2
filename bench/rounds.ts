import { MemoryPeak } from './memory-peak.js';
import { quantile, valueOf, type Workload } from './workloads/workload.js';

/** What one workload came to: medians over the rounds. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly unit: Workload['unit'];
  readonly ours: number;
  readonly limit: number | undefined;
  /** The median of the rounds' ratios of ours to the limit. */
  readonly ratio: number | undefined;
  readonly ratios: readonly number[];
  readonly target: Workload['target'];
  /** Of our requests in all rounds, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** The server's peak memory while it worked on this, in MB. */
  readonly peakMemory: number | undefined;
}

/** What is measured of one workload as the rounds go by. */
class Series {
  readonly peak: MemoryPeak;
  private readonly ours: number[] = [];
  private readonly limits: number[] = [];
  private readonly ratios: number[] = [];
  private readonly latencies: number[] = [];

  constructor(
    private readonly workload: Workload,
    pid: number | undefined,
  ) {
    this.peak = new MemoryPeak(pid);
  }

  /** The limit first, then the server. Round 0 warms up and does not count. */
  async run(round: number): Promise<void> {
    const limit = await this.workload.limit(round);
    const ours = await this.peak.during(() => this.workload.ours(round));
    if (round === 0) return;
    const value = valueOf(this.workload, ours);
    this.ours.push(value);
    for (const latency of ours.latencies) this.latencies.push(latency);
    if (!limit) return;
    this.limits.push(valueOf(this.workload, limit));
    this.ratios.push(value / valueOf(this.workload, limit));
  }

  result(): Result {
    const { name, title, unit, target } = this.workload;
    const measured = this.limits.length > 0;
    return {
      ...{ name, title, unit, target },
      ours: quantile(this.ours, 0.5),
      limit: measured ? quantile(this.limits, 0.5) : undefined,
      ratio: measured ? quantile(this.ratios, 0.5) : undefined,
      ratios: this.ratios,
      p50: quantile(this.latencies, 0.5),
      p99: quantile(this.latencies, 0.99),
      peakMemory: this.peak.value,
    };
  }
}

/** What a run of all rounds has. */
export interface RoundsOptions {
  readonly rounds: number;
  /** The process of the server, where it is the bench's own. */
  readonly pid: number | undefined;
  /** No round begins that would not be over by then, as `performance.now()` tells the time. */
  readonly deadline: number;
  readonly say: (message: string) => void;
}

/** Runs the workloads in rotation: a warm-up, then the rounds that count, each with all workloads and their limits. */
export async function runRounds(
  workloads: readonly Workload[],
  { rounds, pid, deadline, say }: RoundsOptions,
): Promise<{ results: Result[]; rounds: number }> {
  const all = workloads.map((workload) => new Series(workload, pid));
  let done = 0;
  for (let round = 0; round <= rounds; round++) {
    const begin = performance.now();
    for (const series of all) await series.run(round);
    const took = performance.now() - begin;
    say(`${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}: ${(took / 1000).toFixed(1)} s`);
    done = round;
    if (performance.now() + 1.2 * took > deadline && round > 0) break;
  }
  return { results: all.map((series) => series.result()), rounds: done };
}
