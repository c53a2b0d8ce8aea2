import { createHash } from 'node:crypto';
import { type MetadataFields } from '../storage/registry/metadata-store.js';

/**
 * The digest of the identity of a metadata: subject type, subject fields and free-form parameters, compared
 * without regard to case and order. Addresses are canonical already; a missing text field equals an empty one, while a
 * missing parameter differs from an empty one. Event types and summaries don't count: they extend a metadata.
 */
export function identityOf(metadata: MetadataFields): Buffer {
  const { parameters, ...subject } = metadata;
  const pairs = [
    ...Object.entries(subject).map(([name, value]) => ['subject', name, value ?? '']),
    ...Object.entries(parameters).map(([name, value]) => ['parameter', name.toLowerCase(), value]),
  ];
  const lines = pairs.map((pair) => JSON.stringify(pair.map((text) => text.toLowerCase())));
  return createHash('sha256').update(lines.sort().join('\n')).digest();
}
