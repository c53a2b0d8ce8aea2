/** How many lines that could not be used are kept for showing. */
const SHOWN = 20;

/** What an import has read, stored and left out. */
export class Account {
  readonly metadata = { read: 0, created: 0, there: 0 };
  /** Metadata that have another key here than there, as their key there and here. */
  readonly otherKeys: { readonly there: string; readonly here: string }[] = [];
  readonly points = { read: 0, stored: 0, there: 0 };
  /** Values of summaries of another archive. */
  readonly bins = { read: 0, sealed: 0, there: 0, computed: 0 };
  /** What could not be taken over, by reason. */
  readonly skipped = new Map<string, number>();
  /** Lines that could not be used: the first ones, and their number. */
  readonly badLines: { readonly line: number; readonly problem: string }[] = [];
  badLineCount = 0;
  /** Series that the other archive could not answer. */
  failedSeries = 0;

  skip(reason: string, count = 1): void {
    if (count > 0) this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + count);
  }

  badLine(line: number, problem: string): void {
    this.badLineCount++;
    if (this.badLines.length < SHOWN) this.badLines.push({ line, problem });
  }
}

/** What a long import tells and hears while it runs. */
export interface Watched {
  /** Hears how much is done, of how much in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the import between two batches; what is stored stays, and the signal's reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}
