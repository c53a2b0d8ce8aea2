import { LoggerBatch, type Logged } from './batch.js';
import { type DataEntry, type LoggedEvent } from './entry.js';
import { type WriterReport } from './report.js';
import { type DatabaseWriter } from './writer.js';

/** A writer, and what it lacks. */
export class Lane {
  private entries: DataEntry[] = [];
  private events: LoggedEvent[] = [];
  /** What it was given last, where it does not have all of that. */
  private batch: LoggerBatch | undefined;
  private written = 0;
  private problems: string[] = [];

  /** @param onAcknowledge is told of what the writer has for good. */
  constructor(
    readonly writer: DatabaseWriter,
    private readonly onAcknowledge: (items: readonly Logged[]) => void,
  ) {}

  add(entries: Iterable<DataEntry>, events: Iterable<LoggedEvent>): void {
    for (const entry of entries) this.entries.push(entry);
    for (const event of events) this.events.push(event);
  }

  /** Takes an entry out that the writer has not acknowledged. */
  discard(entry: DataEntry): void {
    this.batch?.remove(entry);
    this.entries = this.entries.filter((one) => one !== entry);
  }

  /** Gives the writer what it lacks. Never rejects. */
  async write(): Promise<WriterReport> {
    let error: Error | undefined;
    [this.written, this.problems] = [0, []];
    try {
      for (let batch = this.next(); batch; batch = this.next()) {
        await this.writer.writeData(batch);
        batch.acknowledge([...batch.dataset, ...batch.events]);
      }
    } catch (failure) {
      error = failure instanceof Error ? failure : new Error(String(failure));
    }
    return { name: this.writer.name, written: this.written, problems: this.problems, ...(error && { error }) };
  }

  /** What failed before, or else what is new; `undefined` where the writer has all. */
  private next(): LoggerBatch | undefined {
    if (this.batch && !this.batch.isDone) return this.batch;
    this.batch = undefined;
    if (this.entries.length + this.events.length === 0) return undefined;
    this.batch = new LoggerBatch(
      this.entries,
      this.events,
      (items) => {
        this.written += items.length;
        this.onAcknowledge(items);
      },
      (problem) => this.problems.push(problem),
    );
    [this.entries, this.events] = [[], []];
    return this.batch;
  }
}
