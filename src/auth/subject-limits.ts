import { AddressRange, canonicalAddress } from '../common/address.js';
import { isSourceName } from '../common/source-name.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { type Subject } from '../storage/registry/subject-store.js';

/** The fields of a metadata that can limit writes, by their names on the wire. */
const FIELDS = {
  source: 'source',
  destination: 'destination',
  'measurement-agent': 'measurementAgent',
  'tool-name': 'toolName',
  'input-source': 'inputSource',
  'input-destination': 'inputDestination',
  'subject-type': 'subjectType',
  session: 'session',
  database: 'database',
  sensor: 'sensor',
} as const satisfies Record<string, keyof Subject>;

type Field = keyof typeof FIELDS;

const ADDRESS_FIELDS: readonly string[] = ['source', 'destination', 'measurement-agent'] satisfies Field[];

/** Fields whose values differ in case. */
const EXACT_FIELDS: readonly string[] = ['session', 'database', 'sensor'] satisfies Field[];

/** The limit of one field: its ranges or texts. */
interface Rule {
  readonly field: Field;
  readonly allowed: string;
  readonly matches: (value: string) => boolean;
}

/** The metadata that a key or a network may write to. All fields must match one of their values. */
export class SubjectLimits {
  private readonly rules: readonly Rule[];

  /** Throws an `Error` with a sentence for an unknown field or an invalid range. */
  constructor(stored: StoredLimits) {
    this.rules = Object.entries(stored).map(([field, values]) => ruleOf(field, values));
  }

  /** The reason to refuse writes to metadata with this subject; `undefined` if they are allowed. */
  refusal(subject: Subject): string | undefined {
    for (const { field, allowed, matches } of this.rules) {
      const value = subject[FIELDS[field]];
      if (value == null) return `it is limited to ${field} ${allowed}, and this metadata has no ${field}`;
      if (!matches(value))
        return `it is limited to ${field} ${allowed}, and this metadata has ${field} ${value || '""'}`;
    }
    return undefined;
  }
}

/**
 * Parses limits of the form `source=192.0.2.0/24`, and groups them by field. Throws an `Error` with a sentence for an
 * unknown field or an invalid range.
 */
export function parseLimits(texts: readonly string[]): StoredLimits | null {
  const limits: Record<string, string[]> = {};
  for (const text of texts) {
    const at = text.indexOf('=');
    if (at < 1) throw new Error(`Expected FIELD=VALUE, got ${JSON.stringify(text)}.`);
    const field = text.slice(0, at);
    const value = text.slice(at + 1);
    ruleOf(field, [value]);
    (limits[field] ??= []).push(isAddressField(field) ? String(AddressRange.parse(value) ?? value) : value);
  }
  return texts.length === 0 ? null : limits;
}

/** Formats limits as `parseLimits` reads them. */
export function formatLimits(limits: StoredLimits | null): string {
  return Object.entries(limits ?? {})
    .flatMap(([field, values]) => values.map((value) => `${field}=${value}`))
    .join(' ');
}

function isAddressField(field: string): boolean {
  return ADDRESS_FIELDS.includes(field);
}

function ruleOf(field: string, values: readonly string[]): Rule {
  if (!isField(field))
    throw new Error(`There is no field ${field} to limit by, only ${Object.keys(FIELDS).join(', ')}.`);
  const allowed = values.join(' or ');
  if (isAddressField(field)) {
    const names = field === 'source' ? values.filter(isSourceName) : [];
    const ranges = values.filter((value) => !names.includes(value)).map((value) => rangeOf(field, value));
    const isName = oneOf(names);
    const inRange = (text: string): boolean =>
      canonicalAddress(text) !== undefined && ranges.some((range) => range.contains(text));
    return { field, allowed, matches: (text) => isName(text) || inRange(text) };
  }
  return { field, allowed, matches: EXACT_FIELDS.includes(field) ? (text) => values.includes(text) : oneOf(values) };
}

/** Matches one of the texts without regard to case, because metadata that differ only in case are the same. */
function oneOf(values: readonly string[]): (text: string) => boolean {
  const texts = values.map((value) => value.toLowerCase());
  return (text) => texts.includes(text.toLowerCase());
}

function rangeOf(field: string, text: string): AddressRange {
  const range = AddressRange.parse(text);
  if (!range) throw new Error(`${field}: expected an address or a range such as 192.0.2.0/24, got "${text}".`);
  return range;
}

function isField(field: string): field is Field {
  return Object.hasOwn(FIELDS, field);
}
