/** What one writer has done. */
export interface WriterReport {
  readonly name: string;
  /** How many entries and events it has acknowledged. */
  readonly written: number;
  /** What it has to tell of entries that it acknowledged: lines that a database refused. */
  readonly problems: readonly string[];
  /** Why it has not acknowledged all. */
  readonly error?: Error;
}

/** What `writeData` has done. */
export interface WriteReport {
  /** How many entries there were to write, and how many events. */
  readonly entries: number;
  readonly events: number;
  readonly writers: readonly WriterReport[];
}
