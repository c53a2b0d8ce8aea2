const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** Numbers as bars, the smallest as the lowest and the largest as the highest; all the same are in the middle. */
export function sparkline(values: readonly number[]): string {
  const minimum = Math.min(...values);
  const spread = Math.max(...values) - minimum;
  return values
    .map((value) => BARS[spread === 0 ? 3 : Math.round(((value - minimum) / spread) * (BARS.length - 1))])
    .join('');
}
