import { expect } from 'vitest';
import { ARCHIVE, type TestArchive } from './archive.js';
import { newMetadata } from './builders.js';

/** Posts a metadata, as an object or as JSON text; returns the request. */
export function postMetadata(archive: TestArchive, body: object | string) {
  return archive.http
    .post(ARCHIVE)
    .set({ authorization: archive.auth, 'content-type': 'application/json' })
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

/** A metadata as the archive answers it. */
export interface WireMetadata {
  [field: string]: unknown;
  'metadata-key': string;
  url: string;
  uri: string;
  'event-types': WireEventType[];
}

export interface WireEventType {
  'event-type': string;
  'base-uri': string;
  'time-updated': number | null;
  summaries: Record<string, unknown>[];
}

/** Posts a metadata that must be accepted, and returns what the archive made of it. */
export async function storeMetadata(archive: TestArchive, body: object | string): Promise<WireMetadata> {
  const response = await postMetadata(archive, body);
  expect(response.status, response.text).toBe(201);
  return response.body;
}

/** The same metadata with further members, given as JSON source text. */
export function withSource(members: string, metadata = newMetadata()): string {
  return `${JSON.stringify(metadata).slice(0, -1)},${members}}`;
}

/** The same metadata without some fields. */
export function without(names: readonly string[], metadata = newMetadata()): object {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !names.includes(name)));
}

/** The fields that only a point-to-point metadata has. */
export const PAIR_FIELDS = ['destination', 'input-destination'];

/** The body of a POST for a network element that no other call has made. */
export function newElement(more: object = {}): object {
  return without(PAIR_FIELDS, newMetadata(['ntp-offset'], { 'subject-type': 'network-element', ...more }));
}

/** An event type with summaries, each as type and window. */
export function summarized(eventType: string, ...summaries: (readonly [type: unknown, window: unknown])[]): object {
  return {
    'event-type': eventType,
    summaries: summaries.map(([type, window]) => ({ 'summary-type': type, 'summary-window': window })),
  };
}
