import { type Declared, type Field, type FieldType, type FieldValue, type TagValue } from './declared.js';
import { LoggerError } from './errors.js';
import { type Measurement } from './measurement.js';
import { type FieldMap, type TagMap } from './value-map.js';

/** Values of fields: a map, or an object by name. */
export type Fields = FieldMap | Readonly<Record<string, FieldValue>>;

/** Values of tags: a map, or an object by name. */
export type Tags = TagMap | Readonly<Record<string, TagValue>>;

/**
 * The values of a record's fields: what is given, and else what the fields make themselves. Throws a `LoggerError` for a name
 * that the measurement does not declare, and for a value that no database takes.
 */
export function fieldsOf(measurement: Measurement, given: Fields): Record<string, FieldValue> {
  const values = valuesOf(measurement, 'field', measurement.fields, given);
  for (const field of measurement.fields) {
    const value = values[field.name];
    if (value !== undefined) checkValue(measurement, field, value);
  }
  return values;
}

/** The values of a record's tags, as texts; see `fieldsOf`. */
export function tagsOf(measurement: Measurement, given: Tags): Record<string, string> {
  const { tags, optionalTags } = measurement;
  return textsOf(measurement, valuesOf<TagValue>(measurement, 'tag', [...tags, ...optionalTags], given));
}

/** The tags of an event, which need not be declared. */
export function eventTagsOf(measurement: Measurement, given: Tags): Record<string, string> {
  return textsOf(measurement, Object.fromEntries(entriesOf(given)));
}

/** What a record lacks; `undefined` where it has all. */
export function missingIn(
  { fields, tags }: Measurement,
  entry: { readonly fields: object; readonly tags: object },
): string | undefined {
  const missing = [
    ...fields.filter(({ name }) => !Object.hasOwn(entry.fields, name)).map(({ name }) => `the field "${name}"`),
    ...tags.filter(({ name }) => !Object.hasOwn(entry.tags, name)).map(({ name }) => `the tag "${name}"`),
  ];
  return missing.length > 0 ? `${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} missing` : undefined;
}

function valuesOf<Value>(
  { name: measurement }: Measurement,
  what: 'field' | 'tag',
  declared: readonly Declared<Value>[],
  given: Iterable<[string, Value]> | Readonly<Record<string, Value>>,
): Record<string, Value> {
  const named = Symbol.iterator in given ? Object.fromEntries(given) : given;
  for (const name of Object.keys(named))
    if (!declared.some((part) => part.name === name))
      throw new LoggerError(`${measurement}: there is no ${what} "${name}"`);
  const values: [name: string, value: Value][] = [];
  for (const part of declared) {
    const value = (Object.hasOwn(named, part.name) ? named[part.name] : undefined) ?? part.ownValue();
    if (value !== undefined) values.push([part.name, value]);
  }
  return Object.fromEntries(values);
}

/** The names and values of a map or an object. */
export function entriesOf<Value>(
  given: Iterable<[string, Value]> | Readonly<Record<string, Value>>,
): Iterable<[string, Value]> {
  return Symbol.iterator in given ? given : Object.entries(given);
}

function textsOf(
  { name: measurement }: Measurement,
  values: Readonly<Record<string, TagValue>>,
): Record<string, string> {
  const texts = Object.entries(values).map(([name, value]: [string, unknown]) => {
    if (!['string', 'number', 'boolean'].includes(typeof value))
      throw new LoggerError(
        `${measurement}: the tag "${name}" must be a text, a number or a boolean, got ${typeof value}`,
      );
    return [name, String(value)];
  });
  return Object.fromEntries(texts) as Record<string, string>;
}

const KINDS: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  float: (value) => Number.isFinite(value) || typeof value === 'bigint',
  integer: (value) => Number.isInteger(value) || typeof value === 'bigint',
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
};

function checkValue({ name: measurement }: Measurement, { name, type }: Field, value: unknown): void {
  const kinds = type ? [KINDS[type]] : Object.values(KINDS);
  if (kinds.some((isOfKind) => isOfKind(value))) return;
  const expected = type ? `of type ${type}` : 'a finite number, a bigint, a text or a boolean';
  throw new LoggerError(`${measurement}: the field "${name}" must be ${expected}, got ${String(value)}`);
}
