import { type FoundMetadata } from './generated/index.js';

/** Whether an entry of a search's answer has all of a metadata that this client relies on. */
export function isMetadata(entry: unknown): entry is FoundMetadata {
  return (
    isObject(entry) &&
    typeof entry['metadata-key'] === 'string' &&
    isListOf(entry['event-types'], (type) => isEventType(type) && isListOf(type['summaries'], isSummary))
  );
}

function isEventType(type: Record<string, unknown>): boolean {
  return typeof type['event-type'] === 'string' && isTime(type['time-updated']);
}

function isSummary(summary: Record<string, unknown>): boolean {
  const window = summary['summary-window'];
  const isWindow = typeof window === 'string' || typeof window === 'number';
  return typeof summary['summary-type'] === 'string' && isWindow && isTime(summary['time-updated']);
}

function isTime(value: unknown): boolean {
  return value === null || typeof value === 'number';
}

function isListOf(value: unknown, isItem: (item: Record<string, unknown>) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => isObject(item) && isItem(item));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
