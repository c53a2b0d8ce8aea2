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
}

const GAP = '  ';

const LEAST = 8;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Lays out rows so that their columns stand in line, and their lines fit a width where that is possible. */
export class TextTable {
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
    const room = width - GAP.length * (columns.length - 1);
    while (this.widths.reduce((sum, one) => sum + one, 0) > room) {
      const widest = this.widest();
      if (widest === undefined) break;
      this.widths[widest] = (this.widths[widest] ?? 0) - 1;
    }
  }

  /** The line of titles. */
  get heading(): string {
    return this.line(this.columns.map(({ title }) => title));
  }

  /** The line of a row. */
  line(row: readonly string[]): string {
    return this.columns
      .map((column, at) => {
        const width = this.widths[at] ?? 0;
        const text = printable(row[at] ?? '');
        const cell = column.whole ? text : cut(text, width);
        const blanks = ' '.repeat(Math.max(width - stringWidth(cell), 0));
        return column.align === 'right' ? blanks + cell : cell + blanks;
      })
      .join(GAP)
      .trimEnd();
  }

  /** The column that can best do with less; `undefined` where none can. */
  private widest(): number | undefined {
    let widest: number | undefined;
    for (const [at, { whole, least = LEAST }] of this.columns.entries()) {
      const width = this.widths[at] ?? 0;
      const most = widest === undefined ? 0 : (this.widths[widest] ?? 0);
      if (!whole && width > least && width > most) widest = at;
    }
    return widest;
  }
}

/** A text with nothing in it that a terminal would obey: what an archive holds was written by others. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');
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
