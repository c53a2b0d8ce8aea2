import { type Screen } from './screen.js';
import { type Column, TextTable } from './text-table.js';

/** How many rows decide how wide the columns are; the rows behind them are printed as they come. */
const LAID_OUT = 1000;

/** Prints rows under a heading, with their columns in line, however many there are. Returns how many there were. */
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
    else if (first.push(row) === LAID_OUT) table = await begin();
  }
  if (!table && count > 0) await begin();
  return count;
}
