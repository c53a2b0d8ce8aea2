/** A column of values that grows. */
export interface ValueColumn<V, C> {
  /** Makes room for so many more. */
  reserve(more: number): void;
  /** Throws a `RangeError` or a `TypeError` for what the archive would refuse; it names the position. */
  push(position: number, value: V | undefined): void;
  /** Takes all values; the column is empty then. */
  take(): C;
  /** Removes all values from an index on. */
  cut(length: number): void;
}

/** Finite doubles. */
export class NumberColumn implements ValueColumn<number, Float64Array> {
  private values = new Float64Array(64);
  private length = 0;

  reserve(more: number): void {
    if (this.length + more <= this.values.length) return;
    const grown = new Float64Array(Math.max(this.length + more, 2 * this.values.length));
    grown.set(this.values);
    this.values = grown;
  }

  push(position: number, value: number | undefined): void {
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new RangeError(`value ${position}: expected a finite number, got ${String(value)}`);
    if (this.length === this.values.length) this.reserve(1);
    this.values[this.length++] = value;
  }

  take(): Float64Array {
    const taken = this.values.slice(0, this.length);
    this.values = new Float64Array(64);
    this.length = 0;
    return taken;
  }

  cut(length: number): void {
    this.length = length;
  }
}

const MAX_TEXT_BYTES = 64 * 1024;

/** NUL, which PostgreSQL does not take, and halves of characters, which UTF-8 has no bytes for. */
const UNFIT = /[\0\p{Surrogate}]/u;

/** Texts. */
export class TextColumn implements ValueColumn<string, readonly string[]> {
  private values: string[] = [];

  reserve(): void {
    // An array grows by itself.
  }

  push(position: number, value: string | undefined): void {
    if (typeof value !== 'string')
      throw new TypeError(`value ${position}: expected a text (codes are texts, too: "200"), got ${String(value)}`);
    if (UNFIT.test(value)) throw new RangeError(`value ${position}: has a NUL or half a character in it`);
    if (value.length * 3 > MAX_TEXT_BYTES && Buffer.byteLength(value) > MAX_TEXT_BYTES)
      throw new RangeError(`value ${position}: at most ${MAX_TEXT_BYTES} bytes`);
    this.values.push(value);
  }

  take(): readonly string[] {
    const taken = this.values;
    this.values = [];
    return taken;
  }

  cut(length: number): void {
    this.values.length = length;
  }
}
