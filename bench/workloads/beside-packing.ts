import { type Measurement } from '../load.js';
import { type MetadataFamily } from '../metadata.js';
import { bulkBody, consecutive, STEP, type ValueMaker } from '../points.js';
import { SingleWrite } from './single-write.js';
import { type Field, type Target, type Workload } from './workload.js';

/** Few enough to stay loose. */
const OF_BODY = 30;

/** What tells one kind of writes beside the packer from another. */
export interface BesidePackingOptions {
  readonly name: string;
  readonly title: string;
  /** The series that are written to. Their points are of the last hour, or later, so that they stay loose. */
  readonly family: MetadataFamily;
  /** The series whose loose points are packed meanwhile. */
  readonly packed: MetadataFamily;
  /** The time of the first of these, in seconds since 1970: long ago. */
  readonly begin: number;
  readonly value: ValueMaker;
  readonly requests: number;
  readonly target: Target;
}

/** Single points as in W2, while the packing job is at work in the server (P3). The limit is the same without it. */
export class BesidePacking implements Workload {
  readonly unit = 'requests/s';
  readonly name: string;
  readonly title: string;
  readonly amount: number;
  readonly target: Target;
  private readonly writes: SingleWrite;

  constructor(
    private readonly field: Field,
    private readonly options: BesidePackingOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.amount = options.requests;
    this.target = options.target;
    const { name, title, family, value, requests } = options;
    const begin = Math.floor(Date.now() / 1000 / STEP) * STEP - 50 * STEP;
    this.writes = new SingleWrite(field, { name, title, family, value, requests, begin });
  }

  async prepare(): Promise<void> {
    await this.writes.prepare();
    await this.field.registry.keysOf(this.options.packed);
  }

  async limit(round: number): Promise<Measurement> {
    await this.storeLoose(round);
    return this.writes.ours(2 * round);
  }

  async ours(round: number): Promise<Measurement> {
    const work = (): Promise<Measurement> => this.writes.ours(2 * round + 1);
    return (await this.field.packing?.beside(work)) ?? work();
  }

  /** More than the job packs in a round. */
  private async storeLoose(round: number): Promise<void> {
    const { packed, begin, value } = this.options;
    const keys = await this.field.registry.keysOf(packed);
    const requests = keys.map((key, series) => {
      const points = consecutive(value, series, begin, round * OF_BODY, OF_BODY);
      return this.field.archive.request('PUT', `${key}/`, bulkBody(packed.eventType, points));
    });
    await this.field.archive.drive({ connections: 8, requests, status: 201 });
  }
}
