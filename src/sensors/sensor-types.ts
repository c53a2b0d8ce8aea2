import { type EventType } from '../event-types/catalogue.js';

/** The event types that a sensor may send, each as a member of its JSON. */
export const SENSOR_TYPES = [
  ...['temperature', 'humidity', 'pressure', 'battery', 'voltage', 'current'],
  ...['power', 'energy', 'co2', 'illuminance', 'noise', 'signal-strength'],
] as readonly EventType[];

/** The one that is meant where none is named. */
export const DEFAULT_TYPE: EventType = 'temperature';
