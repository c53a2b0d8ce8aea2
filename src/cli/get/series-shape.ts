/** The most parts of a series; beyond it, pairs of parts are merged. */
const MAX_PARTS = 1024;

/** The extremes, mean and course of a series of numbers of any length, in constant memory. */
export class SeriesShape {
  count = 0;
  minimum = Infinity;
  maximum = -Infinity;
  private sum = 0;
  private sums: number[] = [];
  private perPart = 1;
  private inLast = 0;

  /** Takes the next number. */
  add(value: number): void {
    this.count++;
    this.sum += value;
    this.minimum = Math.min(this.minimum, value);
    this.maximum = Math.max(this.maximum, value);
    if (this.inLast === this.perPart && this.sums.length === MAX_PARTS) this.halve();
    if (this.sums.length === 0 || this.inLast === this.perPart) {
      this.sums.push(value);
      this.inLast = 1;
    } else {
      this.sums[this.sums.length - 1] = (this.sums.at(-1) ?? 0) + value;
      this.inLast++;
    }
  }

  /** The mean of all. */
  get mean(): number {
    return this.sum / this.count;
  }

  /** The course in at most so many numbers, each the mean of equally many points (of the last there may be fewer). */
  columns(most: number): number[] {
    const columns = Math.min(this.sums.length, Math.max(most, 1));
    return Array.from({ length: columns }, (_, column) => {
      const from = Math.floor((column * this.sums.length) / columns);
      const to = Math.floor(((column + 1) * this.sums.length) / columns);
      const sum = this.sums.slice(from, to).reduce((total, part) => total + part, 0);
      const missing = to === this.sums.length ? this.perPart - this.inLast : 0;
      return sum / ((to - from) * this.perPart - missing);
    });
  }

  /** All parts are full when this is called. */
  private halve(): void {
    this.sums = Array.from({ length: MAX_PARTS / 2 }, (_, i) => (this.sums[2 * i] ?? 0) + (this.sums[2 * i + 1] ?? 0));
    this.perPart *= 2;
    this.inLast = this.perPart;
  }
}

/** The characters of a sparkline, from the lowest. */
const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Numbers as bars, the smallest as the lowest and the largest as the highest; all the same are in the middle. */
export function sparkline(values: readonly number[]): string {
  const minimum = Math.min(...values);
  const spread = Math.max(...values) - minimum;
  return values
    .map((value) => BARS[spread === 0 ? 3 : Math.round(((value - minimum) / spread) * (BARS.length - 1))])
    .join('');
}
