import { type Measurement } from '../load.js';
import { type MetadataFamily } from '../metadata.js';
import { type BenchPoint, bulkBody, consecutive, STEP, type ValueMaker } from '../points.js';
import { type Field, type Target, type Workload } from './workload.js';

/** Points of a body: consecutive ones of one series. */
const OF_BODY = 1000;

/** What tells one kind of bulk write from another. */
export interface BulkOptions {
  readonly name: string;
  readonly title: string;
  readonly family: MetadataFamily;
  readonly connections: number;
  /** Bodies of a round. */
  readonly bodies: number;
  /** The time of each series' first point, in seconds since 1970; no two workloads write at the same times. */
  readonly begin: number;
  readonly value: ValueMaker;
  readonly target?: Target;
}

/** PUT of many points each (W1, W6). The limit is `COPY` of the same points. */
export class BulkWrite implements Workload {
  readonly unit = 'kpoints/s';
  readonly name: string;
  readonly title: string;
  readonly amount: number;
  readonly target: Target | undefined;
  private keys: readonly string[] = [];

  constructor(
    private readonly field: Field,
    private readonly options: BulkOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.amount = options.bodies * OF_BODY;
    this.target = options.target;
  }

  async prepare(): Promise<void> {
    this.keys = await this.field.registry.keysOf(this.options.family);
  }

  limit(round: number): Promise<Measurement | undefined> {
    // Series of its own for each workload: the limit's table has one key, too.
    const first = Math.floor(this.options.begin / STEP);
    const points = this.bodies(round).flatMap((body) =>
      body.map((point) => ({ ...point, series: first + point.series })),
    );
    return this.field.copy?.copy(points) ?? Promise.resolve(undefined);
  }

  ours(round: number): Promise<Measurement> {
    const { connections, family } = this.options;
    const requests = this.bodies(round).map((points) =>
      this.field.archive.request(
        'PUT',
        `${this.keys[points[0]?.series ?? 0] ?? ''}/`,
        bulkBody(family.eventType, points),
      ),
    );
    return this.field.archive.drive({ connections, requests, status: 201 });
  }

  /** The bodies of a round go on where those of the round before ended: one series after the other, over and over. */
  private bodies(round: number): BenchPoint[][] {
    const { bodies, begin, family, value } = this.options;
    return Array.from({ length: bodies }, (_, index) => {
      const all = round * bodies + index;
      const position = Math.floor(all / family.count) * OF_BODY;
      return consecutive(value, all % family.count, begin, position, OF_BODY);
    });
  }
}
