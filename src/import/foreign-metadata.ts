import { Invalid } from '../common/errors.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { parseMetadata } from '../metadata/parse-metadata.js';
import { summariesOf } from '../rollups/summary-kinds.js';
import { type NewMetadata } from '../storage/registry/metadata-store.js';

/** What an archive adds to a metadata in its answers, and no POST may have. */
const OF_ANSWERS: readonly string[] = [
  ...['url', 'uri', 'metadata-key', 'event-types'],
  ...['metadata-count-total', 'metadata-previous-page', 'metadata-next-page'],
];

/** How much is shown of a name. */
const SHOWN = 60;

/** Keys that can be part of a URL, as all of esmond's and Marigram's are. */
export const KEY = /^[\w-]{1,128}$/;

/** A metadata of another archive, as it can be registered here. */
export interface ForeignMetadata {
  readonly metadata: NewMetadata;
  /** Its key, where it can be one here. */
  readonly key: string | undefined;
  /** What of it is not known here, as reasons. */
  readonly unknown: readonly string[];
}

/** Reads an answer of another archive. Throws `Invalid` where it can't be a metadata of this one. */
export function foreignMetadata(answer: Readonly<Record<string, unknown>>, dataTypeOf: DataTypeOf): ForeignMetadata {
  const unknown: string[] = [];
  const eventTypes = listOf(answer['event-types']).flatMap((entry) => {
    const name = textOf(entry['event-type']);
    const dataType = dataTypeOf(name);
    if (dataType === undefined) {
      unknown.push(`event type ${name.slice(0, SHOWN)} is not known here`);
      return [];
    }
    const summaries = listOf(entry['summaries']).flatMap((summary) => {
      const type = textOf(summary['summary-type']);
      if (summariesOf(dataType).some((known) => known === type))
        return [{ 'summary-type': type, 'summary-window': summary['summary-window'] }];
      if (type !== 'base') unknown.push(`summary ${type.slice(0, SHOWN)} of ${name} is not known here`);
      return [];
    });
    return [{ 'event-type': name, summaries }];
  });
  const fields = Object.entries(answer).filter(([name]) => !OF_ANSWERS.includes(name));
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
