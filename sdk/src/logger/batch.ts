import { newIdempotencyKey } from '../idempotency-key.js';
import { type DataEntry, type LoggedEvent } from './entry.js';

/** A record or an event. */
export type Logged = DataEntry | LoggedEvent;

/** What one writer lacks, in the order in which it was logged. A batch that failed comes again before what is newer. */
export class LoggerBatch {
  /** The same in all attempts: for an `Idempotency-Key`. */
  readonly id = newIdempotencyKey();
  private readonly entriesLeft: Set<DataEntry>;
  private readonly eventsLeft: Set<LoggedEvent>;
  private readonly keys: ReadonlyMap<LoggedEvent, string>;

  /** @internal */
  constructor(
    dataset: readonly DataEntry[],
    events: readonly LoggedEvent[],
    private readonly onAcknowledge: (items: readonly Logged[]) => void,
    private readonly onProblem: (problem: string) => void,
  ) {
    this.entriesLeft = new Set(dataset);
    this.eventsLeft = new Set(events);
    this.keys = new Map(events.map((event, index) => [event, `${this.id}-${index}`]));
  }

  /** The records that are not acknowledged. */
  get dataset(): readonly DataEntry[] {
    return [...this.entriesLeft];
  }

  /** The events that are not acknowledged. */
  get events(): readonly LoggedEvent[] {
    return [...this.eventsLeft];
  }

  /** @internal */
  get isDone(): boolean {
    return this.entriesLeft.size + this.eventsLeft.size === 0;
  }

  /** A name for one of its events that is the same in all attempts. */
  keyOf(event: LoggedEvent): string {
    return this.keys.get(event) ?? this.id;
  }

  /** Tells that the writer has these for good. */
  acknowledge(items: readonly Logged[]): void {
    this.onAcknowledge(items.filter((item) => this.remove(item)));
  }

  /** Tells of something that is wrong with what the writer acknowledges, such as lines that a database refused. */
  report(problem: string): void {
    this.onProblem(problem);
  }

  /** @internal Takes an item out; returns whether it was there. */
  remove(item: Logged): boolean {
    return this.entriesLeft.delete(item as DataEntry) || this.eventsLeft.delete(item as LoggedEvent);
  }
}
