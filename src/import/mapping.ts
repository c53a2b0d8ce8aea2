import { IsOptional } from 'class-validator';
import { Invalid } from '../common/errors.js';
import { IsRecordOf, validated } from '../common/validated.js';
import { type DataTypeOf, requireDataType } from '../event-types/catalogue.js';

/** Maps the names in line protocol to those of the archive. */
export interface Mapping {
  /** Field, or `measurement.field`, to event type. A field named like an event type needs no entry. */
  readonly eventTypes: ReadonlyMap<string, string>;
  /** Tag to metadata field; the measurement counts as the tag `measurement`. An empty text omits the tag. */
  readonly tags: ReadonlyMap<string, string>;
  /** Metadata fields with the same value for all lines. */
  readonly set: ReadonlyMap<string, string>;
}

const Texts = (): PropertyDecorator => IsRecordOf('texts', (member) => typeof member === 'string');

/** A mapping file. */
class MappingFile {
  @IsOptional()
  @Texts()
  'event-types'?: Record<string, string> | null;

  @IsOptional()
  @Texts()
  tags?: Record<string, string> | null;

  @IsOptional()
  @Texts()
  set?: Record<string, string> | null;
}

/**
 * Parses a mapping from JSON: an object with `event-types`, `tags`, `set`, each an object of texts. Throws `Invalid`.
 */
export function parseMapping(text: string): Mapping {
  const file = validated(MappingFile, parseJson(text), '', 'expected event-types, tags, set');
  return { eventTypes: entriesOf(file['event-types']), tags: entriesOf(file.tags), set: entriesOf(file.set) };
}

/** A mapping with further entries, which replace those of the same name. */
export function withEntries(mapping: Mapping, more: Mapping): Mapping {
  return {
    eventTypes: new Map([...mapping.eventTypes, ...more.eventTypes]),
    tags: new Map([...mapping.tags, ...more.tags]),
    set: new Map([...mapping.set, ...more.set]),
  };
}

/** Throws `UnknownEventType` where a field is mapped to an unknown event type. */
export function checkMapping({ eventTypes }: Mapping, dataTypeOf: DataTypeOf): void {
  for (const [field, eventType] of eventTypes) requireDataType(dataTypeOf, eventType, `${field}: `);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Invalid('expected a JSON object');
  }
}

function entriesOf(texts: Record<string, string> | null | undefined): Map<string, string> {
  return new Map(Object.entries(texts ?? {}));
}
