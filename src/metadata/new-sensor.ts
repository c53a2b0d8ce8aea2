import { createHash } from 'node:crypto';
import { type NewMetadata } from '../storage/registry/metadata-store.js';
import { subjectOfSensor } from '../storage/registry/subject-store.js';

/** The longest id of a sensor, in characters. */
const MAX_ID = 128;

/** What is wrong with the id of a sensor; `undefined` where it is one. */
export function problemOfSensorId(id: string): string | undefined {
  // A pair of surrogates is one character.
  const isId = id.length <= 2 * MAX_ID && /^[^/\p{Cc}\p{Cs}]{1,128}$/u.test(id);
  return isId ? undefined : `expected 1 to ${MAX_ID} characters, no control characters and no /`;
}

/**
 * The metadata of a sensor: its id, and what else is known of it, are parameters. Nothing but the id makes another sensor
 * of it, and the case of that counts.
 * @param labels do not name `sensor`.
 */
export function newSensor(
  sensor: string,
  eventTypes: NewMetadata['eventTypes'],
  labels: NewMetadata['parameters'] = {},
): NewMetadata {
  const { sensor: _, ...subject } = subjectOfSensor(sensor);
  const identity = createHash('sha256')
    .update(JSON.stringify(['sensor', sensor]))
    .digest();
  return { ...subject, parameters: { sensor, ...labels }, identity, eventTypes };
}
