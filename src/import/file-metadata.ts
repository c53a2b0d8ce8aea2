import { Invalid } from '../common/errors.js';
import { type DataTypeOf } from '../event-types/catalogue.js';
import { parseMetadata, type PostedMetadata } from '../metadata/parse-metadata.js';
import { type FileRecord } from './file-line.js';
import { KEY } from './foreign-metadata.js';

/** The metadata of a record: known by its key, or described by its fields. */
export type RecordMetadata =
  | { readonly key: string; readonly metadata?: undefined }
  | { readonly key: string | undefined; readonly metadata: PostedMetadata };

/** A text that is equal for records of the same metadata and event type. */
export function subjectOf({ fields, eventType }: FileRecord): string {
  return `${eventType}\n${[...fields].map(([name, text]) => `${name}:${text}`).join('\n')}`;
}

/**
 * The metadata of a record. A `metadata-key` alone must be a known one; beside other fields it is the key for a new
 * metadata. The subject is point-to-point where there is a destination. Throws `Invalid`.
 */
export function metadataOf({ fields, eventType }: FileRecord, dataTypeOf: DataTypeOf): RecordMetadata {
  const keyText = fields.get('metadata-key');
  const key = keyText === undefined ? undefined : String(JSON.parse(keyText));
  if (key !== undefined && !KEY.test(key)) throw new Invalid(`metadata-key: ${JSON.stringify(key)} can't be one`);
  const others = new Map([...fields].filter(([name]) => name !== 'metadata-key'));
  if (others.size === 0) {
    if (key === undefined) throw new Invalid('there is no metadata: neither metadata-key nor source');
    return { key };
  }
  if (!others.has('subject-type'))
    others.set('subject-type', others.has('destination') ? '"point-to-point"' : '"network-element"');
  const members = [...others].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  members.push(`"event-types":[{"event-type":${JSON.stringify(eventType)}}]`);
  return { key, metadata: parseMetadata(Buffer.from(`{${members.join(',')}}`), dataTypeOf) };
}
