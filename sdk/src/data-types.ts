import { DATA_TYPES, type SUMMARIES, type SUMMARY_TYPES } from './generated/tables.gen.js';
import { type ValueOf } from './values.js';

/** The kinds of values an event type can have. */
export type DataTypeName = keyof typeof SUMMARIES;

/** The summaries an event type can have. */
export type SummaryType = keyof typeof SUMMARY_TYPES;

/** A share, as it is posted: read as the quotient. Both are integers, `denominator` > 0. */
export interface Percentage {
  numerator: number;
  denominator: number;
}

// A Map, because a lookup of `constructor` or `__proto__` in the object above would find something.
const DATA_TYPE_OF: ReadonlyMap<string, DataTypeName> = new Map(Object.entries(DATA_TYPES));

/** The names of the event types that this client knows, sorted. */
export const EVENT_TYPES = Object.keys(DATA_TYPES) as readonly (keyof typeof DATA_TYPES)[];

/** The data type of an event type at compile time; any of them for one that the archive alone knows. */
export type DataTypeOf<N extends string> = N extends keyof typeof DATA_TYPES ? (typeof DATA_TYPES)[N] : DataTypeName;

/** The summaries that the archive keeps of an event type. */
export type SummaryTypeOf<N extends string> = (typeof SUMMARIES)[DataTypeOf<N>][number];

/** What is posted as a value of an event type. */
export type PostedValueOf<N extends string> = DataTypeOf<N> extends 'percentage' ? Percentage : ValueOf<N>;

/**
 * The data type of an event type. One that this client does not know is a histogram where its name says so, as
 * esmond's Python client has it, and any JSON else.
 */
export function dataTypeOf(eventType: string): DataTypeName {
  return DATA_TYPE_OF.get(eventType) ?? (eventType.startsWith('histogram') ? 'histogram' : 'json');
}
