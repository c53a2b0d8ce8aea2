import { type WireRequest } from '../http-connection.js';
import { type Measurement } from '../load.js';
import { type Field, type Target, type Workload } from './workload.js';

/** What tells one kind of writes of lines from another. */
export interface LineWriteOptions {
  readonly name: string;
  readonly title: string;
  /** Rates are those of points, or of requests. */
  readonly unit: 'kpoints/s' | 'requests/s';
  /** How many of them a round has. */
  readonly amount: number;
  readonly connections: number;
  readonly target: Target;
  /** Done before the rounds; absent: nothing. */
  readonly prepare?: () => Promise<void>;
  readonly requests: (round: number) => readonly WireRequest[];
  /** Does as much in another way; `undefined` where that is not there. */
  readonly limit: (round: number) => Promise<Measurement | undefined>;
}

/** POST of line protocol (L1 to L6). */
export class LineWrite implements Workload {
  readonly name: string;
  readonly title: string;
  readonly unit: LineWriteOptions['unit'];
  readonly amount: number;
  readonly target: Target;

  constructor(
    private readonly field: Field,
    private readonly options: LineWriteOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.unit = options.unit;
    this.amount = options.amount;
    this.target = options.target;
  }

  async prepare(): Promise<void> {
    await this.options.prepare?.();
  }

  limit(round: number): Promise<Measurement | undefined> {
    return this.options.limit(round);
  }

  ours(round: number): Promise<Measurement> {
    const { connections, requests } = this.options;
    return this.field.archive.drive({ connections, requests: requests(round), status: 204 });
  }
}
