import stringWidth from 'string-width';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers are aligned right, all others left. */
  readonly align?: 'right';
  /** Whether cells are never cut, such as keys and addresses; `first word` protects the first word only. */
  readonly whole?: true | 'first word';
  /** Whether the column is left out where the width does not suffice for all; the first such column goes first. */
  readonly spare?: true;
}

const GAP = '  ';

/** The least width that a column is cut to. */
const MIN_WIDTH = 8;

/** Indents the further lines of a row. */
const INDENT = '  ';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * Lays out rows in aligned columns that fit a width where possible: spare columns are left out, others are cut, and where
 * that is not enough each row takes several lines.
 */
export class TextTable {
  /** The width of each column; 0 for one that is left out. */
  private readonly widths: number[];
  /** The least width of each column. */
  private readonly leasts: number[];
  /** The columns of each line of a row, by their positions. */
  private readonly lines: readonly (readonly number[])[];

  /** @param rows set the widths of the columns; later rows are fitted to them. */
  constructor(
    private readonly columns: readonly Column[],
    rows: readonly (readonly string[])[],
    private readonly width: number,
  ) {
    this.widths = columns.map(({ title }, at) => widest(title, rows, at, (text) => text));
    this.leasts = columns.map(({ title, whole }, at) => {
      const most = this.widthOf(at);
      if (whole === true) return most;
      const needed = whole === 'first word' ? widest(title, rows, at, firstWord) : MIN_WIDTH;
      return Math.min(most, Math.max(needed, MIN_WIDTH));
    });
    this.lines = this.inOneLine() ?? this.inSeveral();
    for (const [index, line] of this.lines.entries()) this.shrink(line, index === 0 ? width : width - INDENT.length);
  }

  /** The row of titles. */
  get heading(): string {
    return this.line(this.columns.map(({ title }) => title));
  }

  /** A row, in one line or several. */
  line(row: readonly string[]): string {
    // A later row may be wider than the columns; it is then laid out by itself.
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

  /** All columns, or all but the spare ones; `undefined` where these do not fit a line either. */
  private inOneLine(): number[][] | undefined {
    let line = this.columns.map((_, at) => at);
    for (;;) {
      if (totalOf(line, this.leasts) <= this.width) return [line];
      const spare = line.find((at) => this.columns[at]?.spare);
      if (spare === undefined) return undefined;
      line = line.filter((at) => at !== spare);
    }
  }

  /** As many columns in each line as fit; none is left out. */
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

  /** Narrows the widest columns until the line fits. */
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

/** Control characters, which a terminal would obey: the contents of an archive come from others. */
const COMMANDS = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text with blanks in place of control characters. */
export function printable(text: string): string {
  return text.replaceAll(COMMANDS, ' ');
}

/** Equivalent compact JSON with control characters escaped. */
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

/** The width of the first word and an ellipsis for the others. */
function firstWord(text: string): string {
  const end = text.indexOf(' ');
  return end === -1 ? text : `${text.slice(0, end)} …`;
}

/** The width of a line with some of the columns. */
function totalOf(line: readonly number[], widths: readonly number[]): number {
  return line.reduce((sum, at) => sum + (widths[at] ?? 0) + GAP.length, -GAP.length);
}

/** A text cut to a width, ending in `…` where something is missing. */
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
