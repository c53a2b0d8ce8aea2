import { Invalid } from '../common/errors.js';
import { type DataTypeOf, requireDataType } from '../event-types/catalogue.js';

/** How the names of a line protocol become those of the archive. */
export interface Mapping {
  /** Field, or `measurement.field`, to event type. A field that is called like an event type needs no entry. */
  readonly eventTypes: ReadonlyMap<string, string>;
  /** Tag to field of the metadata; the measurement is the tag `measurement`. An empty text leaves the tag out. */
  readonly tags: ReadonlyMap<string, string>;
  /** Fields of the metadata that are the same for all. */
  readonly set: ReadonlyMap<string, string>;
}

const PARTS = ['event-types', 'tags', 'set'] as const;

/** Reads a mapping from JSON: an object with `event-types`, `tags`, `set`, each an object of texts. Throws `Invalid`. */
export function parseMapping(text: string): Mapping {
  const value = parseObject(text);
  for (const name of Object.keys(value))
    if (!PARTS.some((part) => part === name)) throw new Invalid(`${name}: expected ${PARTS.join(', ')}`);
  return {
    eventTypes: textsOf(value, 'event-types'),
    tags: textsOf(value, 'tags'),
    set: textsOf(value, 'set'),
  };
}

/** The same mapping with further entries, which replace those of the same name. */
export function withEntries(mapping: Mapping, more: Mapping): Mapping {
  return {
    eventTypes: new Map([...mapping.eventTypes, ...more.eventTypes]),
    tags: new Map([...mapping.tags, ...more.tags]),
    set: new Map([...mapping.set, ...more.set]),
  };
}

/** Throws `UnknownEventType` where a field is mapped to what is no event type. */
export function checkMapping({ eventTypes }: Mapping, dataTypeOf: DataTypeOf): void {
  for (const [field, eventType] of eventTypes) requireDataType(dataTypeOf, eventType, `${field}: `);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the one message.
  }
  throw new Invalid('expected a JSON object');
}

function textsOf(value: Record<string, unknown>, name: string): Map<string, string> {
  const entries = Object.entries(value[name] ?? {}) as [string, unknown][];
  return new Map(
    entries.map(([key, text]) => {
      if (typeof text !== 'string') throw new Invalid(`${name}, ${key}: expected a text`);
      return [key, text];
    }),
  );
}
