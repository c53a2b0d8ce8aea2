import { type Logged } from './batch.js';
import { type DataEntry, type LoggedEvent } from './entry.js';
import { Lane } from './lane.js';
import { type WriterReport } from './report.js';
import { type DatabaseWriter } from './writer.js';

/** What was logged and is not with all writers. What fails for one of them is not written twice by the others. */
export class Backlog {
  private readonly lanes: readonly Lane[];
  /** How many writers lack each, in the order in which they were logged. */
  private readonly entries = new Map<DataEntry, number>();
  private readonly events = new Map<LoggedEvent, number>();
  /** Those that no writer may get yet. */
  private freshEntries = new Set<DataEntry>();
  private freshEvents: LoggedEvent[] = [];

  constructor(writers: readonly DatabaseWriter[]) {
    const acknowledge = (items: readonly Logged[]): void => {
      for (const item of items) {
        count(this.entries, item);
        count(this.events, item);
      }
    };
    this.lanes = writers.map((writer) => new Lane(writer, acknowledge));
  }

  get dataset(): readonly DataEntry[] {
    return [...this.entries.keys()];
  }

  get eventList(): readonly LoggedEvent[] {
    return [...this.events.keys()];
  }

  /** The entries that were logged since the last `release`. */
  get fresh(): readonly DataEntry[] {
    return [...this.freshEntries];
  }

  get entryCount(): number {
    return this.entries.size;
  }

  get eventCount(): number {
    return this.events.size;
  }

  addEntry(entry: DataEntry): void {
    this.entries.set(entry, this.lanes.length);
    this.freshEntries.add(entry);
  }

  addEvent(event: LoggedEvent): void {
    this.events.set(event, this.lanes.length);
    this.freshEvents.push(event);
  }

  /** Forgets an entry; returns whether it was there. */
  discard(entry: DataEntry): boolean {
    this.freshEntries.delete(entry);
    for (const lane of this.lanes) lane.discard(entry);
    return this.entries.delete(entry);
  }

  /** Lets the writers have all that was logged. */
  release(): void {
    for (const lane of this.lanes) lane.add(this.freshEntries, this.freshEvents);
    this.freshEntries = new Set();
    this.freshEvents = [];
  }

  /** Gives each writer what it lacks of what is released, one after the other. Never rejects. */
  async write(): Promise<WriterReport[]> {
    const reports: WriterReport[] = [];
    for (const lane of this.lanes) reports.push(await lane.write());
    // Nobody lacks it.
    if (this.lanes.length === 0) for (const items of [this.entries, this.events]) items.clear();
    return reports;
  }
}

function count<Item extends Logged>(lacking: Map<Item, number>, item: Logged): void {
  const left = (lacking.get(item as Item) ?? 0) - 1;
  if (left > 0) lacking.set(item as Item, left);
  else lacking.delete(item as Item);
}
