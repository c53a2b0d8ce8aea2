/** So many refused lines are named in the answer. */
const MOST_NAMED = 100;

/** So many characters of a refused line are shown. */
const MOST_SHOWN = 200;

/** The lines of a request that are not stored: their number, and of the first 100 the reason. */
export class RefusedLines {
  count = 0;
  private readonly reasons: string[] = [];

  /** Counts a line that is no line protocol. @param bytes the line. */
  addUnparsed(bytes: Buffer, reason: string): void {
    this.count++;
    // A character has at most four bytes.
    if (this.reasons.length < MOST_NAMED)
      this.reasons.push(
        `unable to parse '${firstCharacters(bytes.subarray(0, 4 * MOST_SHOWN).toString())}': ${reason}`,
      );
  }

  /** Counts a line that can be read, but not stored; the same reason is named once. */
  add(reason: string): void {
    this.count++;
    if (this.reasons.length < MOST_NAMED && !this.reasons.includes(reason)) this.reasons.push(reason);
  }

  /** The same lines, to which others can be added. */
  copy(): RefusedLines {
    const copy = new RefusedLines();
    copy.count = this.count;
    copy.reasons.push(...this.reasons);
    return copy;
  }

  /** The reasons, one a line, in the order in which they were found. */
  get text(): string {
    return this.reasons.join('\n');
  }
}

function firstCharacters(text: string): string {
  return Array.from(text).slice(0, MOST_SHOWN).join('');
}
