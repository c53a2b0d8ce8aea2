import { plain, type Quantity } from './quantity.js';

/** So many counts are shown, the largest ones. */
const SHOWN = 6;

/** Counts by label, the largest first: `200: 4, 502: 1`. */
export function categoriesText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return countsText(Object.entries(value).map(([label, count]): [string, number] => [label, Number(count)]));
}

/** The bins of a distribution, the largest first: `30,000 – 31,000: 3, 29,000 – 30,000: 1`. */
export function distributionText(value: unknown, quantity: Quantity): string {
  if (!Array.isArray(value)) return JSON.stringify(value);
  return countsText(value.map((bin: Record<string, unknown>) => [rangeText(bin, quantity), Number(bin.cnt)]));
}

function rangeText({ l, r }: Record<string, unknown>, quantity: Quantity): string {
  if (typeof l !== 'number') return `below ${quantity(Number(r))}`;
  return typeof r === 'number' ? `${quantity(l)} – ${quantity(r)}` : `above ${quantity(l)}`;
}

function countsText(counts: readonly (readonly [label: string, count: number])[]): string {
  const largest = counts.toSorted(([, a], [, b]) => b - a).slice(0, SHOWN);
  const texts = largest.map(([label, count]) => `${label}: ${plain(count)}`);
  return [...texts, ...(counts.length > SHOWN ? [`${plain(counts.length - SHOWN)} more`] : [])].join(', ');
}
