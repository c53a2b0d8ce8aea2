import { type RehearsedEvent } from './rehearsed-series.js';

/** Keeps the first events of many series: in the order of the times when they opened, then of metadata keys. */
export class FirstEvents {
  /** Whether there were more. */
  isTruncated = false;
  private events: RehearsedEvent[] = [];

  constructor(private readonly limit: number) {}

  add(events: readonly RehearsedEvent[]): void {
    this.events.push(...events);
    // Sorted now and then, so that what is kept stays bounded.
    if (this.events.length > 2 * this.limit) this.cut();
  }

  all(): readonly RehearsedEvent[] {
    this.cut();
    return this.events;
  }

  private cut(): void {
    this.events.sort((a, b) => a.opened - b.opened || compare(a.series.metadataKey, b.series.metadataKey));
    if (this.events.length > this.limit) this.isTruncated = true;
    this.events.length = Math.min(this.events.length, this.limit);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
