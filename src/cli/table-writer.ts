import { type Screen } from './screen.js';
import { type Column, TextTable } from './text-table.js';

/** Rows that set the widths of the columns; later rows are printed as they arrive. */
const LAYOUT_ROWS = 1000;

/** Prints any number of rows in aligned columns under a heading. Returns the number of rows. */
export async function writeTable(
  screen: Screen,
  columns: readonly Column[],
  rows: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
): Promise<number> {
  const first: (readonly string[])[] = [];
  let table: TextTable | undefined;
  let count = 0;
  const begin = async (): Promise<TextTable> => {
    const begun = new TextTable(columns, first, screen.width);
    await screen.line(screen.bold(begun.heading));
    for (const row of first) await screen.line(begun.line(row));
    return begun;
  };
  for await (const row of rows) {
    count++;
    if (table) await screen.line(table.line(row));
    else if (first.push(row) === LAYOUT_ROWS) table = await begin();
  }
  if (!table && count > 0) await begin();
  return count;
}
