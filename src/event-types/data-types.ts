import { BadPart } from '../common/errors.js';
import { JsonReader } from '../json/json-reader.js';
import { atOnce } from '../common/turns.js';
import { compact, itemsOf, type JsonSlice, membersOf, readSlice, stringOf } from '../json/json-text.js';
import { floatOf, integerOf, isFraction } from './numbers.js';
import { isStorableText } from './texts.js';

/** The kinds of values an event type can have. */
export type DataTypeName =
  'integer' | 'float' | 'percentage' | 'histogram' | 'json' | 'subinterval' | 'string' | 'boolean';

/**
 * How values are summed up: numbers by adding them, fractions by adding numerators and denominators, histograms by
 * adding the counts of each label, categories by counting each value.
 */
export type Measure = 'number' | 'fraction' | 'histogram' | 'category';

/**
 * A value as it is stored: numbers in `value` (a percentage with its `denominator`, a boolean as 0 or 1), everything
 * else as the JSON text of `document`.
 */
export interface StoredValue {
  readonly value: number | null;
  readonly denominator: number | null;
  readonly document: string | null;
}

/** A stored value as a number: of a percentage the quotient, `null` of a document. */
export function numberOf({ value, denominator }: StoredValue): number | null {
  return value === null ? null : value / (denominator ?? 1);
}

/** A value as it was posted. */
export interface ParsedValue extends StoredValue {
  /** Whether a number in it had a fraction, which is not stored: the data type has integers there. */
  readonly isCut?: boolean;
}

/** What happens to a point at a place that is taken: it is skipped, or it replaces the other point. */
export type OnConflict = 'skip' | 'replace';

/** What the archive does with the values of one data type. */
export interface DataType {
  /** Whether values are stored as JSON text, not as numbers. */
  readonly isDocument: boolean;
  /** What a posted point does at a time that has one: nothing (a conflict), or it replaces that one. */
  readonly onConflict: OnConflict;
  /** How its values are summed up; absent: they have no summaries. */
  readonly measure?: Measure;
  /** A value in the reference: in words where it is read and where it is posted, and the SDK's type of it. */
  readonly docs: { readonly read: string; readonly posted: string; readonly type: string };
  /** Checks a posted value. Throws a `BadPart` that says what is wrong, and in which part of the value. */
  readonly parse: (value: JsonSlice) => ParsedValue;
  /** Like `parse`, in steps, where a value may take long. */
  readonly parseInSteps?: (value: JsonSlice) => Generator<void, ParsedValue, void>;
  /** The JSON text of a stored value, as readers get it. */
  readonly encode: (stored: StoredValue) => string;
  /** Further forms in which readers may ask for a value, by name. */
  readonly forms?: ReadonlyMap<string, (stored: StoredValue) => string>;
}

/** How many labels of a histogram are one step. */
const STEP = 2000;

/**
 * One entry for each data type: parsing, validation, encoding, summing up. Another one is an entry here, and its name
 * in `DataTypeName`.
 */
export const DATA_TYPES: Readonly<Record<DataTypeName, DataType>> = {
  integer: {
    isDocument: false,
    onConflict: 'skip',
    measure: 'number',
    docs: {
      read: 'a number',
      posted:
        'a number (a fraction is cut off) or the text of an integer of up to 64 bits; beyond 2^53 the nearest double is kept',
      type: 'number',
    },
    parse: (value) => {
      const integer = integerOf(value) ?? refuse('', 'an integer of at most 64 bits', value);
      return { value: integer, denominator: null, document: null, isCut: isFraction(value, integer) };
    },
    encode: encodeNumber,
  },
  float: {
    isDocument: false,
    onConflict: 'skip',
    measure: 'number',
    docs: { read: 'a number', posted: 'a number or its text', type: 'number' },
    parse: (value) => numeric(floatOf(value) ?? refuse('', 'a finite number', value)),
    encode: encodeNumber,
  },
  percentage: {
    isDocument: false,
    onConflict: 'skip',
    measure: 'fraction',
    docs: { read: 'the quotient, a number', posted: 'a `Percentage`', type: 'number' },
    parse: parsePercentage,
    encode: ({ value, denominator }) => String((value ?? 0) / (denominator ?? 1)),
    forms: new Map([['fractions', encodeFraction]]),
  },
  histogram: {
    isDocument: true,
    onConflict: 'replace',
    measure: 'histogram',
    docs: { read: 'a `Histogram`', posted: 'a `PostedHistogram`', type: 'Histogram' },
    parse: (value) => atOnce(parseHistogram(value)),
    parseInSteps: parseHistogram,
    encode: encodeDocument,
  },
  json: {
    isDocument: true,
    onConflict: 'replace',
    docs: { read: 'any JSON, as it was posted', posted: 'any JSON', type: 'JsonValue' },
    parse: (value) => document(compact(value.text)),
    encode: encodeDocument,
  },
  subinterval: {
    isDocument: true,
    onConflict: 'replace',
    docs: { read: '`Subintervals`', posted: '`Subintervals`', type: 'Subinterval[]' },
    parse: parseSubintervals,
    encode: encodeDocument,
  },
  string: {
    isDocument: true,
    onConflict: 'replace',
    measure: 'category',
    docs: {
      read: 'a text',
      posted: 'a text of at most 64 KiB in UTF-8, without NUL',
      type: 'string',
    },
    parse: parseString,
    encode: encodeDocument,
  },
  boolean: {
    isDocument: false,
    onConflict: 'replace',
    measure: 'category',
    docs: { read: '`true` or `false`', posted: '`true` or `false`', type: 'boolean' },
    parse: (value) =>
      value.kind === 'boolean' ? numeric(value.text === 'true' ? 1 : 0) : refuse('', 'true or false', value),
    encode: ({ value }) => String(value === 1),
  },
};

