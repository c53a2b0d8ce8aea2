import stringWidth from 'string-width';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right; all else stands at the left. */
  readonly align?: 'right';
  /** What is needed whole, such as a key or an address, is never cut; `first word` lets what stands behind it be cut. */
  readonly whole?: true | 'first word';
  /** Where there is no room for all columns, those that can be spared are left out, the first of them first. */
  readonly spare?: true;
}

const GAP = '  ';

/** What a column is never cut below. */
const LEAST = 8;

/** Before the lines of a row but the first. */
const INDENT = '  ';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Lays out rows so that their columns stand in line, and their lines fit a width where that is possible: columns that
 * can be spared are left out, others are cut, and where that is not enough each row takes several lines.
 */
export class TextTable {
  /** The width of each column; 0 for one that is left out. */
  private readonly widths: number[];
  /** What each column can do with. */
  private readonly leasts: number[];
  /** The columns of each line of a row, by their positions. */
  private readonly lines: readonly (readonly number[])[];

  /** @param rows what decides how wide the columns are; later rows are fitted to them. */
  constructor(
    private readonly columns: readonly Column[],
    rows: readonly (readonly string[])[],
    private readonly width: number,
  ) {
    this.widths = columns.map(({ title }, at) => widest(title, rows, at, (text) => text));
    this.leasts = columns.map(({ title, whole }, at) => {
      const most = this.widthOf(at);
      if (whole === true) return most;
      const needed = whole === 'first word' ? widest(title, rows, at, firstWord) : LEAST;
      return Math.min(most, Math.max(needed, LEAST));
    });
    this.lines = this.inOneLine() ?? this.inSeveral();
    for (const [index, line] of this.lines.entries()) this.shrink(line, index === 0 ? width : width - INDENT.length);
  }

  /** The titles, in the place of a row. */
  get heading(): string {
    return this.line(this.columns.map(({ title }) => title));
  }

  /** A row, in one line or several. */
  line(row: readonly string[]): string {
    // A later row may need more room than those that the columns were made for; it stands for itself then.
    if (
      this.columns.some(({ whole }, at) => whole === true && stringWidth(printable(row[at] ?? '')) > this.widthOf(at))
    )
      return new TextTable(this.columns, [row], this.width).line(row);
    return this.lines
      .map((line, index) => {
        const cells = line.filter((at) => this.widthOf(at) > 0).map((at) => this.cell(at, row[at] ?? ''));
        return `${index === 0 ? '' : INDENT}${cells.join(GAP)}`.trimEnd();
      })
      .join('\n');
  }

  private cell(at: number, value: string): string {
    const width = this.widthOf(at);
    const text = cut(printable(value), width);
    const blanks = ' '.repeat(Math.max(width - stringWidth(text), 0));
    return this.columns[at]?.align === 'right' ? blanks + text : text + blanks;
  }

  /** All columns, or all but those that can be spared; `undefined` where that is too much for a line. */
  private inOneLine(): number[][] | undefined {
    let line = this.columns.map((_, at) => at);
    for (;;) {
      if (totalOf(line, this.leasts) <= this.width) return [line];
      const spare = line.find((at) => this.columns[at]?.spare);
      if (spare === undefined) return undefined;
      line = line.filter((at) => at !== spare);
    }
  }

  /** As many columns in each line as there is room for; none is left out then. */
  private inSeveral(): number[][] {
    const lines: number[][] = [[]];
    for (const at of this.columns.keys()) {
      const line = lines.at(-1) ?? [];
      const room = lines.length === 1 ? this.width : this.width - INDENT.length;
      if (line.length > 0 && totalOf([...line, at], this.leasts) > room) lines.push([at]);
      else line.push(at);
    }
    return lines;
  }

  /** Takes from the widest columns of a line what it is too long. */
  private shrink(line: readonly number[], width: number): void {
    while (totalOf(line, this.widths) > width) {
      const able = line.filter((at) => this.widthOf(at) > (this.leasts[at] ?? 0));
      const widestOfAll = able.sort((a, b) => this.widthOf(b) - this.widthOf(a))[0];
      if (widestOfAll === undefined) return;
      this.widths[widestOfAll] = this.widthOf(widestOfAll) - 1;
    }
  }

  private widthOf(at: number): number {
    return this.widths[at] ?? 0;
  }
}

/** What a terminal would obey: what an archive holds was written by others. */
const COMMANDS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text with blanks in place of what a terminal would obey. */
export function printable(text: string): string {
  return text.replaceAll(COMMANDS, ' ');
}

/** Compact JSON that means the same, with escapes in place of what a terminal would obey. */
export function printableJson(json: string): string {
  return json.replaceAll(COMMANDS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function widest(
  title: string,
  rows: readonly (readonly string[])[],
  at: number,
  part: (text: string) => string,
): number {
  return rows.reduce((most, row) => Math.max(most, stringWidth(part(printable(row[at] ?? '')))), stringWidth(title));
}

/** The first word, and the ellipsis that stands for the others. */
function firstWord(text: string): string {
  const end = text.indexOf(' ');
  return end === -1 ? text : `${text.slice(0, end)} …`;
}

/** How wide a line is that has some of the columns. */
function totalOf(line: readonly number[], widths: readonly number[]): number {
  return line.reduce((sum, at) => sum + (widths[at] ?? 0) + GAP.length, -GAP.length);
}

/** As much of a text as fits, with `…` where something is missing. */
function cut(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  let kept = '';
  let used = 1;
  for (const { segment } of graphemes.segment(text)) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}
