import { histogramOf } from './histogram.js';
import { plain, type Quantity } from './quantity.js';

/** A value for people: a number with its unit, what a histogram comes to, why it failed, the way of a trace. */
export function valueText(value: unknown, quantity: Quantity): string {
  if (typeof value === 'number') return quantity(value);
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'number'))
    return value.map(quantity).join(', ');
  return histogramText(value, quantity) ?? failureText(value) ?? traceText(value) ?? JSON.stringify(value);
}

/** The number that stands for a value where its course is drawn; `undefined` where there is none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return membersOf(value).median ?? histogramOf(value)?.median;
}

/** The members of statistics that are numbers. */
export function membersOf(value: unknown): Readonly<Record<string, number | undefined>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).filter((member): member is [string, number] => typeof member[1] === 'number'),
  );
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
