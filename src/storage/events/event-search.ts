import { timestampOf } from '../../postgres/timestamps.js';
import { metadataWith } from '../registry/relations.js';

/** Where a page ends: the next one begins behind this event. */
export interface EventPlace {
  /** In micros. */
  readonly opened: number;
  readonly id: string;
}

/** Which events to list: all of it must hold. Times in micros. */
export interface EventFilter {
  readonly state?: 'open' | 'closed' | undefined;
  readonly acknowledged?: boolean | undefined;
  /** The id or the name of the rule. */
  readonly rule?: string | undefined;
  readonly type?: string | undefined;
  readonly severity?: string | undefined;
  readonly sensor?: string | undefined;
  readonly metadataKey?: string | undefined;
  readonly eventType?: string | undefined;
  /** The metadata has parameters of these names with exactly these values. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** It was opened at `since` (inclusive) or later, and before `until`. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** It was open at some time between these, both inclusive. */
  readonly overlapping?: readonly [since: number, until: number] | undefined;
}

/** A page of events. */
export interface EventSearch {
  readonly filter: EventFilter;
  /** Whether the newest come first. */
  readonly descending: boolean;
  readonly after: EventPlace | undefined;
  readonly limit: number;
}

/** The conditions of a search in SQL, on an event `e`, and the values of their parameters. */
export function conditionsOf({ filter, after, descending }: EventSearch): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const conditions: string[] = [];
  const value = (parameter: unknown): string => `$${values.push(parameter)}`;
  const equal = (column: string, text: string | undefined): void => {
    if (text !== undefined) conditions.push(`e.${column} = ${value(text)}`);
  };
  const { state, acknowledged, rule, parameters = {}, since, until, overlapping } = filter;
  equal('type', filter.type);
  equal('severity', filter.severity);
  equal('sensor', filter.sensor);
  equal('metadata_key', filter.metadataKey);
  equal('event_type', filter.eventType);
  if (state !== undefined) conditions.push(`e.closed IS ${state === 'open' ? '' : 'NOT '}NULL`);
  if (acknowledged !== undefined) conditions.push(`e.acknowledged_at IS ${acknowledged ? 'NOT ' : ''}NULL`);
  if (rule !== undefined) {
    const named = value(rule);
    conditions.push(`(e.rule_name = ${named} OR e.rule::text = lower(${named}))`);
  }
  if (Object.keys(parameters).length > 0)
    conditions.push(`e.metadata_key IN ${metadataWith(`${value(parameters)}::jsonb`)}`);
  if (since !== undefined) conditions.push(`e.opened >= ${value(timestampOf(since))}`);
  if (until !== undefined) conditions.push(`e.opened < ${value(timestampOf(until))}`);
  if (overlapping) {
    const [begin, end] = overlapping.map((micros) => value(timestampOf(micros)));
    conditions.push(`e.opened <= ${end} AND (e.closed IS NULL OR e.closed >= ${begin})`);
  }
  if (after) {
    const place = `(${value(timestampOf(after.opened))}::timestamptz, ${value(after.id)}::uuid)`;
    conditions.push(`(e.opened, e.id) ${descending ? '<' : '>'} ${place}`);
  }
  return { where: conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '', values };
}
