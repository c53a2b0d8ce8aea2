import { plain, type Quantity } from './quantity.js';

/**
 * A value as text for people: a number with its unit, a summary of a histogram, the error of a failure, the hops of a
 * trace.
 */
export function valueText(value: unknown, quantity: Quantity): string {
  if (typeof value === 'number') return quantity(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number'))
    return value.map(quantity).join(', ');
  return histogramText(value, quantity) ?? failureText(value) ?? traceText(value) ?? JSON.stringify(value);
}

/** The number of a value in a sparkline; `undefined` where it has none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  const { median, q50 } = membersOf(value);
  return median ?? q50 ?? histogramOf(value)?.median;
}

/** The members of statistics and quantiles that are numbers. */
export function membersOf(value: unknown): Readonly<Record<string, number | undefined>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((member): member is [string, number] => typeof member[1] === 'number'),
  );
}

/** A histogram with numbers for labels. */
interface Histogram {
  readonly count: number;
  readonly minimum: number;
  readonly median: number;
  readonly maximum: number;
}

/** A value as a histogram; `undefined` where it is not one, is empty, or has a label that is no number. */
function histogramOf(value: unknown): Histogram | undefined {
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

function histogramText(value: unknown, quantity: Quantity): string | undefined {
  const histogram = histogramOf(value);
  if (!histogram) return undefined;
  const { count, minimum, median, maximum } = histogram;
  return `${quantity(median)} (${quantity(minimum)} – ${quantity(maximum)}, ${plain(count)} samples)`;
}

function failureText(value: unknown): string | undefined {
  return textIn(value, 'error');
}

/** A trace as `perfSONAR` writes it: an array of hops. */
function traceText(value: unknown): string | undefined {
  if (!Array.isArray(value) || value.length === 0 || !value.every((hop) => isObject(hop) && 'ttl' in hop))
    return undefined;
  return value.map((hop) => textIn(hop, 'ip') ?? '*').join(' → ');
}

function textIn(value: unknown, name: string): string | undefined {
  const text = isObject(value) ? value[name] : undefined;
  return typeof text === 'string' ? text : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
