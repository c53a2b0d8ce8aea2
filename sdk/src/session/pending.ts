import { type PutColumns, type PutRows } from './columns.js';
import { type ValueColumn } from './value-column.js';

/** How points are checked. */
export interface PutRules {
  /** What is added to each time: the session's start where times are relative, else 0. */
  readonly offset: number;
  /** Whether a point whose value is NaN is left out; else it is an error. */
  readonly skipsNaN: boolean;
}

/**
 * The points of a stream that no backend has yet, as columns that grow: a single point costs two numbers, not an
 * object. Each `add` takes all of its points or, where it throws, none.
 */
export class Pending<V, C> {
  private ts = new Float64Array(64);
  private length = 0;

  constructor(
    private readonly values: ValueColumn<V, C>,
    private readonly rules: PutRules,
  ) {}

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Throws a `RangeError` or a `TypeError` that names the position, from 1, of the first invalid time or value. */
  addOne(ts: number, value: V): void {
    this.transact(() => {
      this.push(1, ts, value);
    });
  }

  /** Throws as `addOne`, and a `TypeError` for what is no row. */
  addRows(rows: PutRows<V>): void {
    this.transact(() => {
      rows.forEach((row, index) => {
        // A caller without types may give anything.
        const parts: readonly unknown[] = Array.isArray(row) ? row : [];
        if (parts.length !== 2) throw new TypeError(`row ${index + 1}: expected [ts, value]`);
        const [ts, value] = row;
        this.push(index + 1, ts, value);
      });
    });
  }

  /** Throws as `addOne`, and a `RangeError` for columns of different lengths. */
  addColumns({ ts, value }: PutColumns<V>): void {
    if (ts.length !== value.length) throw new RangeError(`ts has ${ts.length} elements, value ${value.length}`);
    this.transact(() => {
      this.reserve(ts.length);
      for (let i = 0; i < ts.length; i++) this.push(i + 1, ts[i], value[i]);
    });
  }

  /** Takes all that waits: times and values, in the order in which they were added. */
  take(): { ts: Float64Array; value: C } {
    const taken = { ts: this.ts.slice(0, this.length), value: this.values.take() };
    // What one large put needed is not kept for the small ones behind it.
    this.ts = new Float64Array(64);
    this.length = 0;
    return taken;
  }

  /** Forgets all that waits. */
  clear(): void {
    this.take();
  }

  private transact(add: () => void): void {
    const before = this.length;
    try {
      add();
    } catch (error) {
      this.length = before;
      this.values.cut(before);
      throw error;
    }
  }

  /** Parameters are what a caller without types may give. */
  private push(position: number, time: number | bigint | undefined, value: V | undefined): void {
    const ts = (typeof time === 'bigint' ? Number(time) : (time ?? NaN)) + this.rules.offset;
    if (!Number.isSafeInteger(ts) || (typeof time !== 'number' && typeof time !== 'bigint'))
      throw new RangeError(`ts ${position}: expected integer microseconds, got ${String(time)}`);
    if (this.rules.skipsNaN && Number.isNaN(value)) return;
    this.values.push(position, value);
    if (this.length === this.ts.length) this.reserve(1);
    this.ts[this.length++] = ts;
  }

  private reserve(more: number): void {
    this.values.reserve(more);
    if (this.length + more <= this.ts.length) return;
    const grown = new Float64Array(Math.max(this.length + more, 2 * this.ts.length));
    grown.set(this.ts);
    this.ts = grown;
  }
}