/** The names of all data types. */
export const DATA_TYPE_NAMES = Object.keys(DATA_TYPES) as readonly DataTypeName[];

/** Whether readers get the stored number, or the quotient of two, and no other form of it. */
export function isNumeric({ isDocument, measure }: DataType): boolean {
  return !isDocument && measure !== 'category';
}

/** `{"numerator": n, "denominator": d}` with integers n ≥ 0 and d > 0; n > d is fine; further keys are ignored. */
function parsePercentage(posted: JsonSlice): ParsedValue {
  if (posted.kind !== 'object') refuse('', 'an object with numerator and denominator', posted);
  const members = membersOf(posted.text);
  let isCut = false;
  const part = (name: string, minimum: number): number => {
    const slice = members.get(name);
    if (!slice) throw new BadPart(name, 'missing');
    const number = integerOf(slice) ?? refuse(name, 'an integer', slice);
    isCut ||= isFraction(slice, number);
    if (number < minimum) throw new BadPart(name, `must be at least ${minimum}, got ${number}`);
    return number;
  };
  const [value, denominator] = [part('numerator', 0), part('denominator', 1)];
  return { value, denominator, document: null, isCut };
}

/** The JSON of a percentage with its two parts, as it was posted; the quotient where it came as one, by an import. */
function encodeFraction(stored: StoredValue): string {
  const { value, denominator } = stored;
  if (!Number.isInteger(value)) return String(numberOf(stored) ?? 0);
  return `{"numerator":${value},"denominator":${denominator}}`;
}

/** A histogram that is stored as it is posted: plain labels, counts of at most 15 digits, no white space. */
const PLAIN_HISTOGRAM = /^\{(?:"[^"\\,\p{Cc}]*":(?:0|[1-9]\d{0,14})(?:,(?=")|(?=\})))+\}$/u;

/** Longer texts are read in steps. */
const MAX_PLAIN_CHARACTERS = 16 * 1024;

/** Whether a histogram is stored as it is posted; that takes a fifth of the time of reading it label by label. */
function isPlainHistogram({ text }: JsonSlice): boolean {
  if (text.length > MAX_PLAIN_CHARACTERS || !PLAIN_HISTOGRAM.test(text)) return false;
  let labels = 1;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) labels++;
  // No label comes twice.
  return Object.keys(JSON.parse(text) as object).length === labels;
}

/** An object of label → count ≥ 0; labels stay as posted (the last of equal ones counts), counts become integers. */
function* parseHistogram(value: JsonSlice): Generator<void, ParsedValue, void> {
  if (value.kind !== 'object') refuse('', 'an object of label and count', value);
  if (isPlainHistogram(value)) return document(value.text);
  let isCut = false;
  const counts = new Map<string, string>();
  const reader = new JsonReader(value.text);
  reader.beginObject();
  for (let label = reader.nextKey(); label !== undefined; label = reader.nextKey()) {
    const posted = reader.keyText;
    const slice = readSlice(reader);
    const count = integerOf(slice) ?? refuse(JSON.stringify(label), 'an integer count', slice);
    isCut ||= isFraction(slice, count);
    if (count < 0) throw new BadPart(JSON.stringify(label), `a count can't be negative, got ${count}`);
    counts.set(label, `${posted}:${count}`);
    if (counts.size % STEP === 0) yield;
  }
  return { ...document(`{${[...counts.values()].join(',')}}`), isCut };
}

/** A non-empty array of objects, each with numeric `start` and `duration` and any `val`; stored as posted. */
function parseSubintervals(value: JsonSlice): StoredValue {
  const items = value.kind === 'array' ? itemsOf(value.text) : [];
  if (items.length === 0) refuse('', 'an array of at least one subinterval', value);
  items.forEach((item, index) => {
    const at = `subinterval ${index + 1}`;
    if (item.kind !== 'object') refuse(at, 'an object', item);
    const members = membersOf(item.text);
    for (const name of ['start', 'duration', 'val']) {
      const member = members.get(name);
      if (!member) throw new BadPart(`${at}, ${name}`, 'missing');
      if (name !== 'val' && floatOf(member) === undefined) refuse(`${at}, ${name}`, 'a number', member);
    }
  });
  return document(compact(value.text));
}

/** Stored in one form, whatever escapes it is posted with: equal texts are equal documents. */
function parseString(posted: JsonSlice): StoredValue {
  const text = posted.kind === 'string' ? stringOf(posted) : undefined;
  if (text === undefined || !isStorableText(text)) refuse('', 'a text of at most 64 KiB without NUL', posted);
  return document(JSON.stringify(text));
}

function numeric(value: number): StoredValue {
  return { value, denominator: null, document: null };
}

function document(text: string): StoredValue {
  return { value: null, denominator: null, document: text };
}

function encodeNumber({ value }: StoredValue): string {
  return String(value);
}

function encodeDocument({ document: text }: StoredValue): string {
  return text ?? 'null';
}

function refuse(part: string, expected: string, got: JsonSlice): never {
  const shown = got.kind === 'string' ? JSON.stringify(stringOf(got)) : got.text;
  throw new BadPart(part, `expected ${expected}, got ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}`);
}
