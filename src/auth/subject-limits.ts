import { AddressRange, canonicalAddress } from '../common/address.js';
import { isSourceName } from '../common/source-name.js';
import { type StoredLimits } from '../storage/schema/access.entity.js';
import { type Subject } from '../storage/registry/subject-store.js';

/** The fields of a metadata that writes can be limited by, as they are called on the wire and inside. */
const FIELDS = {
  source: 'source',
  destination: 'destination',
  'measurement-agent': 'measurementAgent',
  'tool-name': 'toolName',
  'input-source': 'inputSource',
  'input-destination': 'inputDestination',
  'subject-type': 'subjectType',
} as const satisfies Record<string, keyof Subject>;

type Field = keyof typeof FIELDS;

const ADDRESS_FIELDS: readonly string[] = ['source', 'destination', 'measurement-agent'] satisfies Field[];

/** What one field must be: within one of the ranges, or one of the texts. */
interface Rule {
  readonly field: Field;
  readonly allowed: string;
  readonly fits: (value: string) => boolean;
}

/** To which metadata the writes of a key or a network are limited. All fields must fit; of a field's values, one. */
export class SubjectLimits {
  private readonly rules: readonly Rule[];

  /** Throws a sentence where a field or a range is none. */
  constructor(stored: StoredLimits) {
    this.rules = Object.entries(stored).map(([field, values]) => ruleOf(field, values));
  }

  /** Why writes to metadata with this subject are refused; `undefined` where they are fine. */
  refusal(subject: Subject): string | undefined {
    for (const { field, allowed, fits } of this.rules) {
      const value = subject[FIELDS[field]];
      if (value === null) return `it is limited to ${field} ${allowed}, and this metadata has no ${field}`;
      if (!fits(value)) return `it is limited to ${field} ${allowed}, and this metadata has ${field} ${value || '""'}`;
    }
    return undefined;
  }
}

/**
 * Reads limits as they are typed, `source=192.0.2.0/24`: those of one field gather. Throws a sentence where a field
 * or a range is none.
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

/** Limits as they are typed, for people. */
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
    return { field, allowed, fits: (text) => isName(text) || inRange(text) };
  }
  return { field, allowed, fits: oneOf(values) };
}

/** Without regard to case: metadata that differ in case only are the same. */
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
