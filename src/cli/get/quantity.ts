import { BUILT_IN, type EventTypeInfo } from '../../event-types/catalogue.js';
import { DATA_TYPES } from '../../event-types/data-types.js';

/** Writes a number with its unit, as people say it. */
export type Quantity = (value: number) => string;

const PREFIXES = ['', 'k', 'M', 'G', 'T', 'P'] as const;

/** The properties of an event type that set the format of its numbers. */
export interface Measured extends Pick<EventTypeInfo, 'dataType'> {
  readonly unit: string | null | undefined;
}

/** Units that are not printed: the event type says what is counted. */
const COUNTED: readonly string[] = ['packets', 'hops'];

/**
 * How the numbers of an event type are written: `9.40 Gb/s`, `41.2 ms`, `0.5 %`; with three significant digits.
 * @param declared what the archive says of an event type that is not built in.
 */
export function quantityOf(eventType: string, declared?: Measured): Quantity {
  const measured = BUILT_IN.get(eventType) ?? declared;
  if (measured && DATA_TYPES[measured.dataType].measure === 'fraction') return (value) => `${digits(value * 100)} %`;
  const unit = measured?.unit ?? '';
  if (unit === '' || COUNTED.includes(unit)) return plain;
  if (unit === 'bits per second') return (value) => scaled(value, 'b/s', 1000);
  // A path's MTU is 1500 B and 9000 B to everybody.
  if (unit === 'bytes') return (value) => scaled(value, 'B', 10_000);
  if (unit === 'ms') return (value) => duration(value / 1000);
  if (unit === 's') return duration;
  return (value) => `${digits(value)} ${unit}`;
}

/** A number without a unit: whole ones with all their digits, in groups. */
export function plain(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : digits(value);
}

function scaled(value: number, unit: string, from: number): string {
  if (Math.abs(value) < from) return `${plain(value)} ${unit}`;
  const power = Math.min(Math.floor(Math.log10(Math.abs(value)) / 3), PREFIXES.length - 1);
  return `${fixed(value / 1000 ** power)} ${PREFIXES[power] ?? ''}${unit}`;
}

function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return '0 s';
  if (size >= 1) return `${fixed(seconds)} s`;
  return size >= 0.001 ? `${fixed(seconds * 1000)} ms` : `${fixed(seconds * 1e6)} µs`;
}

/** Three significant digits, trailing zeros included, so that the points of a series are aligned. */
function fixed(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function digits(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}
