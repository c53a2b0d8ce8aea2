import { canonicalAddress } from '../common/address.js';
import { type RuleMatch } from './rule.js';

/** What is known of a series: its metadata and its event type. */
export interface SeriesFacts {
  readonly metadataKey: string;
  readonly eventType: string;
  readonly subjectType: string;
  /** An address, or a name. */
  readonly source: string | null;
  readonly destination: string | null;
  readonly measurementAgent: string | null;
  readonly toolName: string | null;
  readonly inputSource: string | null;
  readonly inputDestination: string | null;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The id of a sensor; `null` for other subjects. */
export function sensorOf({ subjectType, parameters }: SeriesFacts): string | null {
  return subjectType === 'sensor' ? (parameters.sensor ?? null) : null;
}

/** The fields that a rule can match, by their names on the wire; every other name is a parameter. */
const FIELDS: ReadonlyMap<string, (series: SeriesFacts) => string | null> = new Map([
  ['metadata-key', ({ metadataKey }) => metadataKey],
  ['event-type', ({ eventType }) => eventType],
  ['subject-type', ({ subjectType }) => subjectType],
  ['source', ({ source }) => source],
  ['destination', ({ destination }) => destination],
  ['measurement-agent', ({ measurementAgent }) => measurementAgent],
  ['tool-name', ({ toolName }) => toolName],
  ['input-source', ({ inputSource }) => inputSource],
  ['input-destination', ({ inputDestination }) => inputDestination],
  ['sensor', sensorOf],
]);

/** The fields that hold addresses. They are compared in their canonical form; host names are not looked up. */
export const ADDRESS_FIELDS: ReadonlySet<string> = new Set(['source', 'destination', 'measurement-agent']);

/** The texts that a rule allows for one name. */
export function textsOf(allowed: string | readonly string[]): readonly string[] {
  return typeof allowed === 'string' ? [allowed] : allowed;
}

/** A value of a series by the name that rules and placeholders know it by; `null` where it has none. */
export function factOf(series: SeriesFacts, name: string): string | null {
  const field = FIELDS.get(name);
  if (field) return field(series);
  const parameter = name.replaceAll('_', '-');
  return Object.hasOwn(series.parameters, parameter) ? (series.parameters[parameter] ?? null) : null;
}

/** A test of series: whether all that a rule asks for holds. */
export function matcherOf(match: RuleMatch): (series: SeriesFacts) => boolean {
  const conditions = Object.entries(match).map(([name, allowed]) => {
    const canonical = ADDRESS_FIELDS.has(name) ? canonicalHost : (text: string): string => text;
    return { name, texts: new Set(textsOf(allowed).map(canonical)), canonical };
  });
  return (series) =>
    conditions.every(({ name, texts, canonical }) => {
      const value = factOf(series, name);
      return value !== null && texts.has(canonical(value));
    });
}

/** The names of sources differ by more than their case. */
function canonicalHost(text: string): string {
  return canonicalAddress(text) ?? text.toLowerCase();
}
