import { secondsOf } from '../common/time.js';
import { timestampOf } from '../postgres/timestamps.js';
import { type StoredEvent } from '../storage/events/event.js';
import { type EventObject } from './event.dto.js';

/** An event as answers show it. */
export function toWire(event: StoredEvent): EventObject {
  const { closed, closedBy, acknowledged } = event;
  return {
    id: event.id,
    rule: event.rule,
    'rule-name': event.ruleName,
    type: event.type,
    severity: event.severity,
    state: closed === null ? 'open' : 'closed',
    sensor: event.sensor,
    'metadata-key': event.metadataKey,
    'event-type': event.eventType,
    opened: secondsOf(event.opened),
    'first-warning': secondsOf(event.firstWarning),
    received: secondsOf(event.received),
    value: event.value,
    threshold: event.threshold,
    warnings: event.warnings,
    peak: event.peak,
    closed: secondsOf(closed),
    'closed-by': closedBy,
    acknowledged: acknowledged && { by: acknowledged.by, at: secondsOf(acknowledged.at), note: acknowledged.note },
    text: event.text,
  };
}

/** Micros as ISO 8601, with as many digits of the second as they need. */
export function isoOf(micros: number): string {
  return timestampOf(micros).replace(/\.?0+Z$/, 'Z');
}
