import { type Archive } from '../archive.js';
import { type BareLimit } from '../bare-limit.js';
import { type CopyLimit } from '../copy-limit.js';
import { type Measurement } from '../load.js';
import { type MetadataRegistry } from '../metadata.js';
import { type Packing } from '../packing.js';

/** What workloads work on; the limits and the packing are missing for an archive that already runs. */
export interface Field {
  readonly archive: Archive;
  readonly registry: MetadataRegistry;
  readonly bare: BareLimit | undefined;
  readonly copy: CopyLimit | undefined;
  readonly packing: Packing | undefined;
}

/** What is to be reached: a ratio of ours to the limit, or a value of ours. */
export type Target = { readonly at: 'least' | 'most' } & ({ readonly ratio: number } | { readonly value: number });

export const atLeast = (ratio: number): Target => ({ at: 'least', ratio });
export const atMost = (ratio: number): Target => ({ at: 'most', ratio });

/** One line of the table. */
export interface Workload {
  /** Such as `W1`, by which `--only` chooses it. */
  readonly name: string;
  readonly title: string;
  /** Rates are `amount` in thousands or ones a second; a time is the median of the requests. */
  readonly unit: 'kpoints/s' | 'requests/s' | 'ms' | 's' | 'bytes/point';
  /** How many points or requests a round has. */
  readonly amount: number;
  readonly target: Target | undefined;
  /** Whether it runs only where `--only` names it. */
  readonly takesLong?: boolean;
  /** Done once, before the rounds. */
  prepare(): Promise<void>;
  /** The limit of a round, or `undefined` where there is none to measure. */
  limit(round: number): Promise<Measurement | undefined>;
  /** The same work by the archive. */
  ours(round: number): Promise<Measurement>;
}

/** The value of a measurement in the workload's unit. */
export function valueOf({ unit, amount }: Workload, { seconds, latencies, value }: Measurement): number {
  if (value !== undefined) return value;
  if (unit === 'ms') return quantile(latencies, 0.5);
  return amount / seconds / (unit === 'kpoints/s' ? 1000 : 1);
}

/** The nearest-rank quantile; `NaN` of nothing. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
}
