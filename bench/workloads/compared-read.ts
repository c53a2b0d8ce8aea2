import { type WireRequest } from '../http-connection.js';
import { type Measurement } from '../load.js';
import { type Field, type Target, type Workload } from './workload.js';

/** What tells one kind of compared read from another. */
export interface ComparedReadOptions {
  readonly name: string;
  readonly title: string;
  /** How often each is asked for in a round. */
  readonly times: number;
  readonly target: Target;
  /** How many lines each answer has. */
  readonly lines: number;
  /** Stores what is read, and returns the requests; both are answered in NDJSON. */
  readonly requests: () => Promise<{ readonly ours: WireRequest; readonly limit: WireRequest }>;
}

/** GET of one answer at a time, whose limit is another answer of the same archive, with as many lines (B5, B6). */
export class ComparedRead implements Workload {
  readonly unit = 'ms';
  readonly name: string;
  readonly title: string;
  readonly amount: number;
  readonly target: Target;
  private requests: { readonly ours: WireRequest; readonly limit: WireRequest } | undefined;

  constructor(
    private readonly field: Field,
    private readonly options: ComparedReadOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.amount = options.times;
    this.target = options.target;
  }

  async prepare(): Promise<void> {
    this.requests = await this.options.requests();
    for (const request of Object.values(this.requests)) await this.check(request);
  }

  limit(): Promise<Measurement> {
    return this.read(this.requests?.limit);
  }

  ours(): Promise<Measurement> {
    return this.read(this.requests?.ours);
  }

  private read(request: WireRequest | undefined): Promise<Measurement> {
    if (!request) throw new Error(`${this.name} is not prepared`);
    const requests = new Array<WireRequest>(this.options.times).fill(request);
    return this.field.archive.drive({ connections: 1, requests, status: 200 });
  }

  private async check(request: WireRequest): Promise<void> {
    const load = { connections: 1, requests: [request], status: 200 };
    const [answer = Buffer.alloc(0)] = await this.field.archive.collect(load);
    let lines = 0;
    for (let at = answer.indexOf('\n'); at >= 0; at = answer.indexOf('\n', at + 1)) lines++;
    if (lines !== this.options.lines)
      throw new Error(`${request.path}: ${lines} lines instead of ${this.options.lines}`);
  }
}
