import { EVENTS_AS_ANNOTATIONS } from '../events/relations.js';
import { SESSIONS_AS_ANNOTATIONS } from '../sessions/relations.js';

/** What an annotation shows: what was written as one, a session, or an event of a rule. */
export const ANNOTATION_KINDS = ['annotation', 'session', 'alert'] as const;

export type AnnotationKind = (typeof ANNOTATION_KINDS)[number];

const ANNOTATIONS = `
  (SELECT id, begin, until, text, tags, session, metadata_key, data, username, created, updated FROM annotation)`;

/**
 * Where annotations come from, by kind: relations with the columns of `ANNOTATIONS`. `id` is 0 where they can't be changed
 * here, `until` is null while the interval is open.
 */
export const SOURCES: ReadonlyMap<AnnotationKind, string> = new Map([
  ['annotation', ANNOTATIONS],
  ['session', SESSIONS_AS_ANNOTATIONS],
  ['alert', EVENTS_AS_ANNOTATIONS],
]);
