import { type TimeRange } from '../../common/time-range.js';
import { timestampOf } from '../../postgres/timestamps.js';
import { type PointOwner } from './data-owners.js';

/** A metadata field that is compared as text, by the name of its column. */
export type TextColumn = 'key' | 'subject_type' | 'tool_name' | 'input_source' | 'input_destination';

/** A metadata field that holds an address, by the name of its column. */
export type AddressColumn = 'source' | 'destination' | 'measurement_agent';

/** A search of metadata: all of it must hold. */
export interface MetadataSearch {
  /** The field is one of these addresses. */
  readonly addresses: ReadonlyMap<AddressColumn, readonly string[]>;
  /** A source of this name, whatever its case, matches, too. */
  readonly sourceName?: string;
  /** The subject is of one of these types; of any unless given. */
  readonly subjectTypes?: readonly string[] | undefined;
  /** The field is exactly this text. */
  readonly texts: ReadonlyMap<TextColumn, string>;
  /** There are parameters of these names with exactly these values. */
  readonly parameters: Readonly<Record<string, string>>;
  /** All of these must hold for one and the same event type, or one and the same summary of it. */
  readonly eventType?: string;
  readonly summaryType?: string;
  /** A decimal integer that fits 64 bits. */
  readonly summaryWindow?: string;
  /** The event type was last written in this time. */
  readonly updated?: TimeRange;
  /** The event type has points in this time. */
  readonly data?: TimeRange;
}

/** The conditions of a search in SQL, on a metadata `m` and a series `s`. */
export class SearchConditions {
  /** The values of the parameters so far. */
  readonly values: unknown[] = [];

  constructor(
    private readonly search: MetadataSearch,
    private readonly points: PointOwner,
  ) {}

  /** Adds a value to the parameters and returns its placeholder. */
  parameter(value: unknown): string {
    return `$${this.values.push(value)}`;
  }

  /** The WHERE clause of all conditions. @param after the key behind which the metadata must be. */
  where(after?: string): string {
    const conditions = [...this.onMetadata(), ...this.onSomeSeries()];
    if (after !== undefined) conditions.push(`m.key > ${this.parameter(after)}`);
    return conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
  }

  /** The conditions on the metadata itself. */
  onMetadata(): string[] {
    const { addresses, sourceName, subjectTypes, texts, parameters } = this.search;
    const conditions: string[] = [];
    for (const [column, values] of addresses) {
      const isAddress = `m.${column} = ANY (${this.parameter(values)}::inet[])`;
      const isName = column === 'source' && sourceName !== undefined;
      conditions.push(
        isName ? `(${isAddress} OR lower(m.source_name) = lower(${this.parameter(sourceName)}))` : isAddress,
      );
    }
    if (subjectTypes) conditions.push(`m.subject_type = ANY (${this.parameter(subjectTypes)}::text[])`);
    for (const [column, text] of texts) conditions.push(`m.${column} = ${this.parameter(text)}`);
    if (Object.keys(parameters).length > 0) conditions.push(`m.parameters @> ${this.parameter(parameters)}`);
    return conditions;
  }

  /** The conditions on a series of the metadata. */
  onSeries(): string[] {
    const { eventType, summaryType, summaryWindow, updated, data } = this.search;
    const conditions: string[] = [];
    if (eventType !== undefined) conditions.push(`s.event_type = ${this.parameter(eventType)}`);
    if (updated) {
      const { from, to } = this.boundsOf(updated, "date_trunc('second', now())");
      conditions.push(
        ...from.map((time) => `s.time_updated >= ${time}`),
        ...to.map((time) => `s.time_updated <= ${time}`),
      );
    }
    if (data) {
      const { from, to } = this.boundsOf(data, 'now()');
      conditions.push(
        this.points.hasPoint('s.id', ['greatest(s.first_point, s.base_cut_off)', ...from], ['s.last_point', ...to]),
      );
    }
    const isBase = (summaryType ?? 'base') === 'base' && BigInt(summaryWindow ?? 0) === 0n;
    if (!isBase) {
      const summary = ['y.series = s.id'];
      if (summaryType !== undefined) summary.push(`y.type = ${this.parameter(summaryType)}`);
      if (summaryWindow !== undefined) summary.push(`y.window_seconds = ${this.parameter(summaryWindow)}`);
      conditions.push(`EXISTS (SELECT FROM summary y WHERE ${summary.join(' AND ')})`);
    }
    return conditions;
  }

  /** Event type, summary and times must hold on one row: on an event type itself (its "base"), or on a summary of it. */
  private onSomeSeries(): string[] {
    const { summaryType, summaryWindow } = this.search;
    const series = this.onSeries();
    if (series.length === 0 && summaryType === undefined && summaryWindow === undefined) return [];
    return [`EXISTS (SELECT FROM series s WHERE ${['s.metadata = m.id', ...series].join(' AND ')})`];
  }

  /** The bounds of a range as SQL expressions; all inclusive. */
  private boundsOf({ begin, sinceNow, end }: TimeRange, now: string): { from: string[]; to: string[] } {
    const from: string[] = [];
    if (begin !== undefined) from.push(this.parameter(timestampOf(begin)));
    if (sinceNow !== undefined) from.push(`${now} - ${this.parameter(sinceNow)}::float8 * interval '1 microsecond'`);
    return { from, to: end === undefined ? [] : [this.parameter(timestampOf(end))] };
  }
}
