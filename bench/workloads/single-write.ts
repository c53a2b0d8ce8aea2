import { type WireRequest } from '../http-connection.js';
import { type Measurement } from '../load.js';
import { type MetadataFamily } from '../metadata.js';
import { STEP, type ValueMaker } from '../points.js';
import { type Field, type Target, type Workload } from './workload.js';

const CONNECTIONS = 32;

/** What tells one kind of single writes from another. */
export interface SingleOptions {
  readonly name: string;
  readonly title: string;
  readonly family: MetadataFamily;
  readonly requests: number;
  readonly begin: number;
  readonly value: ValueMaker;
  readonly target?: Target;
}

/** POST of one point each, to one series after the other (W2). The limit parses the same bodies and forgets them. */
export class SingleWrite implements Workload {
  readonly unit = 'requests/s';
  readonly name: string;
  readonly title: string;
  readonly amount: number;
  readonly target: Target | undefined;
  private keys: readonly string[] = [];

  constructor(
    private readonly field: Field,
    private readonly options: SingleOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.amount = options.requests;
    this.target = options.target;
  }

  async prepare(): Promise<void> {
    this.keys = await this.field.registry.keysOf(this.options.family);
  }

  limit(round: number): Promise<Measurement | undefined> {
    return this.field.bare?.parse(this.requests(round), CONNECTIONS) ?? Promise.resolve(undefined);
  }

  ours(round: number): Promise<Measurement> {
    return this.field.archive.drive({ connections: CONNECTIONS, requests: this.requests(round), status: 201 });
  }

  private requests(round: number): WireRequest[] {
    const { requests, begin, family, value } = this.options;
    return Array.from({ length: requests }, (_, index) => {
      const all = round * requests + index;
      const series = all % this.keys.length;
      const position = Math.floor(all / this.keys.length);
      const body = `{"ts":${begin + position * STEP},"val":${value(series, position).value ?? 0}}`;
      return this.field.archive.request('POST', `${this.keys[series] ?? ''}/${family.eventType}/base`, body);
    });
  }
}
