/** Bad lines that are kept to be shown. */
const MAX_SHOWN_LINES = 20;

/** Reasons that are counted separately: some quote the other archive, so there is no end to them. */
const MAX_REASONS = 200;

/** Counts what an import has read, stored and left out. */
export class ImportReport {
  readonly metadata = { read: 0, created: 0, there: 0 };
  /** Metadata whose key differs between the other archive (`there`) and this one (`here`). */
  readonly otherKeys: { readonly there: string; readonly here: string }[] = [];
  readonly points = { read: 0, stored: 0, there: 0 };
  /** Summary values of the other archive. */
  readonly bins = { read: 0, sealed: 0, there: 0, computed: 0 };
  /** Counts, by reason, what this archive has no place for. Nothing that it could store is among it. */
  readonly skipped = new Map<string, number>();
  /** Counts, by reason, what should have been imported and could not be. */
  readonly failed = new Map<string, number>();
  /** The first bad lines; `badLineCount` counts all. */
  readonly badLines: { readonly line: number; readonly problem: string }[] = [];
  badLineCount = 0;

  /** Whether something that should have been imported is missing. */
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
    if (this.badLines.length < MAX_SHOWN_LINES) this.badLines.push({ line, problem });
  }
}

function add(counts: Map<string, number>, reason: string, count: number): void {
  if (count <= 0) return;
  const name = counts.has(reason) || counts.size < MAX_REASONS ? reason : 'other reasons';
  counts.set(name, (counts.get(name) ?? 0) + count);
}
