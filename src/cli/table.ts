import { TextTable } from './text-table.js';

/** Prints rows under a heading, with their columns in line. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const table = new TextTable(
    heading.map((title) => ({ title })),
    rows,
    Infinity,
  );
  console.log(table.heading);
  for (const row of rows) console.log(table.line(row));
}

/** A time, to the second; `-` where there is none. */
export function timeOf(date: Date | null): string {
  return date === null ? '-' : `${date.toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
