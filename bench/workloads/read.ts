import { type WireRequest } from '../http-connection.js';
import { type Measurement } from '../load.js';
import { type Field, type Target, type Workload } from './workload.js';

/** What tells one kind of read from another. */
export interface ReadOptions {
  readonly name: string;
  readonly title: string;
  /** How often it is asked in a round. */
  readonly times: number;
  readonly target?: Target;
  /** Stores what is read and returns the paths to ask for, one after the other, below the archive. */
  readonly paths: () => Promise<readonly string[]>;
  /** How many elements each answer has. */
  readonly elements: number;
}

/** GET of one answer at a time (W3, W4, W5, P1). The limit answers the same bytes, which it has ready. */
export class Read implements Workload {
  readonly unit = 'ms';
  readonly name: string;
  readonly title: string;
  readonly amount: number;
  readonly target: Target | undefined;
  private requests: readonly WireRequest[] = [];

  constructor(
    private readonly field: Field,
    private readonly options: ReadOptions,
  ) {
    this.name = options.name;
    this.title = options.title;
    this.amount = options.times;
    this.target = options.target;
  }

  async prepare(): Promise<void> {
    const paths = await this.options.paths();
    this.requests = Array.from({ length: this.options.times }, (_, index) =>
      this.field.archive.request('GET', paths[index % paths.length] ?? ''),
    );
    const requests = this.requests.slice(0, 1);
    const [answer = Buffer.alloc(0)] = await this.field.archive.collect({ connections: 1, requests, status: 200 });
    const { length } = JSON.parse(answer.toString()) as unknown[];
    if (length !== this.options.elements)
      throw new Error(`${requests[0]?.path ?? ''}: ${length} elements instead of ${this.options.elements}`);
    await this.field.bare?.prepare(encodeURIComponent(this.title), answer);
  }

  limit(): Promise<Measurement | undefined> {
    const { title, times } = this.options;
    return this.field.bare?.answer(encodeURIComponent(title), times) ?? Promise.resolve(undefined);
  }

  ours(): Promise<Measurement> {
    return this.field.archive.drive({ connections: 1, requests: this.requests, status: 200 });
  }
}
