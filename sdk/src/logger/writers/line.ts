import { type FieldType, type FieldValue } from '../declared.js';
import { type DataEntry } from '../entry.js';

/** The unit of times. */
export type LinePrecision = 'ns' | 'us' | 'ms' | 's';

/** So many of a unit are a second. */
const PER_SECOND = { us: 1_000_000, ms: 1000, s: 1 } as const;

/**
 * A record as line protocol. Tags without a value are left out, and a line feed in a name becomes a blank.
 * @param more other tags.
 */
export function lineOf(
  entry: DataEntry,
  precision: LinePrecision,
  more: Readonly<Record<string, string>> = {},
): string {
  const { measurement, micros } = entry;
  const tags = Object.entries({ ...entry.tags, ...more })
    .filter(([, value]) => value !== '')
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `,${escaped(name, /[,= ]/g)}=${escaped(value, /[,= ]/g)}`);
  const fields = measurement.fields.flatMap(({ name, type }) => {
    const value = entry.fields[name];
    return value === undefined ? [] : [`${escaped(name, /[,= ]/g)}=${literal(value, type)}`];
  });
  const time = precision === 'ns' ? `${micros}000` : Math.floor(micros / (1_000_000 / PER_SECOND[precision]));
  return `${escaped(measurement.name, /[, ]/g)}${tags.join('')} ${fields.join(',')} ${time}`;
}

function escaped(name: string, special: RegExp): string {
  const text = name.replace(/\r?\n|\r/g, ' ').replace(special, '\\$&');
  // Before a separator, a backslash would escape it.
  return text.endsWith('\\') ? `${text}\\ ` : text;
}

function literal(value: FieldValue, type: FieldType | undefined): string {
  if (typeof value === 'string') return `"${value.replace(/["\\]/g, '\\$&')}"`;
  if (typeof value === 'boolean') return String(value);
  const isInteger = type === 'integer' || (type === undefined && typeof value === 'bigint');
  return isInteger ? `${BigInt(value)}i` : String(Number(value));
}
