import { type Measurement } from '../load.js';
import { type WeighedTable } from '../packing.js';
import { type Field, type Target, type Workload } from './workload.js';

/** What is weighed. */
export interface DiskOptions {
  readonly name: string;
  readonly title: string;
  readonly target: Target;
  /** Points in segments unless given. */
  readonly table?: WeighedTable;
  /** Stores what is weighed, and packs it. */
  readonly prepare: () => Promise<void>;
  /** In seconds since 1970: all points from `begin` to `end` (exclusive) are weighed, whose ever they are. */
  readonly begin: number;
  readonly end: number;
}

/** The disk that packed points take, or bins (P2, S1). */
export class Disk implements Workload {
  readonly unit = 'bytes/point';
  readonly amount = 1;
  readonly name: string;
  readonly title: string;
  readonly target: Target;

  constructor(
    private readonly field: Field,
    private readonly options: DiskOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.target = options.target;
  }

  prepare(): Promise<void> {
    return this.options.prepare();
  }

  limit(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  async ours(): Promise<Measurement> {
    const { begin, end, table = 'segment' } = this.options;
    return { seconds: 0, latencies: [], value: await this.field.packing?.bytesPerPoint(table, begin, end) };
  }
}
