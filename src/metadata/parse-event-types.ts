import { Invalid } from '../common/errors.js';
import { type DataTypeOf, requireDataType } from '../event-types/catalogue.js';
import { type DataTypeName } from '../event-types/data-types.js';
import { integerOf } from '../event-types/numbers.js';
import { SUMMARY_KINDS, SUMMARY_TYPES, type SummaryType, summariesOf } from '../rollups/summary-kinds.js';
import { itemsOf, type JsonSlice, membersOf, stringOf } from '../json/json-text.js';
import { sameSummary, type SummaryRegistration } from '../storage/registry/metadata-store.js';

/** The longest summary window, in seconds: some 3,000 years. */
export const MAX_WINDOW = 100_000_000_000;

/**
 * The `event-types` of a metadata POST: `null` is an empty list; what is listed twice counts once.
 * Throws `Invalid`, naming the field and its 1-based position; `UnknownEventType` is one.
 */
export function parseEventTypes(
  slice: JsonSlice | undefined,
  dataTypeOf: DataTypeOf,
): Map<string, readonly SummaryRegistration[]> {
  const eventTypes = new Map<string, readonly SummaryRegistration[]>();
  for (const [index, item] of itemsIn(slice, 'event-types').entries()) {
    const where = `event-types, item ${index + 1}`;
    const members = objectIn(item, where);
    const name = textIn(members, 'event-type', where);
    const dataType = requireDataType(dataTypeOf, name, `${where}: `);
    const summaries = parseSummaries(members.get('summaries'), [dataType], `${where}, `);
    eventTypes.set(name, distinct([...(eventTypes.get(name) ?? []), ...summaries]));
  }
  return eventTypes;
}

/**
 * The `summaries` to register for values of these data types, each once; `undefined` and `null` are an empty list. One of
 * the types must have them. Throws `Invalid`, naming the field and its 1-based position behind `where`.
 */
export function parseSummaries(
  slice: JsonSlice | undefined,
  dataTypes: readonly DataTypeName[],
  where = '',
): readonly SummaryRegistration[] {
  const items = slice ? itemsIn(slice, `${where}summaries`) : [];
  return distinct(
    items.flatMap((item, index) => {
      const place = `${where}summary ${index + 1}`;
      return parseSummary(objectIn(item, place), dataTypes, place) ?? [];
    }),
  );
}

function distinct(summaries: readonly SummaryRegistration[]): SummaryRegistration[] {
  return summaries.filter((one, index) => summaries.findIndex((other) => sameSummary(one, other)) === index);
}

type Members = ReadonlyMap<string, JsonSlice>;

/** `undefined` for "base", which every event type has anyway. */
function parseSummary(
  members: Members,
  dataTypes: readonly DataTypeName[],
  where: string,
): SummaryRegistration | undefined {
  const type = textIn(members, 'summary-type', where);
  if (type === 'base') return undefined;
  const allowed = SUMMARY_TYPES.filter((summary) => dataTypes.some((name) => summariesOf(name).includes(summary)));
  if (!isOneOf(allowed, type))
    throw new Invalid(
      `${where}, summary-type: ${JSON.stringify(type)} is not possible for ${dataTypes.join(' or ')} values, ` +
        (allowed.length > 0 ? `only ${allowed.join(', ')}` : 'nor is any other'),
    );
  const window = windowIn(members.get('summary-window'), `${where}, summary-window`);
  if (window < (SUMMARY_KINDS[type].minWindow ?? 0))
    throw new Invalid(`${where}, summary-window: window ${window} makes no sense for ${type}`);
  return { type, window };
}

function windowIn(slice: JsonSlice | undefined, where: string): number {
  // 60.0 and 6e1 are floats to esmond's clients: only plain digits make an integer.
  const window = slice && !/[.eE]/.test(slice.text) ? integerOf(slice) : undefined;
  if (window === undefined || window < 0 || window > MAX_WINDOW)
    throw new Invalid(
      `${where}: expected seconds, an integer from 0 to ${MAX_WINDOW}, got ${slice?.text ?? 'nothing'}`,
    );
  return window;
}

function itemsIn(slice: JsonSlice | undefined, where: string): JsonSlice[] {
  if (slice?.kind === 'null') return [];
  if (slice?.kind !== 'array') throw new Invalid(`${where}: expected an array, got ${slice?.kind ?? 'nothing'}`);
  return itemsOf(slice.text);
}

function objectIn(slice: JsonSlice, where: string): Members {
  if (slice.kind !== 'object') throw new Invalid(`${where}: expected an object, got ${slice.kind}`);
  return membersOf(slice.text);
}

function textIn(members: Members, name: string, where: string): string {
  const slice = members.get(name);
  if (slice?.kind !== 'string')
    throw new Invalid(`${where}, ${name}: expected a text, got ${slice?.kind ?? 'nothing'}`);
  return stringOf(slice);
}

function isOneOf(allowed: readonly SummaryType[], type: string): type is SummaryType {
  return (allowed as readonly string[]).includes(type);
}
