import { Invalid } from '../common/errors.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { summariesOf } from '../rollups/summary-kinds.js';
import { type NewMetadata } from '../storage/registry/metadata-store.js';

/** Members that an archive adds to a metadata in its answers, and that no POST may have. */
const ANSWER_MEMBERS: readonly string[] = [
  ...['url', 'uri', 'metadata-key', 'event-types'],
  ...['metadata-count-total', 'metadata-previous-page', 'metadata-next-page'],
];

/** The length of a quoted name in messages. */
const MAX_SHOWN_CHARACTERS = 60;

/** Keys that can be part of a URL, as all keys of esmond and Marigram can. */
export const KEY = /^[\w-]{1,128}$/;

/** A metadata of another archive, ready to be registered here. */
export interface ForeignMetadata {
  readonly metadata: NewMetadata;
  /** Its key; `undefined` where that can't be a key here. */
  readonly key: string | undefined;
  /** Its event types and summaries that are not known here, as reasons for the report. */
  readonly unknown: readonly string[];
}

/** Reads a metadata from another archive's answer. Throws `Invalid` where it can't be one here. */
export function foreignMetadata(answer: Readonly<Record<string, unknown>>, dataTypeOf: DataTypeOf): ForeignMetadata {
  const unknown: string[] = [];
  const eventTypes = listOf(answer['event-types']).flatMap((entry) => {
    const name = textOf(entry['event-type']);
    const dataType = dataTypeOf(name);
    if (dataType === undefined) {
      unknown.push(`event type ${name.slice(0, MAX_SHOWN_CHARACTERS)} is not known here`);
      return [];
    }
    const summaries = listOf(entry['summaries']).flatMap((summary) => {
      const type = textOf(summary['summary-type']);
      if (summariesOf(dataType).some((known) => known === type))
        return [{ 'summary-type': type, 'summary-window': summary['summary-window'] }];
      if (type !== 'base') unknown.push(`summary ${type.slice(0, MAX_SHOWN_CHARACTERS)} of ${name} is not known here`);
      return [];
    });
    return [{ 'event-type': name, summaries }];
  });
  const fields = Object.entries(answer).filter(([name]) => !ANSWER_MEMBERS.includes(name));
  const body = { ...Object.fromEntries(fields), 'event-types': eventTypes };
  const key = textOf(answer['metadata-key']);
  const metadata = parseMetadata(Buffer.from(JSON.stringify(body)), dataTypeOf);
  return { metadata, key: KEY.test(key) ? key : undefined, unknown };
}

function listOf(value: unknown): Record<string, unknown>[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Invalid('event-types: expected an array');
  return value.map((item) => (typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {}));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
