/** How many lines that could not be used are kept for showing. */
const SHOWN = 20;

/** How many reasons are told apart: they may name what the other archive says, which may be anything. */
const MAX_REASONS = 200;

/** What an import has read, stored and left out. */
export class Account {
  readonly metadata = { read: 0, created: 0, there: 0 };
  /** Metadata that have another key here than there, as their key there and here. */
  readonly otherKeys: { readonly there: string; readonly here: string }[] = [];
  readonly points = { read: 0, stored: 0, there: 0 };
  /** Values of summaries of another archive. */
  readonly bins = { read: 0, sealed: 0, there: 0, computed: 0 };
  /** What has no place here, by reason: nothing that the archive would take is missing. */
  readonly skipped = new Map<string, number>();
  /** What should be here and could not be taken over, by reason. */
  readonly failed = new Map<string, number>();
  /** Lines that could not be used: the first ones, and their number. */
  readonly badLines: { readonly line: number; readonly problem: string }[] = [];
  badLineCount = 0;

  /** Whether something that should be here is missing. */
  get isIncomplete(): boolean {
    return this.badLineCount > 0 || this.failed.size > 0;
  }

  skip(reason: string, count = 1): void {
    add(this.skipped, reason, count);
  }

  fail(reason: string, count = 1): void {
    add(this.failed, reason, count);
  }

  badLine(line: number, problem: string): void {
    this.badLineCount++;
    if (this.badLines.length < SHOWN) this.badLines.push({ line, problem });
  }
}

function add(counts: Map<string, number>, reason: string, count: number): void {
  if (count <= 0) return;
  const name = counts.has(reason) || counts.size < MAX_REASONS ? reason : 'other reasons';
  counts.set(name, (counts.get(name) ?? 0) + count);
}
