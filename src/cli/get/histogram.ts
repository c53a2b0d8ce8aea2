/** A histogram with numbers for labels. */
export interface Histogram {
  readonly count: number;
  readonly minimum: number;
  readonly median: number;
  readonly maximum: number;
}

/** What a value says as a histogram; `undefined` where it is none, counts nothing, or a label is no number. */
export function histogramOf(value: unknown): Histogram | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const bars = Object.entries(value)
    .map(([label, count]): [number, unknown] => [label.trim() === '' ? NaN : Number(label), count])
    .filter((bar): bar is [number, number] => typeof bar[1] === 'number' && bar[1] > 0)
    .sort(([a], [b]) => a - b);
  const count = bars.reduce((sum, [, bar]) => sum + bar, 0);
  if (count === 0 || bars.some(([label]) => !Number.isFinite(label))) return undefined;
  let before = 0;
  const median = bars.find(([, bar]) => (before += bar) * 2 >= count)?.[0] ?? NaN;
  return { count, minimum: bars[0]?.[0] ?? NaN, median, maximum: bars.at(-1)?.[0] ?? NaN };
}
