import stringWidth from 'string-width';

/** A column of a table. */
export interface Column {
  readonly title: string;
  /** Numbers stand at the right; all else stands at the left. */
  readonly align?: 'right';
  /** What is needed whole, such as a key to be copied, is never cut. */
  readonly whole?: true;
  /** What it is never cut below; 8 unless given. */
  readonly least?: number;
  /** Where there is no room for all columns, those that can be spared are left out, the first of them first. */
  readonly spare?: true;
}

const GAP = '  ';

const LEAST = 8;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Lays out rows so that their columns stand in line, and their lines fit a width where that is possible. */
export class TextTable {
  /** The width of each column; 0 for one that is left out. */
  private readonly widths: number[];

  /** @param rows what decides how wide the columns are; later rows are fitted to them. */
  constructor(
    private readonly columns: readonly Column[],
    rows: readonly (readonly string[])[],
    width: number,
  ) {
    this.widths = columns.map(({ title }, at) =>
      Math.max(stringWidth(title), ...rows.map((row) => stringWidth(printable(row[at] ?? '')))),
    );
    while (this.total((at) => this.leastOf(at)) > width) {
      const spare = columns.findIndex((column, at) => column.spare && this.widthOf(at) > 0);
      if (spare === -1) break;
      this.widths[spare] = 0;
    }
    while (this.total((at) => this.widthOf(at)) > width) {
      const widest = this.widest();
      if (widest === undefined) break;
      this.widths[widest] = this.widthOf(widest) - 1;
    }
  }

  /** The line of titles. */
  get heading(): string {
    return this.line(this.columns.map(({ title }) => title));
  }

  /** The line of a row. */
  line(row: readonly string[]): string {
    return this.columns
      .flatMap((column, at) => {
        const width = this.widthOf(at);
        if (width === 0) return [];
        const text = printable(row[at] ?? '');
        const cell = column.whole ? text : cut(text, width);
        const blanks = ' '.repeat(Math.max(width - stringWidth(cell), 0));
        return column.align === 'right' ? blanks + cell : cell + blanks;
      })
      .join(GAP)
      .trimEnd();
  }

  /** How wide a line is whose columns are as wide as a function says; 0 for one that is left out. */
  private total(widthOf: (at: number) => number): number {
    const shown = this.columns.map((_, at) => widthOf(at)).filter((width) => width > 0);
    return shown.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
  }

  private widthOf(at: number): number {
    return this.widths[at] ?? 0;
  }

  /** What a column can do with. */
  private leastOf(at: number): number {
    const { whole, least = LEAST } = this.columns[at] ?? {};
    return whole ? this.widthOf(at) : Math.min(this.widthOf(at), least);
  }

  /** The column that can best do with less; `undefined` where none can. */
  private widest(): number | undefined {
    const able = this.columns.map((_, at) => at).filter((at) => this.widthOf(at) > this.leastOf(at));
    return able.sort((a, b) => this.widthOf(b) - this.widthOf(a))[0];
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
